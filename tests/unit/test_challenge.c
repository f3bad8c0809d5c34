/* test_challenge.c - which challenge of a gateway is answered, and how */
#include "lcrproxy/challenge.h"

#include <stdio.h>
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

#define SHA512_256 \
	"fb174f5c3c7802721517cae13b98e2b8dae2e0118cb705d94ee29946319204ce"

static const struct gateway_login logins[] = {
	{ 0, "both", "us", MD5, SHA256, SHA512_256 },
	{ 0, "old", "we", MD5, "", "" },
	{ 0, "new", "ours", "", SHA256, "" },
};

static const struct gateway blue = { .id = 7, .logins = { logins, 3 } },
			    twin = { .id = 7 + 256, .logins = { logins, 3 } };

static int
take_after(struct challenges *challenges, const char *text, uint32_t answered,
	   bool *may_help)
{
	struct sip_msg msg;

	if (!OK(scan_text(&msg, text)))
		return ERR_SYNTAX;
	return challenge_take(challenges, &blue, &msg, answered, may_help);
}

/* Of a request that had answered all. */
static int
take(struct challenges *challenges, const char *text, bool *may_help)
{
	return take_after(challenges, text, UINT32_MAX, may_help);
}

static int
answer(struct challenges *challenges, const struct gateway *gateway,
       const char *method, struct arena *arena, struct challenge_lines *out)
{
	const struct challenge_request request = {
		.gateway = gateway,
		.method = str_of(method),
		.uri = str_of("sip:1@h"),
		.body = str_of("body"),
	};

	return challenge_answer(challenges, &request, arena, out);
}

/* How often a text is among the lines. */
static int
count_of(const struct challenge_lines *lines, const char *text)
{
	struct str rest = lines->text;
	int n = 0;

	for (; rest.len >= strlen(text); rest.p++, rest.len--)
		n += str_starts(rest, text);
	return n;
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
	  A401(WWW "realm=\"old\", nonce=\"n\", qop=\"auth-int\"\r\n"),
	  "Authorization: Digest username=\"we\", realm=\"old\", "
	  "nonce=\"n\"" },
	{ "a session",
	  A401(WWW "realm=\"old\", nonce=\"n\", algorithm=MD5-sess, "
		   "qop=\"auth\"\r\n"),
	  "Authorization: Digest username=\"we\", realm=\"old\", "
	  "nonce=\"n\"" },
	{ "a session without qop",
	  A401(WWW "realm=\"old\", nonce=\"n\", algorithm=MD5-sess\r\n"),
	  NULL },
	{ "SHA-512-256 before MD5",
	  A401(WWW "realm=\"both\", nonce=\"n1\"\r\n" WWW
		   "realm=\"both\", nonce=\"n2\", "
		   "algorithm=SHA-512-256\r\n"),
	  "Authorization: Digest username=\"us\", realm=\"both\", "
	  "nonce=\"n2\"" },
	{ "the upper of two as strong",
	  A401(WWW "realm=\"both\", nonce=\"n1\", "
		   "algorithm=SHA-512-256\r\n" WWW
		   "realm=\"both\", nonce=\"n2\", algorithm=SHA-256\r\n"),
	  "Authorization: Digest username=\"us\", realm=\"both\", "
	  "nonce=\"n1\"" },
	{ "no hash for the third one",
	  A401(WWW "realm=\"new\", nonce=\"n1\", "
		   "algorithm=SHA-512-256\r\n" WWW
		   "realm=\"new\", nonce=\"n2\", algorithm=SHA-256\r\n"),
	  "Authorization: Digest username=\"ours\", realm=\"new\", "
	  "nonce=\"n2\"" },
	{ "an algorithm that is none of ours",
	  A401(WWW "realm=\"old\", nonce=\"n1\", algorithm=SHA-1, "
		   "qop=\"auth\"\r\n" WWW "realm=\"old\", nonce=\"n2\"\r\n"),
	  "Authorization: Digest username=\"we\", realm=\"old\", "
	  "nonce=\"n2\"" },
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
	struct challenge_lines line;
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
		got = answer(challenges, &blue, "INVITE", &arena, &line);
		if (!CHECK(got == err) || got != 0)
			continue;
		CHECK(str_starts(line.text, rows[i].expected));
		CHECK(line.text.p[line.text.len - 1] == '\n');
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
	struct challenge_lines line;
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

		struct str value;

		if (!OK(answer(challenges, &blue, "BYE", &arena, &line)))
			goto out;
		CHECK(str_starts(line.text, "Authorization: "));
		value = str_trim(
		    str_make(line.text.p + 15, line.text.len - 15));
		if (!OK(sip_digest_parse(&arena, value, &digest)))
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
	struct challenge_lines line;
	bool is_stale;

	if (!OK(challenges_new(&challenges)))
		return;
	arena_init(&arena, NULL, 0, 1 << 20);
	if (OK(take(challenges, rows[0].response, &is_stale))) {
		CHECK(!is_stale);
		CHECK(answer(challenges, &twin, "INVITE", &arena, &line) ==
		      ERR_NOTFOUND);
		/* after a reload that took them away */
		CHECK(answer(challenges, &none, "INVITE", &arena, &line) ==
		      ERR_NOTFOUND);
		CHECK(take(challenges, A401(""), &is_stale) == ERR_NOTFOUND);
		CHECK(answer(challenges, &blue, "INVITE", &arena, &line) ==
		      ERR_NOTFOUND);
	}
	arena_fini(&arena);
	challenges_free(challenges);
	CHECK(challenge_is(401) && challenge_is(407) && !challenge_is(403));
}

