/* test_rule_login.c - senders who have to say who they are (RFC 3261 22, RFC 7616,
 * RFC 8760) */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sip/digest.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_world.h"

extern const struct test_suite suite_rule_login;

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define REALM "voice.example"
#define SETTINGS(more) "auth = { realm = \"" REALM "\"; " more " };"

static struct proxy_world w;

static const struct route_csv users[] = {
	{ "credentials", "account,username,realm,password\n"
			 "acme,bob," REALM ",secret\n" },
	{ NULL, NULL },
};

/* The n-th challenge of a 407, "" without; out has it then. */
static bool
challenge_of(const char *response, int n, struct sip_challenge *out)
{
	static char text[2][500];

	snprintf(text[n], sizeof(text[n]), "%s",
		 pw_header(response, "Proxy-Authenticate", n));
	return sip_challenge_parse(str_of(text[n]), out) == 0;
}

/* The header line that answers it for an INVITE. */
static const char *
log_in(const struct sip_challenge *challenge, const char *password)
{
	static char line[1000];
	char ha1[SIP_DIGEST_HEX_MAX] = "";
	const struct sip_answer answer = {
		.username = str_of("bob"),
		.method = str_of("INVITE"),
		.uri = str_of(PW_RURI),
		.ha1 = ha1,
		.cnonce = str_of("c0ffee"),
		.nc = 1,
	};
	struct wbuf out;

	CHECK(sip_digest_ha1(challenge->algorithm, answer.username,
			     challenge->realm, str_of(password), ha1) == 0);
	wbuf_init(&out, line, sizeof(line) - 1);
	wbuf_text(&out, "Proxy-Authorization: ");
	CHECK(sip_answer_format(&out, challenge, &answer) == 0);
	wbuf_text(&out, "\r\n");
	line[out.len] = '\0';
	return line;
}

/* What a call with this line gets, "" when it goes to a gateway. */
static const char *
call_with(const char *line)
{
	const struct pw_request request = { .headers = line };

	pw_ask(&w, PW_STRANGER, &request);
	if (strncmp(w.sent[w.n_sent - 1].text, "INVITE ", 7) == 0) {
		pw_get(&w, PW_G1, "INVITE ");
		return "";
	}
	return pw_get(&w, PW_STRANGER, "SIP/2.0 4");
}

/* What is not offered is not taken: else whoever sits in between could have the
 * weaker one instead (RFC 8760 3). */
static void
only_what_is_offered(void)
{
	static const struct {
		const char *what, *settings;
		enum sip_digest_algorithm algorithm;
		int n_offered;
		bool is_good;
	} rows[] = {
		{ "both: SHA-256", SETTINGS(""), SIP_DIGEST_SHA256, 2, true },
		{ "both: MD5", SETTINGS(""), SIP_DIGEST_MD5, 2, true },
		{ "SHA-256 alone", SETTINGS("md5 = false;"), SIP_DIGEST_SHA256,
		  1, true },
		{ "MD5 is not offered", SETTINGS("md5 = false;"),
		  SIP_DIGEST_MD5, 1, false },
		{ "MD5 alone", SETTINGS("sha256 = false;"), SIP_DIGEST_MD5, 1,
		  true },
		{ "SHA-256 is not offered", SETTINGS("sha256 = false;"),
		  SIP_DIGEST_SHA256, 1, false },
	};

	for (size_t i = 0; i < N(rows); i++) {
		const struct pw_config config = { .name = "rl",
						  .settings = rows[i].settings,
						  .more = users };
		struct sip_challenge challenge;
		const char *got;

		test_row(rows[i].what);
		if (!pw_open(&w, &config))
			goto out;
		got = call_with(NULL);
		CHECK(pw_count(got, "Proxy-Authenticate") == rows[i].n_offered);
		if (!CHECK(challenge_of(got, 0, &challenge)))
			goto out;
		challenge.algorithm = rows[i].algorithm;
		got = call_with(log_in(&challenge, "secret"));
		CHECK((got[0] == '\0') == rows[i].is_good);
		CHECK(rows[i].is_good ||
		      pw_count(got, "Proxy-Authenticate") == 1);
	out:
		pw_close(&w);
	}
	test_row(NULL);
}

/* A client may say who it is before it is asked (RFC 8760 2.7). */
static void
before_it_is_asked(void)
{
	static const char *const lines[] = {
		("Proxy-Authorization: Digest username=\"bob\", realm=\"" REALM
		 "\", nonce=\"\", uri=\"" PW_RURI "\", response=\"\"\r\n"),
		("Proxy-Authorization: Digest username=\"bob\", realm=\"" REALM
		 "\", nonce=\"\", uri=\"" PW_RURI
		 "\", response=\"\", algorithm=SHA-256\r\n"),
		("Proxy-Authorization: Digest username=\"\", realm=\"\", "
		 "nonce=\"\", uri=\"\", response=\"\"\r\n"),
	};
	const struct pw_config config = { .name = "rl",
					  .settings = SETTINGS(""),
					  .more = users };

	for (size_t i = 0; i < N(lines); i++) {
		struct sip_challenge challenge;
		const char *got;

		test_row(lines[i]);
		if (!pw_open(&w, &config))
			goto out;
		got = call_with(lines[i]);
		if (!CHECK(challenge_of(got, 0, &challenge)))
			goto out;
		CHECK(!challenge.is_stale);
		got = call_with(log_in(&challenge, "secret"));
		CHECK(got[0] == '\0');
	out:
		pw_close(&w);
	}
	test_row(NULL);
}

/* A nonce is good once with each count, a while, and for who asked. */
static void
nonces(void)
{
	const struct pw_config config = { .name = "rl",
					  .settings = SETTINGS(
					      "nonce_life_s = 60;"),
					  .more = users };
	struct sip_challenge challenge, again;
	const char *got;

	if (!pw_open(&w, &config))
		goto out;
	got = call_with(NULL);
	if (!CHECK(challenge_of(got, 0, &challenge)))
		goto out;
	got = call_with(log_in(&challenge, "wrong"));
	CHECK(challenge_of(got, 1, &again) && !again.is_stale);
	CHECK(call_with(log_in(&challenge, "secret"))[0] == '\0');
	got = call_with(log_in(&challenge, "secret"));
	CHECK(challenge_of(got, 1, &again) && again.is_stale);
	pw_run(&w, 61000);
	pw_skip(&w, PW_G1);
	pw_skip(&w, PW_STRANGER);
	got = call_with(NULL);
	if (!CHECK(challenge_of(got, 0, &challenge)))
		goto out;
	pw_run(&w, 61000);
	pw_skip(&w, PW_STRANGER);
	got = call_with(log_in(&challenge, "secret"));
	CHECK(challenge_of(got, 1, &again) && again.is_stale);
	CHECK(call_with(log_in(&again, "secret"))[0] == '\0');
out:
	pw_close(&w);
}

static const struct test tests[] = {
	{ "only an algorithm that is offered is taken", only_what_is_offered,
	  true },
	{ "who has no answer yet is asked", before_it_is_asked, true },
	{ "a nonce is good once, a while, for one", nonces, true },
};

const struct test_suite suite_rule_login = TEST_SUITE("rule_login", tests);
