/* test_logins.c - who may log in */
#include "route/logins.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define S(text) str_make((text), sizeof(text) - 1)
#define MD5_A "000102030405060708090a0b0c0d0e0f"
#define MD5_B "F0E1D2C3B4A5968778695A4B3C2D1E0F"
#define NONE str_make(NULL, 0)

static void
test_find(void)
{
	struct logins logins;
	const struct login *login;

	if (OK(logins_init(&logins)) &&
	    OK(logins_add(&logins, 7, S("bob"), S("x.com"), S(MD5_A), NONE)) &&
	    OK(logins_add(&logins, 8, S("bob"), S("y.com"), S(MD5_B), NONE)) &&
	    OK(logins_add(&logins, 9, S("x.com"), S("bob"), NONE,
			  S(MD5_A MD5_B))) &&
	    OK(logins_finish(&logins))) {
		login = logins_find(&logins, S("bob"), S("x.com"));
		CHECK(login != NULL && login->account == 7);
		CHECK(login != NULL && login->has_md5 && !login->has_sha256);
		CHECK(login != NULL && login->ha1_md5[15] == 0x0f);
		login = logins_find(&logins, S("bob"), S("y.com"));
		CHECK(login != NULL && login->account == 8);
		CHECK(login != NULL && login->ha1_md5[0] == 0xf0);
		login = logins_find(&logins, S("x.com"), S("bob"));
		CHECK(login != NULL && login->account == 9);
		CHECK(login != NULL && login->ha1_sha256[16] == 0xf0);
		CHECK(logins_find(&logins, S("Bob"), S("x.com")) == NULL);
		CHECK(logins_find(&logins, S("bob"), S("X.com")) == NULL);
		CHECK(logins_find(&logins, S("bob\0"), S("x.com")) == NULL);
		CHECK(logins_find(&logins, S(""), S("")) == NULL);
	}
	logins_fini(&logins);
}

static void
test_bad(void)
{
	static const struct {
		const char *what;
		struct str md5, sha256;
	} rows[] = {
		{ "no hash", { NULL, 0 }, { NULL, 0 } },
		{ "short", { MD5_A, 31 }, { NULL, 0 } },
		{ "long", { MD5_A "0", 33 }, { NULL, 0 } },
		{ "no hex", { "g00102030405060708090a0b0c0d0e0f", 32 },
		  { NULL, 0 } },
		{ "md5 for sha256", { NULL, 0 }, { MD5_A, 32 } },
	};
	struct logins logins;

	if (!OK(logins_init(&logins)))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		CHECK(logins_add(&logins, 1, S("u"), S("r"), rows[i].md5,
				 rows[i].sha256) == ERR_SYNTAX);
	}
	test_row(NULL);
	CHECK(logins.n == 0);
	if (OK(logins_finish(&logins)))
		CHECK(logins_find(&logins, S("u"), S("r")) == NULL);
	logins_fini(&logins);
}

/* All of many are found, and nobody else; 100 bytes and a name each. */
static void
test_many(void)
{
	enum { MANY = 20000 };
	struct logins logins;
	char user[16];

	if (!OK(logins_init(&logins)))
		return;
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(user, sizeof(user), "u%u", i);
		if (!OK(logins_add(&logins, i, str_of(user), S("r"), S(MD5_A),
				   NONE)))
			break;
	}
	if (OK(logins_finish(&logins))) {
		for (uint32_t i = 0; i < 2 * MANY; i++) {
			const struct login *login;

			snprintf(user, sizeof(user), "u%u", i);
			login = logins_find(&logins, str_of(user), S("r"));
			if (i < MANY)
				CHECK(login != NULL && login->account == i);
			else
				CHECK(login == NULL);
		}
		CHECK(logins_bytes(&logins) < MANY * 160);
	}
	logins_fini(&logins);
}

static const struct test tests[] = {
	{ "a login is found by user and realm", test_find, false },
	{ "a login needs a hash of the right length", test_bad, false },
	{ "many logins are told apart", test_many, true },
};

const struct test_suite suite_logins = TEST_SUITE("logins", tests);
