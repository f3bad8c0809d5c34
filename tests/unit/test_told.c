/* test_told.c - what DNS has told for a name */
#include "lcrproxy/told.h"

#include "tests/unit/harness.h"

static struct addr
numbered(unsigned i)
{
	return (struct addr){ .family = 4,
			      .ip = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } };
}

/* An answer of two addresses. */
static struct sip_places
answer(unsigned a, unsigned b)
{
	struct sip_places places = { .n = 2 };

	places.at[0].addr = numbered(a);
	places.at[1].addr = numbered(b);
	return places;
}

static bool
has(const struct told *told, unsigned i)
{
	struct addr addr = numbered(i);

	for (size_t k = 0; k < told->n; k++) {
		if (addr_eq_ip(&told->at[k].addr, &addr))
			return true;
	}
	return false;
}

static void
lingers(void)
{
	struct told told = { 0 };
	struct sip_places first = answer(1, 2), second = answer(2, 3);

	CHECK(told_note(&told, &first, 1000));
	CHECK(!told_note(&told, &first, 2000));
	CHECK(told.n == 2 && has(&told, 1) && has(&told, 2));
	CHECK(told_note(&told, &second, 3000));
	CHECK(told.n == 3);
	/* 1 was told at 2000 last */
	CHECK(!told_note(&told, &second, 2000 + TOLD_LINGER_MS - 1));
	CHECK(has(&told, 1));
	CHECK(told_note(&told, &second, 2000 + TOLD_LINGER_MS));
	CHECK(told.n == 2 && !has(&told, 1) && has(&told, 3));
}

static void
fails(void)
{
	struct told told = { 0 };
	struct sip_places first = answer(1, 2), second = answer(4, 5);

	CHECK(told_note(&told, &first, 1000));
	CHECK(!told_fail(&told, 1000 + 2 * TOLD_LINGER_MS));
	CHECK(!told_fail(&told, 1000 + TOLD_KEEP_MS - 1));
	CHECK(told.n == 2);
	CHECK(told_fail(&told, 1000 + TOLD_KEEP_MS));
	CHECK(told.n == 0);
	CHECK(!told_fail(&told, 1001 + TOLD_KEEP_MS));
	CHECK(told_note(&told, &second, 2000 + TOLD_KEEP_MS));
	CHECK(told.n == 2);
}

static void
many(void)
{
	struct told told = { 0 };

	for (unsigned i = 0; i < TOLD_MAX; i++) {
		struct sip_places two = answer(2 * i, 2 * i + 1);

		CHECK(told_note(&told, &two, 1000 + i));
	}
	CHECK(told.n == TOLD_MAX);
	/* the later half, two by two */
	for (unsigned i = 0; i < 2 * TOLD_MAX; i++)
		CHECK(has(&told, i) == (i >= TOLD_MAX));
}

static const struct test tests[] = {
	{ "an address lingers after it was told last", lingers, true },
	{ "without an answer all stay, for a day", fails, true },
	{ "of too many the latest stay", many, true },
};

const struct test_suite suite_told = TEST_SUITE("told", tests);
