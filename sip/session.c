/* session.c - session timers, as a proxy asks for them (RFC 4028 8) */
#include "sip/session.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "sip/chars.h"
#include "sip/value.h"

#define TIMER "timer"
#define SESSION_EXPIRES "Session-Expires: "
#define DIGITS_MAX 10 /* of 32 bits */

static bool
list_has(struct str list, const char *tag)
{
	while (list.len > 0) {
		if (sip_name_is(str_trim(sip_list_next(&list)), tag))
			return true;
	}
	return false;
}

bool
sip_has_option(const struct sip_msg *msg, enum sip_header id, const char *tag)
{
	int row = msg->first[id];

	while (row >= 0) {
		if (list_has(sip_field_value(msg, &msg->fields[row]), tag))
			return true;
		row = msg->fields[row].next;
	}
	return false;
}

/* The digits that a value begins with, before its parameters. */
static struct str
delta_of(struct str value)
{
	struct str digits = str_make(value.p, sip_span(value, SIP_DIGIT));
	struct str rest = sip_skip_lws(sip_skip(value, digits.len));

	if (rest.len > 0 && rest.p[0] != ';')
		digits.len = 0;
	return digits;
}

bool
sip_session_interval(const struct sip_msg *msg, enum sip_header id,
		     uint32_t *out)
{
	int row = msg->first[id];
	uint64_t value;

	if (row < 0 || msg->fields[row].next >= 0)
		return false;
	if (str_parse_u64(delta_of(sip_value(msg, id)), UINT32_MAX, &value) !=
	    0)
		return false;
	*out = (uint32_t)value;
	return true;
}

bool
sip_session_is_too_short(const struct sip_session_rule *rule,
			 const struct sip_msg *msg)
{
	uint32_t interval;

	return rule->interval_s > 0 &&
	       sip_session_interval(msg, SIP_HDR_SESSION_EXPIRES, &interval) &&
	       interval < rule->min_s &&
	       sip_has_option(msg, SIP_HDR_SUPPORTED, TIMER);
}

/* --- the request (8.1) --- */

/* before, the number, after. */
static void
add_line(struct sip_edit *edit, struct arena *arena, const char *before,
	 uint32_t value, const char *after)
{
	size_t cap = strlen(before) + DIGITS_MAX + strlen(after);
	char *out = arena_alloc(arena, cap);
	struct wbuf w;

	if (out == NULL) {
		edit->err = edit->err != 0 ? edit->err : ERR_NOMEM;
		return;
	}
	wbuf_init(&w, out, cap);
	wbuf_text(&w, before);
	wbuf_dec(&w, value);
	wbuf_text(&w, after);
	sip_edit_add_before(edit, SIP_HDR_OTHER, str_make(out, w.len));
}

/* Another number in a header whose parameters stay. */
static void
set_delta(struct sip_edit *edit, struct arena *arena, enum sip_header id,
	  uint32_t value)
{
	struct str old = delta_of(sip_value(edit->msg, id));
	const char *text = arena_printf(arena, "%u", value);

	if (text != NULL)
		sip_edit_splice(edit, (size_t)(old.p - edit->msg->data),
				old.len, str_of(text));
	else if (edit->err == 0)
		edit->err = ERR_NOMEM;
}

/* Raise, or add, the Min-SE of a caller that cannot be told by 422. */
static uint32_t
raise_min(const struct sip_session_rule *rule, struct sip_edit *edit,
	  struct arena *arena, uint32_t min)
{
	if (min >= rule->min_s)
		return min;
	if (edit->msg->first[SIP_HDR_MIN_SE] >= 0)
		set_delta(edit, arena, SIP_HDR_MIN_SE, rule->min_s);
	else
		add_line(edit, arena, "Min-SE: ", rule->min_s, "\r\n");
	return rule->min_s;
}

/* The longest interval that we take; what we refuse ourselves is never asked
 * for, however the two are set. */
static uint32_t
longest(const struct sip_session_rule *rule, uint32_t min)
{
	uint32_t s = rule->interval_s;

	if (s < rule->min_s)
		s = rule->min_s;
	return s > min ? s : min;
}

static uint32_t
adjust(const struct sip_session_rule *rule, struct sip_edit *edit,
       struct arena *arena, uint32_t min, bool caller_knows)
{
	uint32_t asked = 0, want;

	if (!sip_session_interval(edit->msg, SIP_HDR_SESSION_EXPIRES, &asked))
		return 0;
	if (!caller_knows && asked < rule->min_s)
		min = raise_min(rule, edit, arena, min);
	want = longest(rule, min);
	if (asked >= min && asked <= want)
		return asked;
	want = asked < min ? min : want;
	set_delta(edit, arena, SIP_HDR_SESSION_EXPIRES, want);
	return want;
}

void
sip_session_ask(const struct sip_session_rule *rule, struct sip_edit *edit,
		struct arena *arena, struct sip_session *out)
{
	const struct sip_msg *msg = edit->msg;
	struct sip_session_rule wanted = *rule;
	uint32_t min = SIP_SESSION_MIN_S;

	*out = (struct sip_session){ .min_s = out->min_s };
	if (rule->interval_s == 0)
		return;
	out->caller_knows = sip_has_option(msg, SIP_HDR_SUPPORTED, TIMER);
	if (msg->first[SIP_HDR_MIN_SE] >= 0 &&
	    !sip_session_interval(msg, SIP_HDR_MIN_SE, &min))
		return;
	if (out->min_s > 0 && !out->caller_knows) {
		if (wanted.min_s < out->min_s)
			wanted.min_s = out->min_s;
		min = raise_min(&wanted, edit, arena, min);
	}
	if (msg->first[SIP_HDR_SESSION_EXPIRES] >= 0) {
		out->interval_s =
		    adjust(&wanted, edit, arena, min, out->caller_knows);
		return;
	}
	out->interval_s = longest(&wanted, min);
	add_line(edit, arena, SESSION_EXPIRES, out->interval_s, "\r\n");
}

bool
sip_session_may_lengthen(struct sip_session *session,
			 const struct sip_msg *response)
{
	uint32_t min_s;

	if (response->status != 422 || session->interval_s == 0 ||
	    session->caller_knows ||
	    !sip_session_interval(response, SIP_HDR_MIN_SE, &min_s) ||
	    min_s <= session->interval_s || min_s > SIP_SESSION_MAX_S)
		return false;
	session->min_s = min_s;
	return true;
}

/* --- the 2xx (8.2) --- */

void
sip_session_answer(const struct sip_session *session, struct sip_edit *edit,
		   struct arena *arena)
{
	const struct sip_msg *msg = edit->msg;

	if (session->interval_s == 0 || !session->caller_knows ||
	    msg->first[SIP_HDR_SESSION_EXPIRES] >= 0)
		return;
	add_line(edit, arena, SESSION_EXPIRES, session->interval_s,
		 ";refresher=uac\r\n");
	if (!sip_has_option(msg, SIP_HDR_REQUIRE, TIMER))
		sip_edit_add_before(edit, SIP_HDR_REQUIRE,
				    str_of("Require: timer\r\n"));
}
