/* test_blocks.c - which block holds, alone and in a snapshot */
#include "route/blocks.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

extern const struct test_suite suite_blocks;

#define ALL BLOCKS_EVERYBODY
#define NONE BLOCKS_NO_CARRIER
#define ANY BLOCKS_ALL_CLASSES

static const struct {
	uint32_t account, carrier, class;
	const char *prefix;
	time_us until;
	bool is_allowed;
} rows[] = {
	{ ALL, NONE, ANY, "88", INT64_MAX, false },
	{ ALL, NONE, ANY, "44", 1000, false },
	{ ALL, NONE, ANY, "4470", INT64_MAX, false },
	{ 1, NONE, ANY, "", INT64_MAX, false },
	{ 1, NONE, ANY, "49", INT64_MAX, true },
	{ 2, NONE, ANY, "88", INT64_MAX, true },
	{ 4, NONE, NUMBER_PREMIUM, "", INT64_MAX, false },
	{ 4, NONE, NUMBER_PREMIUM, "49", INT64_MAX, true },
	{ 4, NONE, ANY, "49", INT64_MAX, false },
	{ ALL, 7, ANY, "33", INT64_MAX, false },
	{ 5, 7, ANY, "33", INT64_MAX, true },
};

static const struct {
	const char *what, *number;
	uint32_t account, carrier;
	enum number_class class;
	time_us at;
	char verdict; /* 'b', 'a' or '-' */
} cases[] = {
	{ "everybody's", "8816512345", 3, NONE, NUMBER_MOBILE, 0, 'b' },
	{ "the account's own before everybody's", "8816512345", 2, NONE,
	  NUMBER_MOBILE, 0, 'a' },
	{ "nobody's call", "8816512345", ALL, NONE, NUMBER_MOBILE, 0, 'b' },
	{ "nothing is said of it", "491234", 3, NONE, NUMBER_MOBILE, 0, '-' },
	{ "not yet expired", "441234", 3, NONE, NUMBER_MOBILE, 999, 'b' },
	{ "expired", "441234", 3, NONE, NUMBER_MOBILE, 1000, '-' },
	{ "a longer one has not", "4470123", 3, NONE, NUMBER_MOBILE, 1000,
	  'b' },
	{ "only what is allowed", "331234", 1, NONE, NUMBER_MOBILE, 0, 'b' },
	{ "which is this", "491234", 1, NONE, NUMBER_MOBILE, 0, 'a' },
	{ "the longest, whoever's", "447012", 1, NONE, NUMBER_MOBILE, 0,
	  'b' },
	{ "a class", "39123", 4, NONE, NUMBER_PREMIUM, 0, 'b' },
	{ "another class", "39123", 4, NONE, NUMBER_MOBILE, 0, '-' },
	{ "the class before all", "49123", 4, NONE, NUMBER_PREMIUM, 0, 'a' },
	{ "all classes", "49123", 4, NONE, NUMBER_MOBILE, 0, 'b' },
	{ "a carrier", "33123", 3, 7, NUMBER_MOBILE, 0, 'b' },
	{ "the account's own carrier", "33123", 5, 7, NUMBER_MOBILE, 0, 'a' },
	{ "another carrier", "33123", 3, 8, NUMBER_MOBILE, 0, '-' },
};

static int
fill(struct blocks *blocks)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && err == 0;
	     i++) {
		struct block block = { .account = rows[i].account,
				       .carrier = rows[i].carrier,
				       .class = rows[i].class,
				       .until = rows[i].until,
				       .is_allowed = rows[i].is_allowed };

		CHECK(prefix_parse(str_of(rows[i].prefix), &block.prefix) ==
		      0);
		err = blocks_add(blocks, &block);
	}
	blocks_finish(blocks);
	return err;
}

static void
test_cases(void)
{
	struct blocks blocks = { .n = 0 };
	struct number number;

	if (!OK(fill(&blocks)))
		goto out;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct block_query query = { cases[i].account, &number,
						   cases[i].class,
						   cases[i].at };
		const struct block *found;

		test_row(cases[i].what);
		CHECK(number_parse(str_of(cases[i].number), &number) == 0);
		found = blocks_find(&blocks, &query, cases[i].carrier);
		CHECK((found == NULL	  ? '-'
		       : found->is_allowed ? 'a'
					   : 'b') == cases[i].verdict);
		if (cases[i].verdict == 'b')
			CHECK(blocks_bar(&blocks, &query, cases[i].carrier));
	}
	test_row(NULL);
out:
	blocks_fini(&blocks);
}

static void
test_loaded(void)
{
	struct route_sample f;
	const struct block *block;
	struct number number;
	struct block_query query = { .number = &number,
				     .class = NUMBER_GEOGRAPHIC,
				     .at = 4 };

	CHECK(number_parse(str_of("442079460000"), &number) == 0);
	if (route_sample_open(&f, "blocks",
			      "INSERT INTO blocks (account, prefix, source,"
			      " valid_until, reason) VALUES ((SELECT id FROM"
			      " accounts WHERE account = 'acme'), '44',"
			      " 'desk', 5, 'fraud')")) {
		query.account = snapshot_account_index(
		    f.snapshot,
		    snapshot_account_by_name(f.snapshot, str_of("acme")));
		block = blocks_find(snapshot_blocks(f.snapshot), &query,
				    BLOCKS_NO_CARRIER);
		CHECK(block != NULL && strcmp(block->source, "desk") == 0 &&
		      strcmp(block->reason, "fraud") == 0);
		query.at = 5;
		CHECK(blocks_find(snapshot_blocks(f.snapshot), &query,
				  BLOCKS_NO_CARRIER) == NULL);
	}
	OK(f.err);
	route_sample_close(&f);
}

static void
test_refused(void)
{
	static const struct {
		const char *name, *sql, *error;
	} bad[] = {
		{ "blocks-prefix", "INSERT INTO blocks (prefix) VALUES ('4x')",
		  "blocks: 4x: prefix is \"4x\", expected up to 15 digits" },
		{ "blocks-verdict",
		  "INSERT INTO blocks (prefix, verdict) VALUES ('4', 'maybe')",
		  "blocks: 4: verdict is \"maybe\", expected blocked or "
		  "allowed" },
		{ "blocks-class",
		  "INSERT INTO blocks (prefix, class) VALUES ('4', 'x')",
		  "blocks: 4: class is \"x\", expected mobile, premium ..." },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct route_sample f;

		test_row(bad[i].sql);
		CHECK(!route_sample_open(&f, bad[i].name, bad[i].sql));
		CHECK(f.err == ERR_INVAL &&
		      strcmp(f.error, bad[i].error) == 0);
		route_sample_close(&f);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "the longest prefix in force holds, the nearest row of it",
	  test_cases, false },
	{ "blocks have an owner, an end and a source", test_loaded, false },
	{ "what cannot be read is refused", test_refused, false },
};
const struct test_suite suite_blocks = TEST_SUITE("blocks", tests);
