/* fuzz_scan.c - any datagram: the index is sound, what is made of it scans */
#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "sip/edit.h"
#include "sip/reply.h"
#include "sip/value.h"
#include "tests/fuzz/fuzz.h"

#define ADDED_MAX 4096 /* bytes we add to a message */

/* Every row lies in the head and is chained to the next of its name. */
static void
check_fields(const struct sip_msg *msg)
{
	int last[SIP_N_HEADERS];
	size_t end = 0;

	for (int id = 0; id < SIP_N_HEADERS; id++)
		last[id] = -1;
	for (int i = 0; i < msg->n_fields; i++) {
		const struct sip_field *field = &msg->fields[i];
		struct str name = sip_field_name(msg, field);

		assert(field->line >= end && name.len > 0);
		end = (size_t)field->line + field->line_len;
		assert(end <= msg->len);
		assert(field->value > field->line + name.len);
		assert((size_t)field->value + field->value_len + 2 <= end);
		assert(sip_header_parse(name) == field->id);
		if (last[field->id] < 0)
			assert(msg->first[field->id] == i);
		else
			assert(msg->fields[last[field->id]].next == i);
		assert(field->next < 0 || field->next > i);
		last[field->id] = i;
	}
}

static void
check_scanned(const struct sip_msg *msg, struct str input)
{
	struct str found = sip_find_call_id(input.p, input.len);

	assert(str_eq(found, msg->call_id) && found.len > 0);
	for (int id = 0; id < SIP_N_HEADERS; id++)
		assert(sip_find_value(input.p, input.len,
				      (enum sip_header)id)
			   .p == sip_value(msg, (enum sip_header)id).p);
	assert(msg->head_len + msg->body.len == msg->len);
	assert(msg->is_request ? msg->ruri.len > 0
			       : msg->status >= 100 && msg->status < 700);
	assert(str_eq(msg->method_text, msg->cseq_method) || !msg->is_request);
}

/* What was made must scan, unless it has become too large. */
static void
check_made(const char *made, size_t len, struct str body)
{
	struct sip_msg msg;
	int err = sip_scan(&msg, made, len, NULL);

	assert(err == 0 || err == ERR_LIMIT);
	if (err == 0)
		assert(str_eq(msg.body, body));
}

static void
forward(struct sip_edit *edit, struct arena *arena, bool all)
{
	static const struct addr from = { .family = 4,
					  .port = 5070,
					  .ip = { 192, 0, 2, 9 } };
	struct sip_forward steps = { .via = str_of("SIP/2.0/UDP p;branch=z"),
				     .from = &from };

	if (all) {
		steps.ruri = str_of("sip:+49@c");
		steps.record_route = str_of("<sip:p;lr>");
		steps.n_pop_routes = 2;
		steps.headers = str_of("X-A: 1\r\nX-B: 2\r\n");
	}
	sip_edit_forward_request(edit, arena, &steps);
}

static void
check_forward(const struct sip_msg *msg, bool all)
{
	size_t cap = (size_t)msg->len + ADDED_MAX;
	char *out = malloc(cap);
	struct sip_edit edit;
	struct arena arena;
	size_t len = 0;

	assert(out != NULL);
	arena_init(&arena, NULL, 0, 0);
	sip_edit_init(&edit, msg);
	if (msg->is_request)
		forward(&edit, &arena, all);
	else
		sip_edit_forward_response(&edit, SIP_UDP);
	if (sip_edit_apply(&edit, out, cap, &len) == 0) {
		assert(len == sip_edit_len(&edit));
		if (msg->is_request ||
		    msg->fields[msg->first[SIP_HDR_VIA]].next >= 0)
			check_made(out, len, msg->body);
	} else if (sip_edit_has_room(msg)) { /* by Max-Forwards alone */
		assert(msg->is_request && edit.err == ERR_INVAL);
		assert(msg->first[SIP_HDR_MAX_FORWARDS] >= 0);
	}
	arena_fini(&arena);
	free(out);
}

/* Ours has; the scan does not look into it. */
static bool
has_top_via(const struct sip_msg *msg)
{
	struct str via = sip_value(msg, SIP_HDR_VIA);

	return sip_list_first_len(via) > 0;
}

/* Responses to anything, but only those to a good request must be good. */
static void
check_replies(const struct sip_msg *msg, bool good)
{
	size_t cap = (size_t)msg->len + ADDED_MAX;
	char *out = malloc(cap);
	struct wbuf w;

	assert(out != NULL);
	wbuf_init(&w, out, cap);
	sip_write_response(&w, msg, NULL, 400, NULL, str_of("t"), str_of(""));
	assert(w.err == 0);
	if (good)
		check_made(out, w.len, str_of(""));
	if (good && has_top_via(msg)) {
		wbuf_init(&w, out, cap);
		sip_write_cancel(&w, msg, str_of(""));
		assert(w.err == 0);
		check_made(out, w.len, str_of(""));
		wbuf_init(&w, out, cap);
		sip_write_ack(&w, msg, msg);
		assert(w.err == 0);
		check_made(out, w.len, str_of(""));
	}
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sip_msg msg;
	const char *why = NULL;
	int err = sip_scan(&msg, (const char *)data, size, &why);

	sip_value_setup();
	assert((err == 0) == (why == NULL));
	check_fields(&msg);
	if (err == 0) {
		check_scanned(&msg, str_make((const char *)data, size));
		check_forward(&msg, false);
		check_forward(&msg, true);
	} else {
		(void)sip_find_call_id((const char *)data, size);
	}
	if (msg.is_request)
		check_replies(&msg, err == 0);
	return 0;
}
