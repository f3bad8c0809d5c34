/* test_event.c - events to bytes and back, and bytes that are no events */
#include "acct/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_random.h"

#define SETUP INT64_C(1795417200000000)
#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static const enum event_type types[] = { EVENT_ATTEMPT, EVENT_START,
					 EVENT_REFRESH, EVENT_STOP,
					 EVENT_FAIL };

/* Not in an event: made when it is read, or by cdr-rate. */
static bool
is_stored(const struct cdr_field *field)
{
	static const char *const derived[] = {
		"call_key",   "duration_us",  "sell_tariff", "sell_prefix",
		"sell_rate",  "sell_seconds", "sell_amount", "sell_currency",
		"buy_tariff", "buy_prefix",   "buy_rate",    "buy_seconds",
		"buy_amount", "buy_currency", "margin",      "destination",
		"rating_run", "rating_note", "anomaly",
	};

	for (size_t i = 0; i < N_ROWS(derived); i++) {
		if (strcmp(derived[i], field->name) == 0)
			return false;
	}
	return true;
}

static void
fields_of(struct event *event, void **record, const struct cdr_field **fields,
	  size_t *n)
{
	bool is_attempt = event->type == EVENT_ATTEMPT;

	*record = is_attempt ? (void *)&event->attempt : (void *)&event->cdr;
	*fields = is_attempt ? cdr_attempt_fields : cdr_fields;
	*n = is_attempt ? n_cdr_attempt_fields : n_cdr_fields;
}

static void
set_text(void *record, const struct cdr_field *field, const char *text)
{
	memcpy((char *)record + field->offset, &text, sizeof(text));
}

/* Each text is its field's name, each number another one. */
static void
fill(struct event *event)
{
	const struct cdr_field *fields;
	void *record;
	size_t n;

	fields_of(event, &record, &fields, &n);
	for (size_t i = 0; i < n; i++) {
		int64_t number = SETUP + (int64_t)i;

		if (fields[i].type == CDR_TEXT)
			set_text(record, &fields[i], fields[i].name);
		else
			memcpy((char *)record + fields[i].offset, &number,
			       sizeof(number));
	}
}

/* Identity only. */
static void
fill_least(struct event *event)
{
	event->cdr.call_id = event->attempt.call_id = "a84b4c76e66710";
	event->cdr.from_tag = event->attempt.from_tag = "1928301774";
	event->cdr.setup_time = event->attempt.setup_time = SETUP;
	event->attempt.hop = 1;
	if (event->type == EVENT_STOP || event->type == EVENT_FAIL)
		event->cdr.end_time = SETUP + 1;
}

static size_t
encode(const struct event *event, uint8_t bytes[EVENT_MAX])
{
	struct wbuf w;

	wbuf_init(&w, bytes, EVENT_MAX);
	event_encode(&w, event);
	OK(w.err);
	return w.len;
}

/* Decoding needs bytes of exactly len, so that the sanitizer sees a read
 * behind them. */
static int
decode(struct arena *arena, const uint8_t *bytes, size_t len, struct event *out)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);
	struct event_keys *keys = NULL;
	int err;

	if (exact == NULL)
		return ERR_NOMEM;
	memcpy(exact, bytes, len);
	err = event_keys_new(&keys);
	if (err == 0)
		err = event_decode(arena, exact, len, out);
	if (err == 0)
		err = event_identify(arena, keys, out);
	event_keys_free(keys);
	free(exact);
	return err;
}

static void
check_same(struct event *a, struct event *b)
{
	const struct cdr_field *fields;
	void *ra, *rb;
	size_t n;

	fields_of(a, &ra, &fields, &n);
	fields_of(b, &rb, &fields, &n);
	for (size_t i = 0; i < n; i++) {
		const struct cdr_field *f = &fields[i];

		test_row(f->name);
		if (strcmp(f->name, "call_key") == 0)
			CHECK(strlen(cdr_text(rb, f)) == CALL_KEY_LEN);
		else if (!is_stored(f))
			CHECK(f->type == CDR_TEXT
				  ? cdr_text(rb, f) == NULL
				  : cdr_number(rb, f) == CDR_NONE);
		else if (f->type == CDR_TEXT)
			CHECK(cdr_text(rb, f) != NULL &&
			      strcmp(cdr_text(ra, f), cdr_text(rb, f)) == 0);
		else
			CHECK(cdr_number(ra, f) == cdr_number(rb, f));
	}
}

