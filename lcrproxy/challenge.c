/* challenge.c - challenges of gateways, answered with their credentials */
#include "lcrproxy/challenge.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"
#include "lcrproxy/cseq.h"
#include "sip/digest.h"

#define SLOTS 256     /* gateways whose challenges are kept, at most */
#define CNONCE_RAW 12
#define LINE_MAX 4096 /* of a header line that we write */

/* The last challenge of a gateway. */
struct kept {
	uint32_t gateway; /* its id in the store */
	bool is_proxy;	  /* 407 */
	uint32_t n_used;  /* how often its nonce was */
	char cnonce[BASE64URL_LEN(CNONCE_RAW)];
	struct sip_challenge challenge; /* its texts are in text */
	char text[];
};

struct challenges {
	struct kept *slots[SLOTS];
};

int
challenges_new(struct challenges **out)
{
	*out = mem_zalloc(1, sizeof(**out));
	return *out != NULL ? 0 : ERR_NOMEM;
}

void
challenges_free(struct challenges *challenges)
{
	for (size_t i = 0; challenges != NULL && i < SLOTS; i++)
		mem_free(challenges->slots[i]);
	mem_free(challenges);
}

bool
challenge_is(int status)
{
	return status == 401 || status == 407;
}

bool
challenge_may_answer(unsigned tries, bool is_stale)
{
	return tries == 0 || (is_stale && tries + 1 < CSEQ_SPACE);
}

static const char *
hash_of(const struct gateway_login *login, enum sip_digest_algorithm algorithm)
{
	return algorithm == SIP_DIGEST_SHA256 ? login->ha1_sha256
					      : login->ha1_md5;
}

static bool
can_answer(const struct gateway *gateway, const struct sip_challenge *challenge)
{
	const struct gateway_login *login =
	    gateway_logins_find(&gateway->logins, challenge->realm);

	return login != NULL && hash_of(login, challenge->algorithm)[0] != '\0';
}

static bool
is_better(const struct sip_challenge *a, const struct sip_challenge *b)
{
	return a->algorithm == SIP_DIGEST_SHA256 &&
	       b->algorithm != SIP_DIGEST_SHA256;
}

static bool
find_best(const struct gateway *gateway, const struct sip_msg *response,
	  struct sip_challenge *best)
{
	int row = response->first[response->status == 407
				      ? SIP_HDR_PROXY_AUTHENTICATE
				      : SIP_HDR_WWW_AUTHENTICATE];
	bool has_one = false;

	for (; row >= 0; row = response->fields[row].next) {
		struct sip_challenge challenge;
		struct str value =
		    sip_field_value(response, &response->fields[row]);

		if (sip_challenge_parse(value, &challenge) != 0 ||
		    !can_answer(gateway, &challenge) ||
		    (has_one && !is_better(&challenge, best)))
			continue;
		*best = challenge;
		has_one = true;
	}
	return has_one;
}

static struct str
put(char **at, struct str text)
{
	char *start = *at;

	if (text.p == NULL)
		return text;
	memcpy(start, text.p, text.len);
	*at += text.len;
	return str_make(start, text.len);
}

static struct kept *
make(const struct gateway *gateway, const struct sip_challenge *challenge)
{
	struct kept *kept = mem_zalloc(
	    1, sizeof(*kept) + challenge->realm.len + challenge->nonce.len +
		   challenge->opaque.len + 1);
	uint8_t raw[CNONCE_RAW];
	char *at;

	if (kept == NULL)
		return NULL;
	if (random_bytes(raw, sizeof(raw)) != 0) {
		mem_free(kept);
		return NULL;
	}
	base64url_encode(raw, sizeof(raw), kept->cnonce);
	at = kept->text;
	kept->gateway = gateway->id;
	kept->challenge = *challenge;
	kept->challenge.realm = put(&at, challenge->realm);
	kept->challenge.nonce = put(&at, challenge->nonce);
	kept->challenge.opaque = put(&at, challenge->opaque);
	return kept;
}

static struct kept **
slot_of(struct challenges *challenges, const struct gateway *gateway)
{
	return &challenges->slots[gateway->id % SLOTS];
}

int
challenge_take(struct challenges *challenges, const struct gateway *gateway,
	       const struct sip_msg *response, bool *is_stale)
{
	struct kept **slot = slot_of(challenges, gateway);
	struct sip_challenge best;
	struct kept *kept = NULL;
	bool is_known = find_best(gateway, response, &best);

	if (is_known)
		kept = make(gateway, &best);
	mem_free(*slot);
	*slot = kept;
	if (!is_known)
		return ERR_NOTFOUND;
	if (kept == NULL)
		return ERR_NOMEM;
	kept->is_proxy = response->status == 407;
	*is_stale = best.is_stale;
	return 0;
}

void
challenge_renew(struct challenges *challenges, const struct gateway *gateway,
		struct str nonce)
{
	struct kept **slot = slot_of(challenges, gateway), *before = *slot;
	struct sip_challenge challenge;
	struct kept *kept;

	if (before == NULL || before->gateway != gateway->id ||
	    nonce.len > SIP_DIGEST_VALUE_MAX)
		return;
	challenge = before->challenge;
	challenge.nonce = nonce;
	kept = make(gateway, &challenge);
	if (kept == NULL)
		return;
	kept->is_proxy = before->is_proxy;
	*slot = kept;
	mem_free(before);
}

int
challenge_answer(struct challenges *challenges, const struct gateway *gateway,
		 struct str method, struct str uri, struct arena *arena,
		 struct str *out)
{
	struct kept *kept = *slot_of(challenges, gateway);
	const struct gateway_login *login;
	char *text;
	struct wbuf w;
	int err;

	if (kept == NULL || kept->gateway != gateway->id ||
	    !can_answer(gateway, &kept->challenge))
		return ERR_NOTFOUND;
	login = gateway_logins_find(&gateway->logins, kept->challenge.realm);
	text = arena_alloc(arena, LINE_MAX);
	if (text == NULL)
		return ERR_NOMEM;
	wbuf_init(&w, text, LINE_MAX);
	wbuf_text(&w, kept->is_proxy ? "Proxy-Authorization: "
				     : "Authorization: ");
	err = sip_answer_format(
	    &w, &kept->challenge,
	    &(struct sip_answer){
		.username = str_of(login->username),
		.method = method,
		.uri = uri,
		.ha1 = hash_of(login, kept->challenge.algorithm),
		.cnonce = str_make(kept->cnonce, sizeof(kept->cnonce)),
		.nc = ++kept->n_used,
	    });
	wbuf_text(&w, "\r\n");
	if (err == 0 && w.err != 0)
		err = ERR_LIMIT;
	*out = str_make(text, w.len);
	return err;
}