#define A200(rows) "SIP/2.0 200 OK\r\n" HEAD rows "\r\n"

static void
renew(struct challenges *challenges, const struct gateway *gateway,
      const char *text)
{
	struct sip_msg msg;

	if (OK(scan_text(&msg, text)))
		challenge_renew(challenges, gateway, &msg);
}

/* nextnonce */
static void
renewed(void)
{
	static const struct gateway other = { .id = 8, .logins = { logins, 3 } };
	struct challenges *challenges;
	struct challenge_lines line;
	struct arena arena;
	bool is_stale;

	if (!OK(challenges_new(&challenges)))
		return;
	arena_init(&arena, NULL, 0, 1 << 20);
	renew(challenges, &blue,
	      A200("Authentication-Info: nextnonce=\"early\"\r\n"));
	if (OK(take(challenges, A407(PROXY "realm=\"old\", nonce=\"n1\", "
					   "qop=\"auth\", opaque=\"o\"\r\n"),
		    &is_stale)) &&
	    OK(answer(challenges, &blue, "REGISTER", &arena, &line))) {
		renew(challenges, &other,
		      A200("Authentication-Info: nextnonce=\"x\"\r\n"));
		renew(challenges, &blue, A200(""));
		renew(challenges, &blue,
		      A200("Authentication-Info: nextnonce=\"n2\"\r\n"));
		if (!test_starved() &&
		    OK(answer(challenges, &blue, "REGISTER", &arena, &line)))
			CHECK(count_of(&line, "nonce=\"n2\"") == 1 &&
			      count_of(&line, "nc=00000001") == 1 &&
			      count_of(&line, "opaque=\"o\"") == 1 &&
			      str_starts(line.text, "Proxy-Authorization: "));
		/* the same again is no other one */
		renew(challenges, &blue,
		      A200("Authentication-Info: nextnonce=\"n2\"\r\n"));
		if (!test_starved() &&
		    OK(answer(challenges, &blue, "REGISTER", &arena, &line)))
			CHECK(count_of(&line, "nc=00000002") == 1);
	}
	arena_fini(&arena);
	challenges_free(challenges);
}

