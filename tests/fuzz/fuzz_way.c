/*
 * fuzz_way.c - what the daemon reads of Route, Record-Route, Contact and Reason
 *
 * The input is a message. What it says of the way of a call is taken from it
 * in every manner, whatever kind of message it is.
 */
#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/caller_from.h"
#include "lcrproxy/records.h"
#include "lcrproxy/way.h"
#include "tests/fuzz/fuzz.h"

static const char token[TOKEN_LEN + 1] =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v";

static const struct hash_key key = { 1, 2 };

static void
read_next_hop(struct arena *arena, const struct sip_msg *msg)
{
	struct str value = sip_value(msg, SIP_HDR_ROUTE);
	struct sip_name_addr route;
	static const struct listeners none = { 0 };
	struct way_next next;
	int err;

	if (value.p == NULL || !msg->is_request ||
	    sip_name_addr_parse(arena, value, &route, NULL) != 0)
		return;
	err = way_next_hop(arena, &none, msg, &route, NULL, &next);
	assert(err == 0 || err == ERR_SYNTAX || err == ERR_LIMIT);
	assert(err != 0 || next.n_own == 1 || next.n_own == 2);
}

static void
read_answer(struct arena *arena, const struct sip_msg *msg)
{
	struct live_way way = { .is_fixed = false };

	way_of_answer(arena, &key, msg, token, &way);
	assert(!way.is_fixed || msg->first[SIP_HDR_RECORD_ROUTE] >= 0);
	way_refresh(arena, &key, msg, &way);
	assert(way.callee.family == 0 || way.callee.port != 0);
}

static void
read_reason(const struct sip_msg *msg)
{
	int cause = record_q850(msg);

	assert(cause >= 0 && cause <= 127);
}

/* Whatever stands in a Route, no more than a From comes of it. */
static void
read_from(struct arena *arena, const struct sip_msg *msg)
{
	static char out[SIP_MSG_MAX];
	struct from_change change;
	struct sip_edit edit;
	struct sip_msg again;
	size_t len;

	from_read(msg, 3, &change);
	assert(strlen(change.user) < FROM_USER_MAX);
	sip_edit_init(&edit, msg);
	from_edit(&edit, arena, &change, "example.net");
	if (change.kind == FROM_KEPT) {
		assert(edit.n == 0);
		return;
	}
	if (sip_edit_apply(&edit, out, sizeof(out), &len) == 0) {
		assert(sip_scan(&again, out, len, NULL) == 0);
		assert(again.n_fields == msg->n_fields);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sip_msg msg;
	struct arena arena;

	sip_value_setup();
	if (sip_scan(&msg, (const char *)data, size, NULL) != 0)
		return 0;
	arena_init(&arena, NULL, 0, 0);
	read_next_hop(&arena, &msg);
	read_answer(&arena, &msg);
	read_from(&arena, &msg);
	read_reason(&msg);
	arena_fini(&arena);
	return 0;
}