static void
test_round_trip(void)
{
	for (size_t i = 0; i < N_ROWS(types); i++) {
		struct event event, back;
		uint8_t bytes[EVENT_MAX];
		struct arena arena;
		size_t len;

		event_init(&event, types[i]);
		fill(&event);
		len = encode(&event, bytes);
		arena_init(&arena, NULL, 0, 0);
		if (OK(decode(&arena, bytes, len, &back))) {
			CHECK(back.type == types[i]);
			check_same(&event, &back);
		}
		arena_fini(&arena);
	}
}

/* The field of that name; NULL when a call has none. */
static const struct cdr_field *
call_field(const char *name)
{
	static const char *const shared[] = { "setup_time", "call_id",
					      "from_tag", "node", "hop",
					      "carrier", "gateway",
					      "route_source" };

	for (size_t i = 0; i < N_ROWS(shared); i++) {
		for (size_t k = 0; k < n_cdr_fields; k++) {
			if (strcmp(name, shared[i]) == 0 &&
			    strcmp(name, cdr_fields[k].name) == 0)
				return &cdr_fields[k];
		}
	}
	return NULL;
}

/* An attempt in its START: what both have comes from the call. */
static void
check_attempt(struct event *told, struct event *back)
{
	for (size_t i = 0; i < n_cdr_attempt_fields; i++) {
		const struct cdr_field *f = &cdr_attempt_fields[i];
		const struct cdr_field *in_call = call_field(f->name);
		const void *from = in_call != NULL ? (void *)&told->cdr
						   : (void *)&told->attempt;

		test_row(f->name);
		if (in_call == NULL)
			in_call = f;
		if (strcmp(f->name, "call_key") == 0)
			CHECK(cdr_text(&back->attempt, f) == back->cdr.call_key);
		else if (f->type == CDR_TEXT)
			CHECK(cdr_text(&back->attempt, f) != NULL &&
			      strcmp(cdr_text(&back->attempt, f),
				     cdr_text(from, in_call)) == 0);
		else
			CHECK(cdr_number(&back->attempt, f) ==
			      cdr_number(from, in_call));
	}
	test_row(NULL);
}

static void
test_start_with_attempt(void)
{
	struct event event, back, alone;
	uint8_t bytes[EVENT_MAX];
	struct arena arena;
	size_t len;

	event_init(&alone, EVENT_ATTEMPT);
	fill(&alone);
	event_init(&event, EVENT_START);
	fill(&event);
	event_add_attempt(&event);
	event.attempt = alone.attempt;
	arena_init(&arena, NULL, 0, 0);
	len = encode(&event, bytes);
	if (OK(decode(&arena, bytes, len, &back))) {
		CHECK(back.type == EVENT_START && back.has_attempt);
		check_same(&event, &back);
		check_attempt(&event, &back);
	}
	event.attempt.sip_code = CDR_NONE;
	len = encode(&event, bytes);
	if (OK(decode(&arena, bytes, len, &back)))
		CHECK(back.attempt.sip_code == event.cdr.sip_code);
	/* Of what is no START nothing of it is written. */
	event.type = EVENT_REFRESH;
	event.has_attempt = false;
	len = encode(&event, bytes);
	if (OK(decode(&arena, bytes, len, &back)))
		CHECK(!back.has_attempt);
	/* An attempt has a number. */
	event.type = EVENT_START;
	event.has_attempt = true;
	event.cdr.hop = CDR_NONE;
	len = encode(&event, bytes);
	CHECK(decode(&arena, bytes, len, &back) == ERR_SYNTAX);
	event.has_attempt = false;
	len = encode(&event, bytes);
	if (OK(decode(&arena, bytes, len, &back)))
		CHECK(!back.has_attempt);
	arena_fini(&arena);
}

