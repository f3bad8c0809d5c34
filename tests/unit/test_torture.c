/* test_torture.c - the messages of RFC 4475 and RFC 5118 through the scanner */
#include "sip/msg.h"

#include <stdio.h>

#include "base/csv.h"
#include "base/err.h"
#include "sip/edit.h"
#include "sip/value.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define N_MESSAGES (49 + 12)
#define ADDED_MAX 512 /* by forwarding */

struct fixture {
	size_t n;
	char data[SIP_MSG_MAX];
	char out[SIP_MSG_MAX];
};

static const struct {
	const char *word;
	int err;
} results[] = {
	{ "ok", 0 },
	{ "syntax", ERR_SYNTAX },
	{ "truncated", ERR_TRUNCATED },
	{ "version", ERR_UNSUPPORTED },
};

static int
result_of(struct str word)
{
	for (size_t i = 0; i < N_ROWS(results); i++) {
		if (str_eq_text(word, results[i].word))
			return results[i].err;
	}
	return ERR_INVAL;
}

static size_t
read_message(struct str name, char *out, size_t cap)
{
	char relative[128], path[512];
	size_t n = 0;
	FILE *file;

	snprintf(relative, sizeof(relative), "tests/torture/%.*s.sip",
		 STR_ARG(name));
	file = fopen(test_file(relative, path, sizeof(path)), "rb");
	if (!CHECK(file != NULL))
		return 0;
	n = fread(out, 1, cap, file);
	fclose(file);
	return n;
}

/* What is passed on is what came, but for a Via, Max-Forwards and received. */
static void
check_forwarded(const struct sip_msg *msg, char *out)
{
	static const struct addr from = { 4, 5060, { 192, 0, 2, 9 } };
	const struct sip_forward forward = {
		.via = str_of("SIP/2.0/UDP p;branch=z9hG4bKx"),
		.from = &from,
	};
	char block[4096];
	struct arena arena;
	struct sip_edit edit;
	struct sip_msg again;
	size_t len;

	arena_init(&arena, block, sizeof(block), 0);
	sip_edit_init(&edit, msg);
	if (msg->is_request)
		sip_edit_forward_request(&edit, &arena, &forward);
	else
		sip_edit_forward_response(&edit, SIP_UDP);
	if (sip_edit_apply(&edit, out, SIP_MSG_MAX, &len) == 0 &&
	    (msg->is_request ||
	     msg->fields[msg->first[SIP_HDR_VIA]].next >= 0)) {
		CHECK(sip_scan(&again, out, len, NULL) == 0);
		CHECK(str_eq(again.body, msg->body));
		CHECK(len <= (size_t)msg->len + ADDED_MAX);
	}
	arena_fini(&arena);
}

static int
check_row(void *arg, const struct csv_row *row)
{
	static struct fixture fixture;
	static char what[128];
	const char *why = NULL;
	struct sip_msg msg;
	size_t len;
	int err;

	if (row->line == 1 || !CHECK(row->n_fields == 9))
		return 0;
	snprintf(what, sizeof(what), "%.*s, %.*s", STR_ARG(row->fields[0]),
		 STR_ARG(row->fields[1]));
	test_row(what);
	len = read_message(row->fields[0], fixture.data, sizeof(fixture.data));
	err = sip_scan(&msg, fixture.data, len, &why);
	CHECK(err == result_of(row->fields[2]));
	CHECK((err == 0) == (why == NULL));
	if (err == 0)
		check_forwarded(&msg, fixture.out);
	test_row(NULL);
	++*(size_t *)arg;
	return 0;
}

static void
each_gets_what_the_table_says(void)
{
	struct csv_error error;
	char path[512];
	size_t n = 0;

	sip_value_setup();
	test_file("tests/torture/messages.csv", path, sizeof(path));
	if (OK(csv_read_file(path, check_row, &n, &error)))
		CHECK(n == N_MESSAGES);
}

static const struct test tests[] = {
	{ "each message gets what the table says",
	  each_gets_what_the_table_says, false },
};

const struct test_suite suite_torture = TEST_SUITE("torture", tests);
