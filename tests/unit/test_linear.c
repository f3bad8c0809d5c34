/* test_linear.c - hostile bytes cost time in proportion to their number */
#include <stdint.h>
#include <time.h>

#include "sip/edit.h"
#include "sip/frame.h"
#include "sip/msg.h"
#include "sip/value.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define SMALL 16000
#define LARGE (4 * SMALL)
#define RATIO_MAX 8 /* of CPU time; 4 is proportional, 16 quadratic */
#define PIECE ((size_t)7)
#define RUNS 5
#define REPEATS 8
#define LOOKS_MAX 10 /* on a machine that others use */

/* A message whose last row is begin, then unit again and again, then end. */
struct shape {
	const char *what, *begin, *unit, *end;
};

static const struct shape shapes[] = {
	{ "colons", "X: ", ":", "" },
	{ "folds", "X: a", "\r\n ", "b" },
	{ "folds only", "X:", "\r\n ", "" },
	{ "white space", "X: a", " ", "" },
	{ "short headers", "", "x:\r\n", "x:" },
	{ "rows that are none", "", "x\r\n", "x:" },
	{ "rows that may be Call-IDs", "", "c\r\n", "x:" },
	{ "commas", "X: a", ",", "b" },
	{ "name-addrs", "X: <sip:a@h>", ",<sip:a@h>", "" },
	{ "addr-specs", "X: sip:a@h", ",sip:a@h", "" },
	{ "quotes", "X: ", "\"", "" },
	{ "quoted commas", "X: ", "\",\",", "x" },
	{ "backslashes in quotes", "X: \"", "\\\"", "\"" },
	{ "an open quote of backslashes", "X: \"", "\\", "" },
	{ "quoted control characters", "X: \"", "\\\x01", "\"" },
	{ "bare control characters", "X: ", "\x01", "" },
	{ "parentheses", "X: ", "(", "" },
	{ "opening brackets", "X: ", "<", "" },
	{ "opening brackets and commas", "X: ", "<,", "" },
	{ "bracket pairs", "X: ", "<>,", "" },
	{ "parameters", "X: <sip:a@h>", ";a=b", "" },
	{ "parameters of a URI", "X: <sip:a@h", ";a=b", ">" },
	{ "semicolons", "X: <sip:a@h>", ";", "" },
	{ "digits", "CSeq: 1", "0", " INVITE" },
	{ "a long name", "X", "x", ": a" },
	{ "zeros of Content-Length", "l: ", "0", "" },
	{ "carriage returns", "X: ", "\r", "" },
	{ "a long Via", "v: SIP/2.0/UDP h", ";a", "" },
	{ "Routes in one row", "Route: <sip:a@h;lr>", ",<sip:a@h;lr>", "" },
	{ "rows of Routes", "", "Route: <sip:a;lr>\r\n", "x:" },
	{ "rows of Record-Routes", "", "Record-Route: <sip:a;lr>\r\n", "x:" },
	{ "rows of Vias", "", "v: SIP/2.0/UDP h\r\n", "x:" },
	{ "empty lines", "", "\r\n\r\n", "" },
	{ "digits of Content-Length", "l: 4", "4", "" },
	{ "Content-Lengths", "", "l: 0\r\n", "x:" },
	{ "Via values", "v: SIP/2.0/UDP h", ",SIP/2.0/UDP h", "" },
};

static size_t
make(const struct shape *shape, char *out, size_t size)
{
	size_t unit = strlen(shape->unit);
	size_t len = strlen(COMPLETE);

	memcpy(out, COMPLETE, len);
	memcpy(out + len, shape->begin, strlen(shape->begin));
	len += strlen(shape->begin);
	for (; len + unit + 16 < size; len += unit)
		memcpy(out + len, shape->unit, unit);
	memcpy(out + len, shape->end, strlen(shape->end));
	len += strlen(shape->end);
	memcpy(out + len, "\r\n\r\n", 4);
	return len + 4;
}

