/* test_tls.c - two sessions talk in memory: who is let in, who is not */
#include "base/tls.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/tls_help.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

struct end {
	struct tls_ctx *ctx;
	struct tls *tls;
	int err;	/* of the last read */
	size_t len;
	char text[256]; /* plain text, all of it */
};

struct pair {
	struct end server, client;
};

static void
fini(struct pair *pair)
{
	tls_free(pair->server.tls);
	tls_free(pair->client.tls);
	tls_ctx_unref(pair->server.ctx);
	tls_ctx_unref(pair->client.ctx);
}

/* What from made goes to to, a few octets at a time. Returns whether there was
 * something. */
static bool
carry(struct end *from, struct end *to)
{
	bool any = false;
	char cipher[7], plain[64];
	size_t n, len;

	while ((n = tls_take(from->tls, cipher, sizeof(cipher))) > 0) {
		any = true;
		if (to->err != 0)
			continue;
		CHECK(tls_feed(to->tls, cipher, n) == 0);
		to->err = tls_read(to->tls, plain, sizeof(plain), &len);
		if (to->len + len < sizeof(to->text))
			memcpy(to->text + to->len, plain, len);
		to->len += len;
	}
	return any;
}

static void
talk(struct pair *pair)
{
	char plain[64];
	size_t len;

	if (pair->client.err == 0 && !tls_is_open(pair->client.tls))
		pair->client.err = tls_read(pair->client.tls, plain,
						sizeof(plain), &len);
	for (int i = 0; i < 20; i++) {
		bool any = carry(&pair->client, &pair->server);

		any |= carry(&pair->server, &pair->client);
		if (!any)
			return;
	}
	CHECK(false);
}

/* Certificates and trust of both; the name the client wants. */
struct meeting {
	const char *what, *server, *server_ca, *client, *client_ca, *name;
	const char *let_in;
	bool mutual;
	int server_err, client_err;
};

static bool
meet(struct pair *pair, const struct meeting *m)
{
	memset(pair, 0, sizeof(*pair));
	if (!OK(tls_help_ctx_for(m->server, m->server_ca, m->mutual, m->let_in,
				 &pair->server.ctx)) ||
	    !OK(tls_help_ctx(m->client, m->client_ca, false,
			     &pair->client.ctx)) ||
	    !OK(tls_accept(pair->server.ctx, &pair->server.tls)) ||
	    !OK(tls_connect(pair->client.ctx, m->name,
				&pair->client.tls))) {
		fini(pair);
		return false;
	}
	talk(pair);
	return true;
}

static void
servers_prove_their_domain(void)
{
	static const struct meeting rows[] = {
		{ .what = "a DNS name", .server = "dns",
		  .name = "sip.example.net" },
		{ .what = "in any case, with the final dot", .server = "dns",
		  .name = "SIP.Example.NET." },
		{ .what = "no suffix", .server = "dns", .name = "example.net",
		  .client_err = ERR_AUTH },
		{ .what = "no wildcard", .server = "dns",
		  .name = "a.wild.example.net", .client_err = ERR_AUTH },
		{ .what = "no common name beside alternatives",
		  .server = "dns", .name = "ignored.example.com",
		  .client_err = ERR_AUTH },
		{ .what = "a SIP URI", .server = "uri",
		  .name = "example.net" },
		{ .what = "no DNS name beside a SIP URI", .server = "uri",
		  .name = "sip.example.net", .client_err = ERR_AUTH },
		{ .what = "no other URI", .server = "uri",
		  .name = "web.example.net", .client_err = ERR_AUTH },
		{ .what = "no user's URI", .server = "uri",
		  .name = "user.example.net", .client_err = ERR_AUTH },
		{ .what = "a DNS name beside a user's URI", .server = "user",
		  .name = "sip.example.net" },
		{ .what = "a common name alone", .server = "cn",
		  .name = "cn.example.net" },
		{ .what = "an address", .server = "ip", .name = "127.0.0.1" },
		{ .what = "an IPv6 address", .server = "ip", .name = "::1" },
		{ .what = "another address", .server = "ip",
		  .name = "127.0.0.2", .client_err = ERR_AUTH },
		{ .what = "an address that is not there", .server = "dns",
		  .name = "127.0.0.1", .client_err = ERR_AUTH },
		{ .what = "another authority", .server = "stranger",
		  .name = "sip.example.net", .client_err = ERR_AUTH },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct meeting m = rows[i];
		struct pair pair;

		test_row(rows[i].what);
		m.client_ca = "ca";
		if (!meet(&pair, &m))
			continue;
		CHECK(pair.client.err == m.client_err);
		CHECK(tls_is_open(pair.client.tls) == (m.client_err == 0));
		fini(&pair);
	}
	test_row(NULL);
}

