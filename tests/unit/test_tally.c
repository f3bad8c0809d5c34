/* test_tally.c - counting by final status, and delays */
#include <string.h>

#include "route/tally.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_tally;

/* The text of the only slot that was counted, "" when it is not one. */
static const char *
text_of(int status)
{
	struct tally tally = { { 0 } };
	const char *text = "";
	uint64_t sum = 0;

	tally_add(&tally, status);
	for (size_t i = 0; i < TALLY_SLOTS; i++) {
		sum += tally_get(&tally, i);
		if (tally_get(&tally, i) == 1)
			text = tally_text(i);
	}
	return sum == 1 ? text : "";
}

static void
codes(void)
{
	static const struct {
		int status;
		const char *text;
	} rows[] = {
		{ 0, "none" },	 { 200, "200" }, { 486, "486" },
		{ 487, "487" },	 { 503, "503" }, { 603, "603" },
		{ 299, "2xx" },	 { 499, "4xx" }, { 599, "5xx" },
		{ 699, "6xx" },	 { 100, "1xx" }, { 305, "3xx" },
		{ -1, "none" },	 { 99, "none" }, { 700, "none" },
		{ 1 << 30, "none" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].text);
		CHECK(strcmp(text_of(rows[i].status), rows[i].text) == 0);
	}
	test_row(NULL);
}

/* Whatever comes, it has one slot, and that the text of its status or class. */
static void
all_codes(void)
{
	for (int status = 100; status < 700; status++) {
		const char *text = text_of(status);

		CHECK(strlen(text) == 3 && text[0] == '0' + status / 100);
		if (strcmp(text + 1, "xx") != 0)
			CHECK(text[1] == '0' + status / 10 % 10 &&
			      text[2] == '0' + status % 10);
	}
	for (size_t i = 0; i < TALLY_SLOTS; i++) {
		CHECK(tally_text(i) != NULL);
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(tally_text(i), tally_text(k)) != 0);
	}
	CHECK(tally_text(TALLY_SLOTS) == NULL);
}

static size_t
slot_of(int64_t ms)
{
	struct delays delays = { .sum_ms = 0 };

	delays_add(&delays, ms);
	for (size_t i = 0; i < DELAYS_SLOTS; i++) {
		if (delays.by_slot[i] == 1)
			return i;
	}
	return DELAYS_SLOTS;
}

static void
bounds(void)
{
	int64_t bound = DELAYS_FIRST_MS;

	CHECK(slot_of(-5) == 0 && slot_of(0) == 0 && slot_of(1) == 0);
	for (size_t i = 0; i + 1 < DELAYS_SLOTS; i++, bound *= 2) {
		CHECK(slot_of(bound) == i);
		CHECK(slot_of(bound + 1) == i + 1);
	}
	CHECK(bound == 64000);
	CHECK(slot_of(INT64_MAX / 2) == DELAYS_SLOTS - 1);
}

static void
sums(void)
{
	struct delays delays = { .sum_ms = 0 };

	delays_add(&delays, 40);
	delays_add(&delays, 400);
	delays_add(&delays, -1);
	CHECK(delays.sum_ms == 440);
}

static const struct test tests[] = {
	{ "what means something has its own place, the rest its class's",
	  codes, true },
	{ "every status has one place", all_codes, true },
	{ "a delay is in the place whose bound it does not pass", bounds,
	  true },
	{ "delays are summed up", sums, true },
};
const struct test_suite suite_tally = TEST_SUITE("tally", tests);
