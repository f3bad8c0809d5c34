/* fuzz_session.c - session timers in any message: what is made scans, and asked
 * is never below what is allowed */
#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "sip/session.h"
#include "tests/fuzz/fuzz.h"

#define ADDED_MAX 256

static const struct sip_session_rule rule = { 1800, 120 };

static void
check_made(const struct sip_edit *edit, const struct sip_session *session)
{
	size_t cap = (size_t)edit->msg->len + ADDED_MAX;
	char *out = malloc(cap);
	struct sip_msg made;
	uint32_t interval = 0, min = SIP_SESSION_MIN_S;
	size_t len;
	int err;

	assert(out != NULL);
	err = sip_edit_apply(edit, out, cap, &len);
	assert(err == 0);
	err = sip_scan(&made, out, len, NULL);
	assert(err == 0 || err == ERR_LIMIT);
	if (err == 0 && session->interval_s > 0) {
		assert(sip_session_interval(&made, SIP_HDR_SESSION_EXPIRES,
					    &interval));
		assert(interval == session->interval_s);
		sip_session_interval(&made, SIP_HDR_MIN_SE, &min);
		assert(interval >= min || session->caller_knows);
		assert(str_eq(made.body, edit->msg->body));
	}
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sip_session session = { 1800, true, 0 };
	struct sip_edit edit;
	struct sip_msg msg;
	struct arena arena;

	if (sip_scan(&msg, (const char *)data, size, NULL) != 0)
		return 0;
	arena_init(&arena, NULL, 0, 0);
	sip_edit_init(&edit, &msg);
	if (msg.is_request) {
		(void)sip_session_is_too_short(&rule, &msg);
		session.min_s = 0;
		sip_session_ask(&rule, &edit, &arena, &session);
		check_made(&edit, &session);
		session.min_s = size % 2 ? 1000 : 86400; /* a 422 wants it */
		sip_edit_init(&edit, &msg);
		sip_session_ask(&rule, &edit, &arena, &session);
		check_made(&edit, &session);
		assert(session.interval_s == 0 || session.caller_knows ||
		       session.interval_s >= session.min_s);
	} else {
		sip_session_answer(&session, &edit, &arena);
		session.interval_s = 0;
		check_made(&edit, &session);
	}
	arena_fini(&arena);
	return 0;
}
