/* test_enum_cache.c - sets kept by name, bounded in octets */
#include "enum/cache.h"

#include <stdio.h>

#include "base/err.h"
#include "tests/unit/harness.h"

static bool
put(struct enum_cache *cache, unsigned n, int64_t now_ms, uint32_t keep_s)
{
	struct enum_set *set = enum_set_empty(ENUM_FOUND, keep_s);
	struct enum_name_key key = { n, n };

	if (!CHECK(set != NULL) || set == NULL)
		return false;
	enum_cache_put(cache, &key, set, now_ms, keep_s);
	enum_set_unref(set);
	return true;
}

static bool
has(struct enum_cache *cache, unsigned n, int64_t now_ms)
{
	struct enum_name_key key = { n, n };

	return enum_cache_find(cache, &key, now_ms) != NULL;
}

static void
test_times(void)
{
	struct enum_cache cache;
	struct enum_name_key key = { 1, 1 }, other = { 1, 2 };

	if (!OK(enum_cache_init(&cache, 1 << 20, 10)))
		return;
	if (put(&cache, 1, 1000, 2)) {
		CHECK(has(&cache, 1, 2999) && !has(&cache, 1, 3000));
		CHECK(enum_cache_find(&cache, &other, 1000) == NULL);
		CHECK(enum_cache_revive(&cache, &key, 12999, 1) != NULL);
		CHECK(has(&cache, 1, 13998) && !has(&cache, 1, 13999));
		CHECK(enum_cache_revive(&cache, &key, 13000, 1) == NULL);
		CHECK(put(&cache, 1, 14000, 2)); /* in its place */
		CHECK(has(&cache, 1, 14000) && cache.map.n == 1);
	}
	enum_cache_fini(&cache);
}

static void
test_bound(void)
{
	struct enum_cache cache;
	size_t max = 20000;

	if (!OK(enum_cache_init(&cache, max, 0)))
		return;
	for (unsigned n = 0; n < 1000; n++) {
		if (!put(&cache, n, 0, 60))
			break;
		has(&cache, 0, 0); /* in use: the last to go */
		CHECK(enum_cache_total(&cache) <= max);
	}
	CHECK(has(&cache, 0, 0) && has(&cache, 999, 0));
	CHECK(!has(&cache, 1, 0) && cache.map.n > 50);
	enum_cache_clear(&cache);
	CHECK(cache.map.n == 0 && cache.size == 0);
	enum_cache_fini(&cache);
}

static void
test_keys(void)
{
	struct enum_cache cache;
	struct enum_name_key a, b;
	struct dns_name name;

	if (!OK(enum_cache_init(&cache, 1, 0)))
		return;
	dns_name_parse(str_of("1.E164.arpa"), &name);
	enum_cache_key(&cache, 0, &name, &a);
	dns_name_parse(str_of("1.e164.ARPA"), &name);
	enum_cache_key(&cache, 0, &name, &b);
	CHECK(a.a == b.a && a.b == b.b && a.a != a.b);
	enum_cache_key(&cache, 1, &name, &b);
	CHECK(a.a != b.a && a.b != b.b);
	enum_cache_fini(&cache);
}

static const struct test tests[] = {
	{ "sets live as long as they may", test_times, false },
	{ "the one used longest ago goes first", test_bound, false },
	{ "trees and names have keys, case has none", test_keys, false },
};

const struct test_suite suite_enum_cache = TEST_SUITE("enum_cache", tests);