static void
test_unknown_stays_unknown(void)
{
	struct event event, back;
	uint8_t bytes[EVENT_MAX];
	struct arena arena;
	size_t len;

	event_init(&event, EVENT_START);
	fill_least(&event);
	event.cdr.to_tag = "";
	len = encode(&event, bytes);
	arena_init(&arena, NULL, 0, 0);
	if (OK(decode(&arena, bytes, len, &back))) {
		CHECK(back.cdr.to_tag != NULL && back.cdr.to_tag[0] == '\0');
		CHECK(back.cdr.reason == NULL && back.cdr.node == NULL);
		CHECK(back.cdr.answer_time == CDR_NONE);
		CHECK(back.cdr.sip_code == CDR_NONE);
	}
	arena_fini(&arena);
}

/* A STOP as the first release wrote it: ids and format never change. */
static const uint8_t old_stop[] = {
	4,  1,                                            /* STOP, format 1 */
	1,  0, 1, 'c',                                    /* call_id */
	2,  0, 1, 'f',                                    /* from_tag */
	3,  0, 1, 't',                                    /* to_tag */
	4,  0, 8, 0,   6,   96,  236, 36,  109, 252, 0,   /* setup_time */
	21, 0, 8, 0,   6,   96,  236, 36,  109, 252, 9,   /* end_time */
	23, 0, 6, 'c', 'a', 'l', 'l', 'e', 'r',           /* end_source */
	25, 0, 8, 0,   0,   0,   0,   0,   0,   0,   200, /* sip_code */
};

static void
test_old_bytes(void)
{
	struct event event, back;
	uint8_t bytes[EVENT_MAX];
	struct arena arena;

	event_init(&event, EVENT_STOP);
	event.cdr.call_id = "c";
	event.cdr.from_tag = "f";
	event.cdr.to_tag = "t";
	event.cdr.setup_time = SETUP;
	event.cdr.end_time = SETUP + 9;
	event.cdr.end_source = "caller";
	event.cdr.sip_code = 200;
	if (CHECK(encode(&event, bytes) == sizeof(old_stop)))
		CHECK(memcmp(bytes, old_stop, sizeof(old_stop)) == 0);
	arena_init(&arena, NULL, 0, 0);
	if (OK(decode(&arena, old_stop, sizeof(old_stop), &back))) {
		CHECK(back.cdr.end_time == SETUP + 9);
		CHECK(strcmp(back.cdr.call_key,
			     "b677725f3243c9509ea50cbfa77441e6") == 0);
	}
	arena_fini(&arena);
}

static void
test_truncated(void)
{
	struct event event, back;
	uint8_t bytes[EVENT_MAX];
	struct arena arena;
	size_t n_truncated = 0, len;

	event_init(&event, EVENT_ATTEMPT);
	fill(&event);
	len = encode(&event, bytes);
	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < len; i++) {
		int err = decode(&arena, bytes, i, &back);

		/* Between two fields it is whole, once hop is in it. */
		CHECK(err == ERR_TRUNCATED || err == ERR_SYNTAX || err == 0);
		n_truncated += err == ERR_TRUNCATED;
	}
	/* Whole are: no field, the first, the first two ... but not all. */
	CHECK(n_truncated == len - (n_cdr_attempt_fields - 1));
	arena_fini(&arena);
}

