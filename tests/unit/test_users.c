/* test_users.c - who is called by a name or a number, alone and in a
 * snapshot */
#include "route/users.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

static const struct {
	const char *name, *domain, *number, *contact;
} rows[] = {
	{ "bob", "b.example", "4930111", "1" },
	{ "alice", "", "", "2" },
	{ "alice", "A.example", "4930222", "3" },
	{ "100", "", "4930222", "4" },
	{ "Alice", "", "", "5" },
};

static const struct {
	const char *what, *name, *domain, *contact;
} cases[] = {
	{ "his own domain", "bob", "b.example", "1" },
	{ "in any case", "bob", "B.Example", "1" },
	{ "another domain", "bob", "a.example", NULL },
	{ "a domain that looks alike", "bob", "b.example.evil", NULL },
	{ "the domain's own before that of all", "alice", "a.example", "3" },
	{ "any domain", "alice", "c.example", "2" },
	{ "names have their case", "Alice", "a.example", "5" },
	{ "nobody", "alic", "a.example", NULL },
	{ "nobody behind all", "zoe", "a.example", NULL },
	{ "no name", "", "a.example", NULL },
};

static const struct {
	const char *number, *contact;
} numbers[] = {
	{ "4930111", "1" },
	{ "4930222", "4" },
	{ "493011", NULL },
	{ "49302222", NULL },
};

static int
fill(struct users *users)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && err == 0;
	     i++) {
		struct user user = { .name = rows[i].name,
				     .domain = rows[i].domain,
				     .contact = rows[i].contact };

		if (rows[i].number[0] != '\0')
			CHECK(number_parse(str_of(rows[i].number),
					   &user.number) == 0);
		err = users_add(users, &user);
	}
	return err == 0 ? users_finish(users) : err;
}

static bool
is(const struct user *user, const char *contact)
{
	if (contact == NULL || user == NULL)
		return user == NULL && contact == NULL;
	return strcmp(user->contact, contact) == 0;
}

static void
found(void)
{
	struct users users = { .n = 0 };
	struct number number;

	CHECK(users_find(&users, str_of("a"), str_of("b")) == NULL);
	if (!OK(fill(&users)))
		goto out;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_row(cases[i].what);
		CHECK(is(users_find(&users, str_of(cases[i].name),
				    str_of(cases[i].domain)),
			 cases[i].contact));
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		test_row(numbers[i].number);
		CHECK(number_parse(str_of(numbers[i].number), &number) == 0);
		CHECK(is(users_find_number(&users, &number),
			 numbers[i].contact));
	}
	test_row(NULL);
	number.len = 0;
	CHECK(users_find_number(&users, &number) == NULL);
out:
	users_fini(&users);
}

static void
loaded(void)
{
	struct route_sample f;
	struct number number;
	const struct user *user;

	CHECK(number_parse(str_of("493055"), &number) == 0);
	if (route_sample_open(&f, "users",
			      "INSERT INTO users (username, contact, number,"
			      " account) VALUES ('u', 'sip:u@192.0.2.1',"
			      " '493055', (SELECT min(id) FROM accounts))")) {
		user = snapshot_user(f.snapshot, str_of("u"), str_of("d"));
		CHECK(user != NULL && user->enabled &&
		      user == snapshot_user_by_number(f.snapshot, &number) &&
		      user->account != USERS_NO_ACCOUNT);
	}
	OK(f.err);
	route_sample_close(&f);
}

static const struct test tests[] = {
	{ "users are found by name and by number", found, false },
	{ "a snapshot has the table", loaded, false },
};
const struct test_suite suite_users = TEST_SUITE("users", tests);
