/* test_challenge.c - which challenge of a gateway is answered, and how */
#include "lcrproxy/challenge.h"

#include <string.h>

#include "base/err.h"
#include "sip/digest.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define HEAD                                          \
	"Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"      \
	"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n" \
	"Call-ID: 1\r\nCSeq: 2 INVITE\r\n"
#define A401(rows) "SIP/2.0 401 Unauthorized\r\n" HEAD rows "\r\n"
#define A407(rows) "SIP/2.0 407 Proxy\r\n" HEAD rows "\r\n"
#define WWW "WWW-Authenticate: Digest "
#define PROXY "Proxy-Authenticate: Digest "
#define MD5 "939e7578ed9e3c518a452acee763bce9"
#define SHA256 \
	"7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"

static const struct gateway_login logins[] = {
	{ 0, "both", "us", MD5, SHA256 },
	{ 0, "old", "we", MD5, "" },
	{ 0, "new", "ours", "", SHA256 },
};

static const struct gateway blue = { .id = 7, .logins = { logins, 3 } },
			    twin = { .id = 7 + 256, .logins = { logins, 3 } };

static int
take(struct challenges *challenges, const char *text, bool *is_stale)
{
	struct sip_msg msg;

	if (!OK(scan_text(&msg, text)))
		return ERR_SYNTAX;
	return challenge_take(challenges, &blue, &msg, is_stale);
}

static const struct {
	const char *what, *response, *expected; /* the beginning; NULL: none */
} rows[] = {
	{ "the only one", A401(WWW "realm=\"old\", nonce=\"n1\"\r\n"),
	  "Authorization: Digest username=\"we\", realm=\"old\", "
	  "nonce=\"n1\"" },
	{ "of a proxy", A407(PROXY "realm=\"old\", nonce=\"n1\"\r\n"),
	  "Proxy-Authorization: Digest username=\"we\"" },
	{ "the other header", A407(WWW "realm=\"old\", nonce=\"n1\"\r\n"),
	  NULL },
	{ "SHA-256 first",
	  A401(WWW "realm=\"both\", nonce=\"n1\"\r\n" WWW
		   "realm=\"both\", nonce=\"n2\", algorithm=SHA-256\r\n"),
	  "Authorization: Digest username=\"us\", realm=\"both\", "
	  "nonce=\"n2\"" },
	{ "the upper of two alike",
	  A401(WWW "realm=\"both\", nonce=\"n1\"\r\n" WWW
		   "realm=\"old\", nonce=\"n2\"\r\n"),
	  "Authorization: Digest username=\"us\"" },
	{ "no hash for the better one",
	  A401(WWW "realm=\"old\", nonce=\"n2\", algorithm=SHA-256\r\n" WWW
		   "realm=\"old\", nonce=\"n1\"\r\n"),
	  "Authorization: Digest username=\"we\", realm=\"old\", "
	  "nonce=\"n1\"" },
	{ "a hash for the better one alone",
	  A401(WWW "realm=\"new\", nonce=\"n1\"\r\n"), NULL },
	{ "a realm of others", A401(WWW "realm=\"Old\", nonce=\"n1\"\r\n"),
	  NULL },
	{ "another scheme", A401("WWW-Authenticate: Basic realm=\"old\"\r\n"),
	  NULL },
	{ "auth-int alone",
	  A401(WWW "realm=\"old\", nonce=\"n\", qop=\"auth-int\"\r\n"), NULL },
	{ "a session algorithm",
	  A401(WWW "realm=\"old\", nonce=\"n\", algorithm=MD5-sess\r\n"),
	  NULL },
	{ "garbage beside it",
	  A401("WWW-Authenticate: \r\n" WWW "realm\r\n" WWW
	       "realm=\"old\", nonce=\"n1\"\r\n"),
	  "Authorization: Digest username=\"we\"" },
	{ "none at all", A401(""), NULL },
};

static void
choice(void)
{
	struct challenges *challenges;
	struct arena arena;
	struct str line;
	bool is_stale;

	if (!OK(challenges_new(&challenges)))
		return;
	arena_init(&arena, NULL, 0, 1 << 20);
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		int err = rows[i].expected != NULL ? 0 : ERR_NOTFOUND;
		int got = take(challenges, rows[i].response, &is_stale);

		test_row(rows[i].what);
		if (got == ERR_NOMEM)
			goto out;
		CHECK(got == err);
		got = challenge_answer(challenges, &blue, str_of("INVITE"),
				       str_of("sip:1@h"), &arena, &line);
		if (!CHECK(got == err) || got != 0)
			continue;
		CHECK(str_starts(line, rows[i].expected));
		CHECK(line.p[line.len - 1] == '\n');
	}