static void
clients_prove_that_they_are_known(void)
{
	static const struct meeting rows[] = {
		{ .what = "of the authority", .client = "cn" },
		{ .what = "none", .server_err = ERR_AUTH },
		{ .what = "of another", .client = "stranger",
		  .server_err = ERR_AUTH },
		{ .what = "of a domain that is let in", .client = "cn",
		  .let_in = "cn.example.net" },
		{ .what = "of an address that is", .client = "ip",
		  .let_in = "127.0.0.1" },
		{ .what = "of another domain", .client = "cn",
		  .let_in = "sip.example.net", .server_err = ERR_AUTH },
		{ .what = "of a domain that is, but not of the authority",
		  .client = "stranger", .let_in = "sip.example.net",
		  .server_err = ERR_AUTH },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct meeting m = rows[i];
		struct pair pair;

		test_row(rows[i].what);
		m.server = "dns";
		m.server_ca = m.client_ca = "ca";
		m.name = "sip.example.net";
		m.mutual = true;
		if (!meet(&pair, &m))
			continue;
		CHECK(pair.server.err == m.server_err);
		CHECK(tls_is_open(pair.server.tls) == (m.server_err == 0));
		CHECK(tls_has_proof(pair.server.tls) ==
		      (m.server_err == 0));
		if (m.server_err != 0)
			CHECK(strlen(tls_why(pair.server.tls)) > 10);
		fini(&pair);
	}
	test_row(NULL);
}

static void
note_domain(void *arg, struct str domain)
{
	char *out = arg;
	size_t len = strlen(out);

	CHECK(len + domain.len + 2 < 256);
	snprintf(out + len, 256 - len, "%.*s ", STR_ARG(domain));
}

static void
clients_prove_domains(void)
{
	static const struct {
		const char *client, *domains;
		bool mutual;
	} rows[] = {
		{ "cn", "cn.example.net ", true },
		{ "dns", "sip.example.net *.wild.example.net ", true },
		{ "uri", "example.net ", true },
		{ "user", "sip.example.net ", true },
		{ "ip", "", true },
		{ "stranger", "", true },
		{ NULL, "", true },
		{ "cn", "", false },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		const struct meeting m = { .server = "dns", .server_ca = "ca",
					   .client_ca = "ca",
					   .name = "sip.example.net",
					   .client = rows[i].client,
					   .mutual = rows[i].mutual };
		char domains[256] = "";
		struct pair pair;

		test_row(rows[i].client);
		if (!meet(&pair, &m))
			continue;
		tls_peer_domains(pair.server.tls, note_domain, domains);
		CHECK(strcmp(domains, rows[i].domains) == 0 || test_starved());
		fini(&pair);
	}
	test_row(NULL);
}

static const struct meeting usual = { .server = "dns", .client_ca = "ca",
				      .name = "sip.example.net" };

static void
text_passes_both_ways(void)
{
	struct pair pair;

	if (!meet(&pair, &usual))
		return;
	OK(tls_write(pair.client.tls, "to the server", 13));
	OK(tls_write(pair.server.tls, "to the client", 13));
	talk(&pair);
	CHECK(strcmp(pair.server.text, "to the server") == 0);
	CHECK(strcmp(pair.client.text, "to the client") == 0);
	tls_finish(pair.client.tls);
	talk(&pair);
	CHECK(pair.server.err == ERR_END);
	fini(&pair);
}

static void
what_is_no_tls_is_found_out(void)
{
	struct pair pair;
	char plain[64];
	size_t len;

	if (!meet(&pair, &usual))
		return;
	tls_free(pair.server.tls);
	pair.server.tls = NULL;
	if (OK(tls_accept(pair.server.ctx, &pair.server.tls))) {
		OK(tls_feed(pair.server.tls, "OPTIONS sip:a@b SIP/2.0\r\n",
				25));
		CHECK(tls_read(pair.server.tls, plain, sizeof(plain),
				   &len) == ERR_CORRUPT);
		CHECK(!tls_is_open(pair.server.tls));
	}
	fini(&pair);
}

static void
files_that_are_no_good_are_named(void)
{
	struct tls_settings settings = { .certificate = "/no/such.pem" };
	char why[TLS_WHY_MAX], path[512];
	struct tls_ctx *ctx = NULL;

	if (test_starved())
		return;
	CHECK(tls_ctx_new(&settings, why, &ctx) != 0);
	CHECK(strstr(why, "/no/such.pem") != NULL || test_starved());
	/* an authority's certificate, without a key */
	settings.certificate =
	    test_file("tests/data/tls/ca.pem", path, sizeof(path));
	CHECK(tls_ctx_new(&settings, why, &ctx) != 0);
	CHECK(strncmp(why, "key ", 4) == 0 || test_starved());
	settings = (struct tls_settings){ .ca = "/no/ca.pem" };
	CHECK(tls_ctx_new(&settings, why, &ctx) != 0);
	CHECK(strncmp(why, "ca ", 3) == 0 || test_starved());
}

static const struct test tests[] = {
	{ "servers prove their domain", servers_prove_their_domain, true },
	{ "clients prove that they are known",
	  clients_prove_that_they_are_known, true },
	{ "clients prove domains", clients_prove_domains, true },
	{ "text passes both ways", text_passes_both_ways, false },
	{ "what is no TLS is found out", what_is_no_tls_is_found_out, false },
	{ "files that are no good are named", files_that_are_no_good_are_named,
	  false },
};

const struct test_suite suite_tls = TEST_SUITE("tls", tests);