#define ID "\1\0\1c\2\0\1f\4\0\10\0\6\x60\xec\x24\x6d\xfc\0"
static const struct {
	const char *what, *bytes;
	size_t len;
	int expected;
} refused[] = {
#define ROW(what, bytes, expected)                       \
	{                                                \
		what, bytes, sizeof(bytes) - 1, expected \
	}
	ROW("nothing", "", ERR_TRUNCATED),
	ROW("only a type", "\2", ERR_TRUNCATED),
	ROW("type 0", "\0\1" ID, ERR_UNSUPPORTED),
	ROW("type 6", "\6\1" ID, ERR_UNSUPPORTED),
	ROW("format 0", "\2\0" ID, ERR_UNSUPPORTED),
	ROW("format 2", "\2\2" ID, ERR_UNSUPPORTED),
	ROW("the least there can be", "\2\1" ID, 0),
	ROW("an unknown id", "\2\1" ID "\377\0\3abc", 0),
	ROW("id 0", "\2\1" ID "\0\0\0", 0),
	ROW("a field of attempts in a start", "\2\1" ID "\35\0\1x", 0),
	ROW("no call_id", "\2\1\2\0\1f\4\0\10\0\6\x60\xec\x24\x6d\xfc\0",
	    ERR_SYNTAX),
	ROW("no from_tag", "\2\1\1\0\1c\4\0\10\0\6\x60\xec\x24\x6d\xfc\0",
	    ERR_SYNTAX),
	ROW("no setup_time", "\2\1\1\0\1c\2\0\1f", ERR_SYNTAX),
	ROW("an attempt without hop", "\1\1" ID, ERR_SYNTAX),
	ROW("an attempt with hop", "\1\1" ID "\20\0\10\0\0\0\0\0\0\0\1", 0),
	ROW("a number of 7 bytes", "\2\1" ID "\6\0\7\0\0\0\0\0\0\1",
	    ERR_SYNTAX),
	ROW("a number of 9 bytes", "\2\1" ID "\6\0\11\0\0\0\0\0\0\0\0\1",
	    ERR_SYNTAX),
	ROW("the number that means unknown",
	    "\2\1" ID "\6\0\10\x80\0\0\0\0\0\0\0", ERR_SYNTAX),
	ROW("a stop without end_time", "\4\1" ID, ERR_SYNTAX),
	ROW("a fail without end_time", "\5\1" ID, ERR_SYNTAX),
	ROW("NUL in a text", "\2\1" ID "\5\0\3a\0b", ERR_SYNTAX),
	ROW("a control character", "\2\1" ID "\5\0\3a\x1f_", ERR_SYNTAX),
	ROW("DEL", "\2\1" ID "\5\0\3a\x7f_", ERR_SYNTAX),
	ROW("a text twice", "\2\1" ID "\5\0\1a\5\0\1a", ERR_SYNTAX),
	ROW("a number twice", "\2\1" ID "\4\0\10\0\6\x60\xec\x24\x6d\xfc\0",
	    ERR_SYNTAX),
	ROW("a length without bytes", "\2\1" ID "\5\0\1", ERR_TRUNCATED),
	ROW("half a length", "\2\1" ID "\5\0", ERR_TRUNCATED),
#undef ROW
};
#undef ID

static void
test_refused(void)
{
	struct event back;
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < N_ROWS(refused); i++) {
		test_row(refused[i].what);
		CHECK(decode(&arena, (const uint8_t *)refused[i].bytes,
			     refused[i].len, &back) == refused[i].expected);
	}
	arena_fini(&arena);
}

static void
test_control_characters(void)
{
	struct event event, back;
	uint8_t bytes[EVENT_MAX];
	struct arena arena;
	size_t len;

	event_init(&event, EVENT_FAIL);
	fill_least(&event);
	event.cdr.reason = "a\r\nb\x01\x1f\x7f \xc3\xa9\xff~";
	len = encode(&event, bytes);
	arena_init(&arena, NULL, 0, 0);
	if (OK(decode(&arena, bytes, len, &back)))
		CHECK(strcmp(back.cdr.reason, "a??b??? \xc3\xa9\xff~") == 0);
	arena_fini(&arena);
}

/* Texts of 2,047 'x' and more, then what is given. */
static void
test_cut(void)
{
	static const struct {
		const char *what, *end;
		size_t fill, expected;
	} rows[] = {
		{ "just fits", "", 2048, 2048 },
		{ "one too many", "", 2049, 2048 },
		{ "a character across the edge", "\xc3\xa9", 2047, 2047 },
		{ "a character before the edge", "\xc3\xa9z", 2046, 2048 },
		{ "three bytes across", "\xe2\x82\xac", 2046, 2046 },
		{ "four bytes across", "\xf0\x9f\x98\x80", 2045, 2045 },
		{ "not UTF-8", "\x80\x80\x80\x80\x80\x80\x80", 2044, 2045 },
	};
	struct event event, back;
	uint8_t bytes[EVENT_MAX];
	struct arena arena;
	char text[3000];

	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		size_t len;

		test_row(rows[i].what);
		memset(text, 'x', rows[i].fill);
		strcpy(text + rows[i].fill, rows[i].end);
		event_init(&event, EVENT_FAIL);
		fill_least(&event);
		event.cdr.caller = text;
		len = encode(&event, bytes);
		if (!OK(decode(&arena, bytes, len, &back)))
			break;
		CHECK(strlen(back.cdr.caller) == rows[i].expected);
		CHECK(strncmp(back.cdr.caller, text, rows[i].expected) == 0);
	}
	arena_fini(&arena);
}

