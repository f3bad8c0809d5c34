/* fuzz_digest.c - any value as credentials and as a challenge */
#include <assert.h>

#include "base/err.h"
#include "sip/digest.h"
#include "tests/fuzz/fuzz.h"

static bool
is_known(int err)
{
	return err == 0 || err == ERR_SYNTAX || err == ERR_LIMIT ||
	       err == ERR_UNSUPPORTED || err == ERR_NOTFOUND;
}

static void
fuzz_credentials(struct str text)
{
	char ha1[SIP_DIGEST_HEX_MAX];
	struct sip_digest digest;
	struct arena arena;
	int err;

	arena_init(&arena, NULL, 0, 0);
	err = sip_digest_parse(&arena, text, &digest);
	assert(is_known(err));
	if (err == 0) {
		assert(!digest.has_qop || digest.nc > 0);
		assert(digest.uri.len <= SIP_DIGEST_URI_MAX);
		assert(sip_digest_ha1(digest.algorithm, digest.username,
				      digest.realm, str_of("x"), ha1) == 0);
		err = sip_digest_check(&digest, str_of("INVITE"), ha1);
		assert(err == 0 || err == ERR_AUTH);
	}
	arena_fini(&arena);
}

/* What answers a challenge is credentials. */
static void
fuzz_challenge(struct str text)
{
	static const char ha1[] = "00000000000000000000000000000000";
	const struct sip_answer answer = {
		str_of("u"), str_of("INVITE"), str_of("sip:x"), ha1,
		str_of("c"), 1, str_of("body"),
	};
	struct sip_challenge challenge;
	struct sip_digest digest;
	struct arena arena;
	char out[4096];
	struct wbuf w;
	int err = sip_challenge_parse(text, &challenge);

	assert(is_known(err));
	if (err != 0)
		return;
	wbuf_init(&w, out, sizeof(out));
	assert(sip_answer_format(&w, &challenge, &answer) == 0);
	arena_init(&arena, NULL, 0, 0);
	/* of ourselves we never want the latter two */
	err = sip_digest_parse(&arena, str_make(out, w.len), &digest);
	assert(err == (challenge.is_session || challenge.is_int
			   ? ERR_UNSUPPORTED
			   : 0));
	arena_fini(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);

	fuzz_credentials(text);
	fuzz_challenge(text);
	return 0;
}
