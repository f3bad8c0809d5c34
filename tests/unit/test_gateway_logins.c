/* test_gateway_logins.c - gateways' credentials in a snapshot */
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

#define MD5 "0123456789abcdef0123456789ABCDEF"
#define SHA MD5 MD5

static void
snapshot(void)
{
	struct route_sample f;
	const struct gateway *gateway;
	const struct gateway_login *login;

	if (route_sample_open(
		&f, "gateway-logins",
		"INSERT INTO gateway_credentials (gateway, realm, username,"
		" ha1_md5) SELECT id, 'blue', 'us', '" MD5 "' FROM gateways"
		" WHERE gateway = 'z-one';"
		"INSERT INTO gateway_credentials (gateway, realm, username,"
		" ha1_sha256) SELECT id, 'red', 'we', '" SHA "' FROM gateways;"
		"INSERT INTO gateway_credentials (gateway, realm, username,"
		" ha1_sha512_256) SELECT id, 'new', 'we', '" SHA "' FROM"
		" gateways WHERE gateway = 'z-one';"
		"INSERT INTO gateway_credentials (gateway, realm, username,"
		" ha1_md5) VALUES (4711, 'blue', 'us', '" MD5 "')")) {
		gateway = snapshot_gateway_by_name(f.snapshot, str_of("z-one"));
		CHECK(gateway->logins.n == 3);
		login = gateway_logins_find(&gateway->logins, str_of("blue"));
		CHECK(login != NULL && strcmp(login->username, "us") == 0 &&
		      strcmp(login->ha1_md5,
			     "0123456789abcdef0123456789abcdef") == 0 &&
		      login->ha1_sha256[0] == '\0');
		login = gateway_logins_find(&gateway->logins, str_of("red"));
		CHECK(login != NULL && login->ha1_md5[0] == '\0' &&
		      strlen(login->ha1_sha256) == 64 &&
		      login->ha1_sha512_256[0] == '\0');
		login = gateway_logins_find(&gateway->logins, str_of("new"));
		CHECK(login != NULL && login->ha1_sha256[0] == '\0' &&
		      strlen(login->ha1_sha512_256) == 64);
		CHECK(gateway_logins_find(&gateway->logins, str_of("Blue")) ==
		      NULL);
		for (size_t i = 0; i < snapshot_n_gateways(f.snapshot); i++) {
			gateway = snapshot_gateway(f.snapshot, (uint32_t)i);
			CHECK(gateway_logins_find(&gateway->logins,
						  str_of("red")) != NULL);
		}
		CHECK(route_sample_logged(
		    &f, "gateway_credentials of blue: left out, their gateway "
			"does not exist, gateway_id=4711"));
	}
	OK(f.err);
	route_sample_close(&f);
}

static void
refused(void)
{
	static const char *const hashes[] = { "''", "NULL", "'0123'",
					      "'" SHA "'", "'" MD5 "x'" };
	struct route_sample f;
	char sql[400], name[40];

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		test_row(hashes[i]);
		/* a store of its own: one is made once per name */
		snprintf(name, sizeof(name), "gateway-login-bad-%zu", i);
		snprintf(sql, sizeof(sql),
			 "INSERT INTO gateway_credentials (gateway, realm,"
			 " username, ha1_md5) SELECT id, 'blue', 'us', %s FROM"
			 " gateways WHERE gateway = 'z-one'",
			 hashes[i]);
		CHECK(!route_sample_open(&f, name, sql));
		CHECK(f.err == ERR_INVAL &&
		      strcmp(f.error, "gateway_credentials: blue: no hash can "
				      "be read, expected 32 hexadecimal digits "
				      "in ha1_md5 or 64 in ha1_sha256 or "
				      "ha1_sha512_256") == 0);
		route_sample_close(&f);
	}
}

static const struct test tests[] = {
	{ "credentials by gateway and realm", snapshot, false },
	{ "a hash that is none is refused", refused, true },
};

const struct test_suite suite_gateway_logins =
    TEST_SUITE("gateway_logins", tests);
