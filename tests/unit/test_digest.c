/* test_digest.c - the examples of RFC 7616 and RFC 8760, and broken values */
#include "sip/digest.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define S(text) str_make((text), sizeof(text) - 1)

/* RFC 7616 3.9.1: a user of a web server, both algorithms. */
#define MUFASA "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
#define NONCE "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define REST                                                     \
	"uri=\"/dir/index.html\", nonce=\"" NONCE                \
	"\", nc=00000001, cnonce=\"" CNONCE "\", qop=auth, " \
	"opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", "
#define MD5_RESPONSE "8ca523f5e9506fed4657c9700eebdbec"
#define SHA_RESPONSE \
	"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"

static const char with_md5[] =
    MUFASA REST "algorithm=MD5, response=\"" MD5_RESPONSE "\"";
static const char with_sha[] =
    MUFASA REST "algorithm=SHA-256, response=\"" SHA_RESPONSE "\"";

static int
check_as(struct arena *arena, struct str text, struct str password,
	 struct str method)
{
	char ha1[SIP_DIGEST_HEX_MAX];
	struct sip_digest digest;
	int err = sip_digest_parse(arena, text, &digest);

	if (err == 0)
		err = sip_digest_ha1(digest.algorithm, digest.username,
				     digest.realm, password, ha1);
	return err != 0 ? err : sip_digest_check(&digest, method, ha1);
}

static void
test_examples(void)
{
	const struct str texts[] = { S(with_md5), S(with_sha) };
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < 2; i++) {
		struct str good = S("Circle of Life");

		test_row(texts[i].p);
		CHECK(check_as(&arena, texts[i], good, S("GET")) == 0);
		CHECK(check_as(&arena, texts[i], good, S("PUT")) == ERR_AUTH);
		CHECK(check_as(&arena, texts[i], S("Circle Of Life"),
			       S("GET")) == ERR_AUTH);
	}
	test_row(NULL);
	arena_fini(&arena);
}

/* RFC 2617 3.5 has the same exchange with qop; RFC 3261 knows clients without:
 * H(H(bob:x.com:zanzibar):n:H(INVITE:sip:x.com)), computed with md5sum. */
static void
test_without_qop(void)
{
	static const char text[] =
	    "digest username=bob,realm=\"x.com\",nonce=\"n\",uri=\"sip:x.com\","
	    "response=\"f5ba7ea3b8e6dbe5f0c3c8f99d06dd0f\"";
	struct sip_digest digest;
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	if (OK(sip_digest_parse(&arena, S(text), &digest))) {
		CHECK(!digest.has_qop && digest.nc == 0);
		CHECK(digest.algorithm == SIP_DIGEST_MD5);
		CHECK(str_eq_text(digest.username, "bob"));
	}
	CHECK(check_as(&arena, S(text), S("zanzibar"), S("INVITE")) == 0);
	arena_fini(&arena);
}

static void
test_quotes(void)
{
	static const char text[] =
	    "Digest ,, username=\"b\\\"o\\\\b\" , realm = \"r\" ,nonce=\"n\","
	    "uri=\"u\",response=\"" MD5_RESPONSE "\",x-new=\"a,b\",";
	struct sip_digest digest;
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	if (OK(sip_digest_parse(&arena, S(text), &digest))) {
		CHECK(str_eq_text(digest.username, "b\"o\\b"));
		CHECK(str_eq_text(digest.realm, "r"));
	}
	arena_fini(&arena);
}

#define GOOD                                                             \
	"Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"sip:x\"," \
	"response=\"" MD5_RESPONSE "\""