static void
test_identity_is_whole(void)
{
	static char text[10001], huge[70000];
	struct event event, back;
	uint8_t bytes[EVENT_MAX];
	struct arena arena;
	struct wbuf w;
	size_t len;

	memset(text, 'i', sizeof(text) - 1);
	memset(huge, 'i', sizeof(huge) - 1);
	event_init(&event, EVENT_STOP);
	fill_least(&event);
	event.cdr.call_id = event.cdr.from_tag = event.cdr.to_tag = text;
	len = encode(&event, bytes);
	arena_init(&arena, NULL, 0, 0);
	if (OK(decode(&arena, bytes, len, &back))) {
		CHECK(strcmp(back.cdr.call_id, text) == 0);
		CHECK(strcmp(back.cdr.from_tag, text) == 0);
		CHECK(strcmp(back.cdr.to_tag, text) == 0);
	}
	arena_fini(&arena);
	event.cdr.call_id = huge;
	wbuf_init(&w, bytes, sizeof(bytes));
	event_encode(&w, &event);
	CHECK(w.err == ERR_SPACE);
}

/* Seeded bytes, whole and as damaged events: no crash, and what decodes has
 * its identity. */
static void
test_any_bytes(void)
{
	uint64_t seed = 20261123;
	struct event event, back;
	uint8_t good[EVENT_MAX], bytes[EVENT_MAX];
	struct arena arena;
	size_t n_good = 0, len;

	event_init(&event, EVENT_START);
	fill(&event);
	len = encode(&event, good);
	arena_init(&arena, NULL, 0, 0);
	for (int i = 0; i < 20000; i++) {
		size_t at = (size_t)random_below(&seed, (int64_t)len);

		memcpy(bytes, good, len);
		for (int k = 0; k < 1 + i % 4; k++)
			bytes[(at + (size_t)random_below(&seed, 40)) % len] =
			    (uint8_t)random_next(&seed);
		if (decode(&arena, bytes, len, &back) == 0) {
			n_good++;
			if (back.type != EVENT_ATTEMPT)
				CHECK(back.cdr.call_id != NULL &&
				      back.cdr.call_key != NULL);
		}
		arena_reset(&arena);
	}
	CHECK(n_good > 1000); /* not all damage shows: that is the CRC's work */
	arena_fini(&arena);
}

static void
test_call_key(void)
{
	static const struct {
		const char *what, *call_id, *from_tag;
		time_us setup;
		bool same;
	} rows[] = {
		{ "the same", "call", "from", SETUP, true },
		{ "another Call-ID", "cell", "from", SETUP, false },
		{ "another tag", "call", "form", SETUP, false },
		{ "another time", "call", "from", SETUP + 1, false },
		{ "an octet moved", "callf", "rom", SETUP, false },
	};
	char key[CALL_KEY_LEN + 1], other[CALL_KEY_LEN + 1];
	char text[1001];

	if (!OK(event_call_key(str_of("call"), str_of("from"), SETUP, key)))
		return;
	CHECK(strspn(key, "0123456789abcdef") == CALL_KEY_LEN);
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		if (!OK(event_call_key(str_of(rows[i].call_id),
				       str_of(rows[i].from_tag), rows[i].setup,
				       other)))
			return;
		CHECK((strcmp(key, other) == 0) == rows[i].same);
	}
	memset(text, 'x', 1000);
	text[1000] = '\0';
	if (OK(event_call_key(str_of(text), str_of("f"), 1, key)))
		CHECK(strcmp(key, "f68416bca97f19953e4058c5f7a8bc99") == 0);
}