/* Walk a value as a list in every way there is. */
static void
walk(struct str value, struct arena *arena)
{
	struct sip_name_addr name_addr;
	struct sip_via via;
	struct str rest = value;

	(void)sip_tag(value);
	while (rest.len > 0) {
		size_t n = sip_list_first_len(rest);

		n += n < rest.len;
		rest = str_make(rest.p + n, rest.len - n);
	}
	for (rest = value; rest.p != NULL; arena_reset(arena)) {
		if (sip_name_addr_parse(arena, rest, &name_addr, &rest) != 0)
			break;
	}
	for (rest = value; rest.p != NULL; arena_reset(arena)) {
		if (sip_via_parse(arena, rest, &via, &rest) != 0)
			break;
	}
}

/* As a stream, a few octets at a time, to the last one: else it would depend on
 * the size whether the end is seen, and the rows are walked. */
static void
frame(const char *text, size_t len)
{
	struct sip_frame state = { 0, 0 };
	enum sip_frame_kind kind;
	size_t used, at = 0, end = 0;
	const char *why;

	while (end < len) {
		end += len - end < PIECE ? len - end : PIECE;
		if (sip_frame_next(&state, text + at, end - at, SIP_MSG_MAX,
				   &kind, &used, &why) != 0)
			return;
		at += used;
	}
}

/* On its way through a proxy, without the Routes that led there. */
static void
forward(const struct sip_msg *msg, struct arena *arena)
{
	static char out[SIP_MSG_MAX];
	const struct sip_forward steps = {
		.via = str_of("SIP/2.0/UDP p;branch=z9hG4bK1"),
		.record_route = str_of("<sip:p;lr>"),
		.n_pop_routes = 2,
	};
	struct sip_edit edit;
	size_t len;

	sip_edit_init(&edit, msg);
	sip_edit_forward_request(&edit, arena, &steps);
	(void)sip_edit_apply(&edit, out, sizeof(out), &len);
	arena_reset(arena);
}

static void
work(const char *text, size_t len)
{
	_Alignas(16) char space[16384];
	struct arena arena;
	struct sip_msg msg;

	arena_init(&arena, space, sizeof(space), 0);
	(void)sip_scan(&msg, text, len, NULL);
	(void)sip_find_call_id(text, len);
	frame(text, len);
	if (msg.is_request && msg.n_fields > 0)
		forward(&msg, &arena);
	if (msg.n_fields > 0)
		walk(sip_field_value(&msg, &msg.fields[msg.n_fields - 1]),
		     &arena);
	walk(str_make(text, len), &arena);
	arena_fini(&arena);
}

static int64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t
lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The least of some runs, as other programs can only make it longer. */
static int64_t
cost_ns(const char *text, size_t len)
{
	int64_t least = INT64_MAX;

	for (int run = 0; run < RUNS; run++) {
		int64_t start = cpu_ns();
		int64_t cost;

		for (int i = 0; i < REPEATS; i++)
			work(text, len);
		cost = cpu_ns() - start;
		least = lesser(cost, least);
	}
	return least;
}

/* Looked at again while it seems too much: what is too much always is. */
static bool
is_in_proportion(const struct shape *shape)
{
	static char text[LARGE];
	int64_t small = INT64_MAX, large = INT64_MAX;

	for (int look = 0; look < LOOKS_MAX; look++) {
		small = lesser(small,
			       cost_ns(text, make(shape, text, SMALL)));
		large = lesser(large,
			       cost_ns(text, make(shape, text, LARGE)));
		if (large <= RATIO_MAX * small)
			return true;
	}
	return false;
}

static void
four_times_the_bytes_are_not_eight_times_the_time(void)
{
	sip_value_setup();
	for (size_t i = 0; i < N_ROWS(shapes); i++) {
		test_row(shapes[i].what);
		CHECK(is_in_proportion(&shapes[i]));
	}
}

static const struct test tests[] = {
	{ "four times the bytes are not eight times the time",
	  four_times_the_bytes_are_not_eight_times_the_time, true },
};

const struct test_suite suite_linear = TEST_SUITE("linear", tests);
