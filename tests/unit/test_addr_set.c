/* test_addr_set.c - sets of addresses */
#include "base/addr_set.h"

#include <stdio.h>

#include "tests/unit/harness.h"

#define MANY 1000

static const struct hash_key key = { 1, 2 };

static struct addr
address(const char *text)
{
	struct addr addr = { 0 };

	CHECK(addr_parse(str_of(text), 0, &addr) == 0);
	return addr;
}

static struct addr
numbered(unsigned i)
{
	char text[32];

	snprintf(text, sizeof(text), "10.0.%u.%u", i / 250, i % 250);
	return address(text);
}

static void
few(void)
{
	const struct addr in[] = {
		address("192.0.2.1:5060"), address("192.0.2.1:5062"),
		address("[2001:db8::1]:5060"), { .family = 0 },
	};
	struct addr v4 = address("192.0.2.1:9"), v6 = address("[2001:db8::1]");
	struct addr alike = address("[c000:201::]"); /* the octets of v4 */
	struct addr none = { .family = 0 };
	struct addr_set *set;

	if (!OK(addr_set_new(&key, in, 4, &set)))
		return;
	CHECK(addr_set_has(set, &v4));
	CHECK(addr_set_has(set, &v6));
	CHECK(!addr_set_has(set, &alike));
	CHECK(!addr_set_has(set, &none));
	CHECK(addr_set_ref(set) == set);
	addr_set_unref(set);
	CHECK(addr_set_has(set, &v4));
	addr_set_unref(set);
}

static void
many(void)
{
	static struct addr in[MANY];
	struct addr_set *set;
	size_t n = 0;

	for (unsigned i = 0; i < MANY; i++)
		in[i] = numbered(2 * i);
	if (!OK(addr_set_new(&key, in, MANY, &set)))
		return;
	for (unsigned i = 0; i < 2 * MANY; i++) {
		struct addr addr = numbered(i);

		n += addr_set_has(set, &addr) == (i % 2 == 0);
	}
	CHECK(n == 2 * MANY);
	addr_set_unref(set);
}

static void
empty(void)
{
	struct addr any = address("192.0.2.1");
	struct addr_set *set;

	CHECK(!addr_set_has(NULL, &any));
	CHECK(addr_set_ref(NULL) == NULL);
	addr_set_unref(NULL);
	if (!OK(addr_set_new(&key, NULL, 0, &set)))
		return;
	CHECK(!addr_set_has(set, &any));
	addr_set_unref(set);
}

static const struct test tests[] = {
	{ "what was put in is there, whatever its port", few, false },
	{ "half of two thousand addresses are there", many, false },
	{ "an empty set has nothing, and NULL is one", empty, false },
};

const struct test_suite suite_addr_set = TEST_SUITE("addr_set", tests);
