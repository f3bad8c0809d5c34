/* test_snapshot_load.c - rows that are left out, and values that cannot be */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

/* --- rows that refer to nothing --- */

static void
left_out(void)
{
	struct route_sample f;
	const struct snapshot_report *report;

	/* each UPDATE loses one row, and what refers to that */
	if (route_sample_open(
		&f, "left-out",
		"UPDATE accounts SET tariff = 99 WHERE account = 'acme';"
		"UPDATE carriers SET tariff = 98 WHERE carrier = 'alpha';"
		"UPDATE gateways SET carrier = 97 WHERE gateway = 'z-two';"
		"UPDATE trunks SET account = -1 WHERE tech_prefix = '99';"
		"UPDATE rates SET tariff = 95 WHERE rate = 1000000")) {
		report = snapshot_report(f.snapshot);
		CHECK(report->accounts == 2 && report->carriers == 3);
		CHECK(report->gateways == 3 && report->trunks == 1);
		CHECK(report->rates == 1);
		/* acme and its 2 trunks, alpha and a-one, z-two, beta's trunk,
		 * the rate */
		CHECK(report->warnings == 8);
		CHECK(route_sample_logged(
		    &f, "account acme: left out, its tariff does "
			"not exist, tariff_id=99"));
		CHECK(route_sample_logged(
		    &f, "carrier alpha: left out, its tariff does "
			"not exist, tariff_id=98"));
		CHECK(route_sample_logged(
		    &f, "gateway z-two: left out, its carrier "
			"does not exist, carrier_id=97"));
		CHECK(route_sample_logged(
		    &f, "gateway a-one: left out, its carrier"));
		CHECK(route_sample_logged(
		    &f, "trunk 192.0.2.7/32: left out, its "
			"account does not exist, account_id=-1"));
		CHECK(route_sample_logged(
		    &f, "rates and holidays: rows left out, their "
			"tariff does not exist, rows=1"));
	}
	OK(f.err);
	route_sample_close(&f);
}

static void
shadowed(void)
{
	struct route_sample f;

	if (route_sample_open(
		&f, "shadowed",
		"INSERT INTO trunks (account, address) SELECT id,"
		" '198.51.100.1' FROM accounts WHERE account = 'beta'"))
		CHECK(route_sample_logged(
		    &f, "trunk 198.51.100.1/32: never used, "
			"another row has the same address, port, "
			"transport and tech prefix, "
			"account=beta"));
	OK(f.err);
	route_sample_close(&f);
}

static void
logins(void)
{
	struct route_sample f;
	const struct login *login;

	if (route_sample_open(
		&f, "logins",
		"INSERT INTO credentials (account, username, realm, ha1_md5)"
		" SELECT id, 'bob', 'x.com', '000102030405060708090a0b0c0d0e0f'"
		" FROM accounts WHERE account = 'beta';"
		"INSERT INTO credentials (account, username, realm, ha1_md5)"
		" SELECT id, 'eve', 'x.com', '000102030405060708090a0b0c0d0e0f'"
		" FROM accounts WHERE account = 'acme';"
		"UPDATE credentials SET account = -1 WHERE username = 'eve'")) {
		login = snapshot_login(f.snapshot, str_of("bob"),
				       str_of("x.com"));
		CHECK(login != NULL &&
		      strcmp(snapshot_login_account(f.snapshot, login)->name,
			     "beta") == 0);
		CHECK(snapshot_login(f.snapshot, str_of("eve"),
				     str_of("x.com")) == NULL);
		CHECK(snapshot_report(f.snapshot)->logins == 1);
		CHECK(route_sample_logged(
		    &f, "credentials of eve: left out, their account does "
			"not exist, account_id=-1"));
	}
	OK(f.err);
	route_sample_close(&f);
}

/* --- values that cannot be read --- */