static void
test_broken(void)
{
	static const struct {
		const char *what, *text;
		int err;
	} rows[] = {
		{ "good", GOOD, 0 },
		{ "empty", "", ERR_SYNTAX },
		{ "scheme only", "Digest", ERR_SYNTAX },
		{ "no space behind the scheme", "Digest,realm=\"r\"",
		  ERR_SYNTAX },
		{ "another scheme", "Basic dTpw", ERR_UNSUPPORTED },
		{ "no name", GOOD ",=\"x\"", ERR_SYNTAX },
		{ "no value", GOOD ",opaque=", ERR_SYNTAX },
		{ "no equals sign", GOOD ",opaque", ERR_SYNTAX },
		{ "open quote", GOOD ",opaque=\"x", ERR_SYNTAX },
		{ "no comma", GOOD " opaque=\"x\"", ERR_SYNTAX },
		{ "twice", GOOD ",realm=\"r\"", ERR_SYNTAX },
		{ "twice in another case", GOOD ",REALM=\"r\"", ERR_SYNTAX },
		{ "control character", GOOD ",opaque=\"a\x01\"", ERR_SYNTAX },
		{ "no nonce",
		  "Digest username=\"u\",realm=\"r\",uri=\"sip:x\",response="
		  "\"" MD5_RESPONSE "\"",
		  ERR_SYNTAX },
		{ "not asked yet",
		  "Digest username=\"u\",realm=\"r\",nonce=\"\",uri=\"\","
		  "response=\"\"",
		  ERR_NOTFOUND },
		{ "short response",
		  "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"sip:x\","
		  "response=\"8ca5\"",
		  ERR_SYNTAX },
		{ "response of the other algorithm", GOOD ",algorithm=SHA-256",
		  ERR_SYNTAX },
		{ "unknown algorithm", GOOD ",algorithm=MD5-sess",
		  ERR_UNSUPPORTED },
		{ "qop auth-int", GOOD ",qop=auth-int,nc=00000001,cnonce=\"c\"",
		  ERR_UNSUPPORTED },
		{ "qop without nc", GOOD ",qop=auth,cnonce=\"c\"", ERR_SYNTAX },
		{ "qop without cnonce", GOOD ",qop=auth,nc=00000001",
		  ERR_SYNTAX },
		{ "nc 0", GOOD ",qop=auth,nc=00000000,cnonce=\"c\"",
		  ERR_SYNTAX },
		{ "nc too short", GOOD ",qop=auth,nc=1,cnonce=\"c\"",
		  ERR_SYNTAX },
		{ "nc no hex", GOOD ",qop=auth,nc=0000000g,cnonce=\"c\"",
		  ERR_SYNTAX },
	};
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sip_digest digest;

		test_row(rows[i].what);
		CHECK(sip_digest_parse(&arena, str_of(rows[i].text),
				       &digest) == rows[i].err);
	}
	test_row(NULL);
	arena_fini(&arena);
}

static void
test_limits(void)
{
	char text[2048] = GOOD ",opaque=\"";
	size_t head = strlen(text);
	struct sip_digest digest;
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	memset(text + head, 'x', SIP_DIGEST_VALUE_MAX + 1);
	text[head + SIP_DIGEST_VALUE_MAX] = '"';
	CHECK(sip_digest_parse(&arena,
			       str_make(text, head + SIP_DIGEST_VALUE_MAX + 1),
			       &digest) == 0);
	text[head + SIP_DIGEST_VALUE_MAX] = 'x';
	text[head + SIP_DIGEST_VALUE_MAX + 1] = '"';
	CHECK(sip_digest_parse(&arena,
			       str_make(text, head + SIP_DIGEST_VALUE_MAX + 2),
			       &digest) == ERR_LIMIT);
	arena_fini(&arena);
}