/* A gateway's proxy asks, and then what is behind it (22.3). */
static void
several_realms(void)
{
	struct challenges *challenges;
	struct challenge_lines line;
	struct arena arena;
	uint32_t answered;
	bool may_help;

	if (!OK(challenges_new(&challenges)))
		return;
	arena_init(&arena, NULL, 0, 1 << 20);
	if (!OK(take_after(challenges,
			   A407(PROXY "realm=\"old\", nonce=\"p\"\r\n"), 0,
			   &may_help)) ||
	    !OK(answer(challenges, &blue, "INVITE", &arena, &line)))
		goto out;
	CHECK(may_help);
	answered = line.answered;
	if (!OK(take_after(challenges,
			   A401(WWW "realm=\"both\", nonce=\"u\"\r\n"),
			   answered, &may_help)) ||
	    !OK(answer(challenges, &blue, "INVITE", &arena, &line)))
		goto out;
	CHECK(may_help); /* it had not been asked for that */
	CHECK(count_of(&line, "Authorization: Digest") == 2 &&
	      count_of(&line, "Proxy-Authorization: Digest username=\"we\", "
			      "realm=\"old\", nonce=\"p\"") == 1 &&
	      count_of(&line, "\nAuthorization: Digest username=\"us\"") +
		      str_starts(line.text, "Authorization: ") == 1);
	CHECK(line.answered != answered);
	/* both were wrong */
	if (OK(take_after(challenges,
			  A401(WWW "realm=\"both\", nonce=\"v\"\r\n"),
			  line.answered, &may_help)))
		CHECK(!may_help);
	if (OK(take_after(challenges,
			  A407(PROXY "realm=\"old\", nonce=\"q\"\r\n"),
			  line.answered, &may_help)))
		CHECK(!may_help);
	/* which of the two a next nonce is for, its header says */
	renew(challenges, &blue,
	      A200("Authentication-Info: nextnonce=\"w\"\r\n"
		   "Proxy-Authentication-Info: nextnonce=\"r\"\r\n"));
	if (!test_starved() &&
	    OK(answer(challenges, &blue, "INVITE", &arena, &line)))
		CHECK(count_of(&line, "realm=\"old\", nonce=\"r\"") == 1 &&
		      count_of(&line, "realm=\"both\", nonce=\"w\"") == 1);
	/* of one response each realm is answered, by its best */
	if (OK(take(challenges,
		    A401(WWW "realm=\"both\", nonce=\"1\"\r\n" WWW
			     "realm=\"none\", nonce=\"2\"\r\n" WWW
			     "realm=\"new\", nonce=\"3\", "
			     "algorithm=SHA-256\r\n" WWW
			     "realm=\"both\", nonce=\"4\", "
			     "algorithm=SHA-256\r\n"),
		    &may_help)) &&
	    OK(answer(challenges, &blue, "INVITE", &arena, &line)))
		CHECK(count_of(&line, "Digest ") == 3 &&
		      count_of(&line, "nonce=\"4\"") == 1 &&
		      count_of(&line, "nonce=\"3\"") == 1);
out:
	arena_fini(&arena);
	challenges_free(challenges);
}

/* A gateway that names a new realm each time fills nothing. */
static void
many_realms(void)
{
	struct gateway_login list[8];
	static const char *const realms[8] = { "0", "1", "2", "3",
					       "4", "5", "6", "7" };
	const struct gateway many = { .id = 9, .logins = { list, 8 } };
	struct challenges *challenges;
	struct challenge_lines line;
	struct arena arena;
	bool may_help;

	if (!OK(challenges_new(&challenges)))
		return;
	arena_init(&arena, NULL, 0, 1 << 20);
	for (size_t i = 0; i < 8; i++) {
		char text[1000];
		struct sip_msg msg;

		list[i] = logins[0];
		list[i].realm = realms[i];
		snprintf(text, sizeof(text),
			 A401(WWW "realm=\"%s\", nonce=\"n\"\r\n"),
			 realms[i]);
		if (!OK(scan_text(&msg, text)) ||
		    !OK(challenge_take(challenges, &many, &msg, 0, &may_help)))
			goto out;
	}
	if (OK(answer(challenges, &many, "INVITE", &arena, &line)))
		CHECK(count_of(&line, "Digest ") == 4 &&
		      count_of(&line, "realm=\"7\"") == 1 &&
		      count_of(&line, "realm=\"4\"") == 1);
out:
	arena_fini(&arena);
	challenges_free(challenges);
}

static const struct test tests[] = {
	{ "the best challenge that can be answered", choice, false },
	{ "a nonce is used again, and counted", counted, false },
	{ "a challenge is its gateway's alone", others, false },
	{ "a new nonce that is announced is used", renewed, false },
	{ "each realm is answered, once", several_realms, false },
	{ "few realms are kept", many_realms, false },
};

const struct test_suite suite_challenge = TEST_SUITE("challenge", tests);