static const struct {
	const char *name, *sql, *error;
} bad[] = {
	{ "uri", "UPDATE gateways SET uri = 'tel:+49' WHERE gateway = 'z-one'",
	  "gateways: z-one: uri is \"tel:+49\", expected a SIP URI such as "
	  "sip:192.0.2.1:5060" },
	{ "strip", "UPDATE gateways SET strip = 16 WHERE gateway = 'z-one'",
	  "gateways: z-one: strip is 16, expected 0..15" },
	{ "gateway-prefix",
	  "UPDATE gateways SET prefix = '9@' WHERE gateway = 'z-one'",
	  "gateways: z-one: prefix is \"9@\", expected what may stand in the "
	  "user part of a SIP URI" },
	{ "capacity", "UPDATE gateways SET capacity = -1 WHERE id = 1",
	  "gateways: z-one: capacity is -1, expected 0..2147483647" },
	{ "country",
	  "UPDATE accounts SET country_code = '4949'"
	  " WHERE account = 'acme'",
	  "accounts: acme: country_code is \"4949\", expected at most 3 of 0-9 "
	  "* # +" },
	{ "national",
	  "UPDATE accounts SET national_prefix = 'x'"
	  " WHERE account = 'acme'",
	  "accounts: acme: national_prefix is \"x\", expected at most 7 of 0-9 "
	  "* # +" },
	{ "strategy",
	  "UPDATE accounts SET strategy = 'best'"
	  " WHERE account = 'acme'",
	  "accounts: acme: strategy is \"best\", expected least_cost, "
	  "priority, quality, load_share or tolerance" },
	{ "loss", "UPDATE accounts SET max_loss = -1 WHERE account = 'acme'",
	  "accounts: acme: tolerance or max_loss is below 0" },
	{ "exchange",
	  "INSERT INTO exchange_rates (currency, base, date, rate)"
	  " VALUES ('USD', 'EUR', '2026-01-01', 0)",
	  "exchange_rates: 2026-01-01: rate is not in range, expected more "
	  "than 0 and at most a million" },
	{ "exchange-currency",
	  "INSERT INTO exchange_rates (currency, base, date, rate)"
	  " VALUES ('USD', 'EURO', '2026-01-01', 1)",
	  "exchange_rates: 2026-01-01: base is \"EURO\", expected three letters" },
	{ "block", "INSERT INTO blocks (prefix) VALUES ('4x')",
	  "blocks: 4x: prefix is \"4x\", expected up to 15 digits" },
	{ "duration", "INSERT INTO durations (duration_s) VALUES (0)",
	  "durations: : duration_s is 0, expected 1..86400" },
	{ "share",
	  "INSERT INTO shares (account, carrier, percent) VALUES"
	  " ((SELECT min(id) FROM accounts), (SELECT min(id) FROM carriers),"
	  " 101)",
	  "shares: : percent is 101, expected 0..100" },
	{ "id", "UPDATE accounts SET id = 4294967296 WHERE account = 'acme'",
	  "accounts: acme: id is 4294967296, expected 1..4294967295" },
	{ "address",
	  "UPDATE trunks SET address = '192.0.2.1/24'"
	  " WHERE tech_prefix = '99'",
	  "trunks: 192.0.2.1/24: address is \"192.0.2.1/24\", expected an "
	  "address or a network such as 192.0.2.0/24 without bits behind its "
	  "length" },
	{ "nothing",
	  "UPDATE trunks SET address = '' WHERE tech_prefix = '99'",
	  "trunks: : address is \"\", expected an "
	  "address or a network such as 192.0.2.0/24 without bits behind its "
	  "length" },
	{ "transport",
	  "UPDATE trunks SET transport = 'sctp'"
	  " WHERE tech_prefix = '99'",
	  "trunks: 192.0.2.7/32: transport is \"sctp\", expected udp, tcp, tls "
	  "or "
	  "nothing" },
	{ "port", "UPDATE trunks SET port = 65536 WHERE tech_prefix = '99'",
	  "trunks: 192.0.2.7/32: port is 65536, expected 0..65535" },
	{ "hash",
	  "INSERT INTO credentials (account, username, realm, ha1_md5) SELECT"
	  " id, 'bob', 'x.com', '0123' FROM accounts WHERE account = 'acme'",
	  "credentials: bob: no hash can be read, expected 32 hexadecimal "
	  "digits in ha1_md5 or 64 in ha1_sha256" },
	{ "rate", "UPDATE rates SET increment = 0 WHERE rate = 1000000",
	  "rates: buy-a/49: increment is 0, expected 1..2147483647" },
};