static void
test_challenge(void)
{
	char text[512];
	struct sip_challenge challenge;
	struct wbuf w;

	wbuf_init(&w, text, sizeof(text));
	sip_challenge_format(&w, SIP_DIGEST_SHA256, "voice.example.net",
			     S("abc"), true);
	CHECK(str_eq_text(str_make(text, w.len),
			  "Digest realm=\"voice.example.net\", nonce=\"abc\", "
			  "algorithm=SHA-256, qop=\"auth\", stale=true"));
	if (!OK(sip_challenge_parse(str_make(text, w.len), &challenge)))
		return;
	CHECK(challenge.algorithm == SIP_DIGEST_SHA256);
	CHECK(challenge.has_qop && challenge.is_stale);
	CHECK(str_eq_text(challenge.nonce, "abc"));
	CHECK(sip_challenge_parse(S("Digest realm=\"r\""), &challenge) ==
	      ERR_SYNTAX);
	CHECK(sip_challenge_parse(
		  S("Digest realm=\"r\",nonce=\"n\",qop=\"auth-conf\""),
		  &challenge) == ERR_UNSUPPORTED);
	CHECK(sip_challenge_parse(
		  S("Digest realm=\"r\",nonce=\"n\",algorithm=MD5-sess"),
		  &challenge) == ERR_UNSUPPORTED);
	CHECK(sip_challenge_parse(S("Digest realm=\"r\",nonce=\"n\","
				    "qop=\"auth\",algorithm=-sess"),
				  &challenge) == ERR_UNSUPPORTED);
	CHECK(sip_challenge_parse(S("Digest realm=\"r\",nonce=\"n\","
				    "qop=\"auth\",algorithm=SHA-1"),
				  &challenge) == ERR_UNSUPPORTED);
}

#define R "Digest realm=\"r\", nonce=\"n1\", "
#define BODY "v=0\r\n"

/* What is computed elsewhere (Python's hashlib) by RFC 7616 3.4. */
static const struct {
	const char *what, *challenge, *body, *response, *end;
} sessions[] = {
	{ "a session", R "qop=\"auth\", algorithm=MD5-sess", BODY,
	  "d84c662cacc070b0eb57bccb3189c19f",
	  "algorithm=MD5-sess, cnonce=\"c0ffee\", qop=auth, nc=0000001a" },
	{ "the body, too", R "qop=\"auth-int\"", BODY,
	  "e5d841827f60f9bcef9bde759c67e6d7",
	  "algorithm=MD5, cnonce=\"c0ffee\", qop=auth-int, nc=0000001a" },
	{ "auth goes first", R "qop=\"auth-int,auth\", algorithm=md5-SESS",
	  BODY, "d84c662cacc070b0eb57bccb3189c19f", "nc=0000001a" },
	{ "both", R "qop=\"auth-int\", algorithm=MD5-sess", BODY,
	  "fbe6b483640dc12c8183b90e3ed95e35", "nc=0000001a" },
	{ "no body", R "qop=\"auth-int\"", "",
	  "832606bdf5f53e64253e44f9f4392a8d", "nc=0000001a" },
	{ "a session by SHA-256", R "qop=\"auth\", algorithm=SHA-256-sess",
	  BODY,
	  "0056a073c46f1552cfae3ba0f26b2fed2642a2f638aaf9f7e902d0327fc7022a",
	  "algorithm=SHA-256-sess, cnonce=\"c0ffee\", qop=auth, nc=0000001a" },
	{ "the body by SHA-256", R "qop=\"auth-int\", algorithm=SHA-256", BODY,
	  "39782656e8fa54ea929980fc4a3faeaa6f01349317a520aa5e2a1d24e7db64fa",
	  "nc=0000001a" },
	{ "both by SHA-256", R "qop=\"auth-int\", algorithm=SHA-256-sess",
	  BODY,
	  "03280954a4137568941314daf9121aaaca145e211585587d931418df9cd3403d",
	  "nc=0000001a" },
	{ "SHA-512-256", R "qop=\"auth\", algorithm=SHA-512-256", BODY,
	  "a4ef83a5d26006e3b274176fd05f9df7f7f1bd5268b640f9fa610797874658b7",
	  "algorithm=SHA-512-256, cnonce=\"c0ffee\", qop=auth, nc=0000001a" },
	{ "both by SHA-512-256",
	  R "qop=\"auth-int\", algorithm=SHA-512-256-sess", BODY,
	  "5289e68f439eb6396d96ddc087ab5aa5fe48eb8473e0614553a30052a818e8bc",
	  "nc=0000001a" },
	{ "no body by SHA-256", R "qop=\"auth-int\", algorithm=SHA-256", "",
	  "a3269e1b951276eaac187df4794c3ecd18d643554070adf52160cb1c5fed357e",
	  "nc=0000001a" },
};

