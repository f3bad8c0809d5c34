/* test_trip_attrs.c - interned sets of attributes */
#include "trip/attrs.h"

#include "base/err.h"
#include "tests/unit/trip_help.h"

static const char hop[] = "\0\0\1\54\0\5a.net";

static void
fill(struct trip_draft *draft)
{
	trip_draft_init(draft);
	CHECK(trip_draft_set(draft, 0xF0, 99, str_of("xy")));
	CHECK(trip_draft_set_u32(draft, TRIP_LOCAL_PREFERENCE, 7));
	CHECK(trip_draft_set(draft, 0, TRIP_NEXT_HOP,
			     str_make(hop, sizeof(hop) - 1)));
}

static void
test_interning(void)
{
	static struct trip_draft draft, copy;
	struct trip_attrs_table table;
	struct trip_attrs *a = NULL, *b = NULL, *c = NULL;
	struct str server;

	if (!OK(trip_attrs_table_init(&table)))
		return;
	fill(&draft);
	if (!OK(trip_attrs_get(&table, &draft, &a)))
		goto out;
	trip_draft_copy(&copy, a);
	if (OK(trip_attrs_get(&table, &copy, &b)))
		CHECK(a == b && a->refs == 2);
	trip_draft_remove(&copy, 99);
	trip_draft_remove(&copy, 98);
	if (OK(trip_attrs_get(&table, &copy, &c)))
		CHECK(c != a && c->len < a->len);
	CHECK(trip_attrs_next_hop(a, &server) == 300);
	CHECK(str_eq_text(server, "a.net"));
	CHECK(trip_attrs_u32(a, TRIP_LOCAL_PREFERENCE, 1) == 7);
	CHECK(trip_attrs_u32(a, TRIP_MULTI_EXIT_DISC, 1) == 1);
	CHECK(!trip_attrs_have(a, TRIP_CARRIER));
	CHECK(trip_is_bytes(a->bytes, a->len,
			    "00 03 000B 0000012C 0005 'a.net'"
			    "00 07 0004 00000007 F0 63 0002 'xy'"));
out:
	trip_attrs_unref(c);
	trip_attrs_unref(b);
	trip_attrs_unref(a);
	trip_attrs_table_fini(&table);
}

static void
test_drafts(void)
{
	static struct trip_draft draft;
	static char big[3000];
	struct trip_attrs_table table;
	struct trip_attrs *attrs;
	struct trip_attr attr;
	struct wbuf w;

	fill(&draft);
	CHECK(draft.n == 3 && draft.attrs[0].type == TRIP_NEXT_HOP);
	CHECK(trip_draft_set_u32(&draft, TRIP_LOCAL_PREFERENCE, 8));
	CHECK(draft.n == 3);
	CHECK(trip_draft_get(&draft, TRIP_LOCAL_PREFERENCE).p[3] == 8);
	CHECK(trip_draft_get(&draft, TRIP_CARRIER).p == NULL);
	/* known types have their own flags, but Partial stays */
	CHECK(trip_draft_set(&draft, 0x10, TRIP_COMMUNITIES, str_of("")));
	CHECK(draft.attrs[2].flags == 0xD0);
	CHECK(trip_draft_set(&draft, 0x7F, TRIP_ATOMIC_AGGREGATE, str_of("")));
	CHECK(draft.attrs[1].flags == 0);
	w = trip_draft_scratch(&draft);
	wbuf_bytes(&w, big, sizeof(big));
	CHECK(trip_draft_set_written(&draft, TRIP_CARRIER, &w));
	if (!OK(trip_attrs_table_init(&table)))
		return;
	CHECK(trip_draft_set(&draft, 0x80, 250, str_make(big, sizeof(big))));
	CHECK(trip_attrs_get(&table, &draft, &attrs) == ERR_SPACE);
	trip_draft_init(&draft);
	if (OK(trip_attrs_get(&table, &draft, &attrs))) {
		size_t at = 0;

		CHECK(attrs->len == 0 && !trip_attrs_next(attrs, &at, &attr));
		trip_attrs_unref(attrs);
	}
	trip_attrs_table_fini(&table);
}

static const struct test tests[] = {
	{ "equal sets are one", test_interning, false },
	{ "drafts stay in order", test_drafts, false },
};

const struct test_suite suite_trip_attrs = TEST_SUITE("trip_attrs", tests);