static void
bad_values(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct route_sample f;
		char name[64];

		test_row(bad[i].name);
		snprintf(name, sizeof(name), "snapshot-%s", bad[i].name);
		CHECK(!route_sample_open(&f, name, bad[i].sql));
		CHECK(f.err == ERR_INVAL);
		if (!CHECK(strcmp(f.error, bad[i].error) == 0))
			fprintf(stderr, "%s\n", f.error);
		route_sample_close(&f);
	}
}

static const struct account *
proved(const struct route_sample *f, const char *from, const char *domain,
       const char **trunk)
{
	struct addr addr;
	uint64_t proof = hash_domain(&route_sample_key, str_of(domain));

	CHECK(addr_parse(str_of(from), 5060, &addr) == 0);
	CHECK(snapshot_has_proof(f->snapshot, proof) ==
	      (strcmp(domain, "pbx.example.net") == 0));
	return snapshot_account_by_call(f->snapshot, &addr, proof, "tls",
					str_of("4930"), NULL, trunk);
}

static void
certificates(void)
{
	struct route_sample f;
	const struct account *account;
	const char *trunk = "";

	if (route_sample_open(
		&f, "certificates",
		"INSERT INTO trunks (account, address, certificate, trunk)"
		" SELECT id, '', 'pbx.example.net', 'west' FROM accounts"
		" WHERE account = 'gamma';"
		"INSERT INTO trunks (account, address, transport, certificate)"
		" SELECT id, '', 'tls', 'pbx.example.net.' FROM accounts"
		" WHERE account = 'acme';"
		"INSERT INTO trunks (account, address, transport, certificate)"
		" SELECT id, '', 'udp', 'pbx.example.net' FROM accounts"
		" WHERE account = 'beta';"
		"INSERT INTO trunks (account, address, transport, certificate)"
		" SELECT id, '', 'udp', 'PBX.example.net' FROM accounts"
		" WHERE account = 'gamma'")) {
		CHECK(snapshot_report(f.snapshot)->trunks == 8);
		account = proved(&f, "203.0.113.1", "pbx.example.net", &trunk);
		CHECK(account != NULL && strcmp(account->name, "acme") == 0);
		CHECK(trunk[0] == '\0');
		CHECK(proved(&f, "203.0.113.1", "x.example.net", NULL) == NULL);
		CHECK(proved(&f, "203.0.113.1", "", NULL) == NULL);
		account = proved(&f, "192.0.2.1", "x.example.net", NULL);
		CHECK(account != NULL && strcmp(account->name, "acme") == 0);
		CHECK(route_sample_logged(
		    &f, "of any address: never used, another row has the same "
			"certificate, address, port, transport and tech "
			"prefix, account=gamma"));
	}
	OK(f.err);
	route_sample_close(&f);
}

static const struct test tests[] = {
	{ "rows that refer to nothing are left out, with a warning", left_out,
	  true },
	{ "a trunk that is never used is warned of", shadowed, true },
	{ "logins are found, those of nobody left out", logins, true },
	{ "trunks are found by what is proved", certificates, true },
	{ "a value that cannot be read is described", bad_values, true },
};

const struct test_suite suite_snapshot_load =
    TEST_SUITE("snapshot_load", tests);