static void
test_sessions(void)
{
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		char ha1[SIP_DIGEST_HEX_MAX], text[1024];
		struct sip_challenge challenge;
		struct sip_answer answer = {
			S("trunk7"), S("INVITE"), S("sip:+4930@carrier.example"),
			ha1,	     S("c0ffee"), 0x1a,
			str_of(sessions[i].body),
		};
		struct wbuf w;

		test_row(sessions[i].what);
		wbuf_init(&w, text, sizeof(text) - 1);
		if (!OK(sip_challenge_parse(str_of(sessions[i].challenge),
					    &challenge)) ||
		    !OK(sip_digest_ha1(challenge.algorithm, answer.username,
				       S("r"), S("secret"), ha1)) ||
		    !OK(sip_answer_format(&w, &challenge, &answer)))
			break;
		text[w.len] = '\0';
		CHECK(strstr(text, sessions[i].response) != NULL);
		CHECK(w.len > strlen(sessions[i].end) &&
		      strcmp(text + w.len - strlen(sessions[i].end),
			     sessions[i].end) == 0);
	}
	test_row(NULL);
}

/* What we answer to a challenge passes our own check. */
static void
test_answer(void)
{
	static const char *const challenges[] = {
		"Digest realm=\"r\", nonce=\"n1\"",
		"Digest realm=\"r\", nonce=\"n1\", qop=\"auth-int, auth\"",
		("Digest realm=\"r\", nonce=\"n1\", algorithm=SHA-256, "
		 "qop=\"auth\", opaque=\"o\""),
	};
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < 3; i++) {
		char ha1[SIP_DIGEST_HEX_MAX], text[1024];
		struct sip_challenge challenge;
		struct sip_answer answer = {
			S("trunk7"), S("INVITE"), S("sip:+4930@carrier.example"),
			ha1,	     S("c0ffee"), 0x1a, S("")
		};
		struct wbuf w;

		test_row(challenges[i]);
		wbuf_init(&w, text, sizeof(text));
		if (!OK(sip_challenge_parse(str_of(challenges[i]),
					    &challenge)) ||
		    !OK(sip_digest_ha1(challenge.algorithm, answer.username,
				       S("r"), S("secret"), ha1)) ||
		    !OK(sip_answer_format(&w, &challenge, &answer)))
			break;
		CHECK(check_as(&arena, str_make(text, w.len), S("secret"),
			       S("INVITE")) == 0);
		CHECK(check_as(&arena, str_make(text, w.len), S("Secret"),
			       S("INVITE")) == ERR_AUTH);
		wbuf_init(&w, text, 20);
		CHECK(sip_answer_format(&w, &challenge, &answer) == ERR_LIMIT);
	}
	test_row(NULL);
	arena_fini(&arena);
}

static const struct test tests[] = {
	{ "the examples of RFC 7616 fit, nothing else does", test_examples, false },
	{ "credentials without qop are RFC 2069's", test_without_qop, false },
	{ "quoted strings and list syntax", test_quotes, false },
	{ "broken credentials have their error", test_broken, false },
	{ "values have a limit", test_limits, false },
	{ "a challenge is what it says", test_challenge, false },
	{ "answers to challenges fit", test_answer, false },
	{ "sessions and bodies are hashed in", test_sessions, false },
};

const struct test_suite suite_digest = TEST_SUITE("digest", tests);