out:
	arena_fini(&arena);
	challenges_free(challenges);
}

/* The far end finds it good, each time with a count of its own. */
static void
counted(void)
{
	struct challenges *challenges;
	struct arena arena;
	struct str line;
	bool is_stale = false;

	if (!OK(challenges_new(&challenges)))
		return;
	arena_init(&arena, NULL, 0, 1 << 20);
	if (!OK(take(challenges,
		     A401(WWW "realm=\"both\", nonce=\"n1\", opaque=\"o\", "
			      "qop=\"auth,auth-int\", stale=true, "
			      "algorithm=SHA-256\r\n"),
		     &is_stale)))
		goto out;
	CHECK(is_stale);
	for (uint32_t nc = 1; nc < 4; nc++) {
		struct sip_digest digest;

		if (!OK(challenge_answer(challenges, &blue, str_of("BYE"),
					 str_of("sip:1@h"), &arena, &line)))
			goto out;
		CHECK(str_starts(line, "Authorization: "));
		line = str_trim(str_make(line.p + 15, line.len - 15));
		if (!OK(sip_digest_parse(&arena, line, &digest)))
			goto out;
		CHECK(digest.nc == nc && digest.has_qop);
		CHECK(sip_digest_check(&digest, str_of("BYE"), SHA256) == 0);
		CHECK(sip_digest_check(&digest, str_of("ACK"), SHA256) ==
		      ERR_AUTH);
	}
out:
	arena_fini(&arena);
	challenges_free(challenges);
}

/* Nobody gets the credentials of another that has its slot. */
static void
others(void)
{
	static const struct gateway none = { .id = 7 };
	struct challenges *challenges;
	struct arena arena;
	struct str line;
	bool is_stale;

	if (!OK(challenges_new(&challenges)))
		return;
	arena_init(&arena, NULL, 0, 1 << 20);
	if (OK(take(challenges, rows[0].response, &is_stale))) {
		CHECK(!is_stale);
		CHECK(challenge_answer(challenges, &twin, str_of("INVITE"),
				       str_of("sip:1@h"), &arena,
				       &line) == ERR_NOTFOUND);
		/* after a reload that took them away */
		CHECK(challenge_answer(challenges, &none, str_of("INVITE"),
				       str_of("sip:1@h"), &arena,
				       &line) == ERR_NOTFOUND);
		CHECK(take(challenges, A401(""), &is_stale) == ERR_NOTFOUND);
		CHECK(challenge_answer(challenges, &blue, str_of("INVITE"),
				       str_of("sip:1@h"), &arena,
				       &line) == ERR_NOTFOUND);
	}
	arena_fini(&arena);
	challenges_free(challenges);
	CHECK(challenge_is(401) && challenge_is(407) && !challenge_is(403));
}

/* nextnonce */
static void
renewed(void)
{
	static const struct gateway other = { .id = 8, .logins = { logins, 3 } };
	struct challenges *challenges;
	struct arena arena;
	struct str line;
	bool is_stale;

	if (!OK(challenges_new(&challenges)))
		return;
	arena_init(&arena, NULL, 0, 1 << 20);
	challenge_renew(challenges, &blue, str_of("early"));
	if (OK(take(challenges, A407(PROXY "realm=\"old\", nonce=\"n1\", "
					   "qop=\"auth\", opaque=\"o\"\r\n"),
		    &is_stale)) &&
	    OK(challenge_answer(challenges, &blue, str_of("REGISTER"),
				str_of("sip:h"), &arena, &line))) {
		challenge_renew(challenges, &other, str_of("theirs"));
		challenge_renew(challenges, &blue, str_of("n2"));
		if (!test_starved() &&
		    OK(challenge_answer(challenges, &blue, str_of("REGISTER"),
					str_of("sip:h"), &arena, &line)))
			CHECK(strstr(line.p, "nonce=\"n2\"") != NULL &&
			      strstr(line.p, "nc=00000001") != NULL &&
			      strstr(line.p, "opaque=\"o\"") != NULL &&
			      str_starts(line, "Proxy-Authorization: "));
	}
	arena_fini(&arena);
	challenges_free(challenges);
}

static const struct test tests[] = {
	{ "the best challenge that can be answered", choice, false },
	{ "a nonce is used again, and counted", counted, false },
	{ "a challenge is its gateway's alone", others, false },
	{ "a new nonce that is announced is used", renewed, false },
};

const struct test_suite suite_challenge = TEST_SUITE("challenge", tests);