/* One after the other of the same keys: the one kept must be its own. */
static void
test_many_call_keys(void)
{
	static const struct {
		const char *what, *call_id, *from_tag;
		time_us setup;
	} rows[] = {
		{ "the first", "call", "from", SETUP },
		{ "again", "call", "from", SETUP },
		{ "another Call-ID", "cell", "from", SETUP },
		{ "another time", "cell", "from", SETUP + 1 },
		{ "an octet moved", "cellf", "rom", SETUP + 1 },
		{ "more than is kept", NULL, "rom", SETUP + 1 },
		{ "the one before", "cellf", "rom", SETUP + 1 },
	};
	struct event_keys *keys = NULL;
	char key[CALL_KEY_LEN + 1], text[1001];
	static uint8_t bytes[EVENT_MAX];
	struct event event, back;
	struct arena arena;

	memset(text, 'x', 1000);
	text[1000] = '\0';
	arena_init(&arena, NULL, 0, 0);
	if (!OK(event_keys_new(&keys)))
		goto out;
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		const char *id = rows[i].call_id ? rows[i].call_id : text;

		test_row(rows[i].what);
		event_init(&event, EVENT_START);
		event.cdr.call_id = id;
		event.cdr.from_tag = rows[i].from_tag;
		event.cdr.setup_time = rows[i].setup;
		if (OK(event_decode(&arena, bytes, encode(&event, bytes),
				    &back)) &&
		    OK(event_identify(&arena, keys, &back)) &&
		    OK(event_call_key(str_of(id), str_of(rows[i].from_tag),
				      rows[i].setup, key)))
			CHECK(strcmp(back.cdr.call_key, key) == 0);
	}
out:
	event_keys_free(keys);
	arena_fini(&arena);
}

/* A word at a time or not: each place of each text is looked at. */
static void
test_control_characters_anywhere(void)
{
	static const char odd[] = { 1, 0x1f, 0x7f };
	static uint8_t bytes[EVENT_MAX];
	char text[21], expected[21];
	struct event event, back;
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < 20 * 20 * sizeof(odd); i++) {
		size_t len = i % 20 + 1, at = i / 20 / sizeof(odd);

		if (at >= len)
			continue;
		memset(text, i % 7 < 4 ? ' ' : '\xfe', len);
		text[len] = '\0';
		memcpy(expected, text, sizeof(text));
		text[at] = odd[i / 20 % sizeof(odd)];
		expected[at] = '?';
		event_init(&event, EVENT_START);
		fill_least(&event);
		event.cdr.reason = text;
		if (OK(decode(&arena, bytes, encode(&event, bytes), &back)))
			CHECK(strcmp(back.cdr.reason, expected) == 0);
	}
	arena_fini(&arena);
}

static void
test_names(void)
{
	static const char *const names[] = { "attempt", "start", "refresh",
					     "stop", "fail" };

	for (size_t i = 0; i < N_ROWS(types); i++)
		CHECK(strcmp(event_type_text(types[i]), names[i]) == 0);
}

static const struct test tests[] = {
	{ "every stored field comes back", test_round_trip, false },
	{ "a START may have its attempt", test_start_with_attempt, false },
	{ "what is not known stays so", test_unknown_stays_unknown, false },
	{ "the bytes of the first release still hold", test_old_bytes, false },
	{ "an event cut anywhere is noticed", test_truncated, false },
	{ "what is no event is refused", test_refused, false },
	{ "control characters become question marks", test_control_characters,
	  false },
	{ "long texts are cut between characters", test_cut, false },
	{ "Call-ID and tags are never cut", test_identity_is_whole, false },
	{ "any bytes are survived", test_any_bytes, true },
	{ "the call key names exactly one call", test_call_key, false },
	{ "of many events each has its key", test_many_call_keys, false },
	{ "control characters are found anywhere",
	  test_control_characters_anywhere, true },
	{ "types have names", test_names, true },
};

const struct test_suite suite_event = TEST_SUITE("event", tests);
