/* msg.c - indexing a SIP message where it lies */
#include "sip/msg.h"

#include <string.h>

#include "base/err.h"
#include "sip/chars.h"
#include "sip/rows.h"
#include "sip/value.h"

#define CSEQ_MAX INT32_MAX /* below 2^31, RFC 3261 8.1.1.5 */
#define STATUS_MIN 100
#define STATUS_MAX 699
#define NAME_LEN_MAX 255 /* of struct sip_field */

struct scanner {
	struct sip_msg *msg;
	const char *p;	/* the next line */
	const char *end;
	int err;	/* the first one found; the scan goes on for a 400 */
	const char *why;
	bool other_version;
	int16_t last[SIP_N_HEADERS]; /* good where msg->first is not -1 */
};

static void
fail(struct scanner *s, int err, const char *why)
{
	if (s->err != 0)
		return;
	s->err = err;
	s->why = why;
}

static struct str
between(const char *p, const char *end)
{
	return str_make(p, (size_t)(end - p));
}

/* --- the start line (RFC 3261 7.1, 7.2) --- */

/* SIP/2.0 in any case; another number is noted, anything else an error. */
static void
scan_version(struct scanner *s, struct str version)
{
	struct str rest = version;
	size_t major, minor;

	if (str_eq_text(version, "SIP/2.0") || sip_name_is(version, "sip/2.0"))
		return;
	rest.len = rest.len < 4 ? rest.len : 4;
	if (!sip_name_is(rest, "sip/")) {
		fail(s, ERR_SYNTAX, "Malformed SIP-Version");
		return;
	}
	rest = sip_skip(version, 4);
	major = sip_span(rest, SIP_DIGIT);
	if (major > 0 && major < rest.len && rest.p[major] == '.') {
		rest = sip_skip(rest, major + 1);
		minor = sip_span(rest, SIP_DIGIT);
		s->other_version = minor > 0 && minor == rest.len;
	}
	if (!s->other_version)
		fail(s, ERR_SYNTAX, "Malformed SIP-Version");
}

/* Returns false when not even a method can be made out. */
static bool
scan_request_line(struct scanner *s, struct str line)
{
	struct sip_msg *msg = s->msg;
	size_t n = sip_span(line, SIP_TOKEN);

	msg->is_request = true;
	if (n == 0 || n == line.len || line.p[n] != ' ') {
		fail(s, ERR_SYNTAX, "Malformed Request-Line");
		return false;
	}
	msg->method_text = str_make(line.p, n);
	msg->method = (uint8_t)sip_method_parse(msg->method_text);
	line = sip_skip(line, n + 1);
	n = sip_visible_len(line);
	if (n == 0 || n == line.len || line.p[n] != ' ') {
		fail(s, ERR_SYNTAX, "Malformed Request-URI");
		return true;
	}
	msg->ruri = str_make(line.p, n);
	scan_version(s, sip_skip(line, n + 1));
	return true;
}

static bool
scan_status_line(struct scanner *s, struct str line)
{
	struct sip_msg *msg = s->msg;
	size_t n = sip_visible_len(line);
	uint64_t status;

	scan_version(s, str_make(line.p, n));
	line = sip_skip(line, n);
	if (line.len < 5 || line.p[0] != ' ' || line.p[4] != ' ' ||
	    str_parse_u64(str_make(line.p + 1, 3), STATUS_MAX, &status) != 0 ||
	    status < STATUS_MIN) {
		fail(s, ERR_SYNTAX, "Malformed Status-Line");
		return false;
	}
	msg->status = (uint16_t)status;
	msg->reason = sip_skip(line, 5);
	return true;
}

static bool
scan_start_line(struct scanner *s)
{
	bool odd = false;
	const char *end = sip_row_end(s->p, s->end, &odd);
	struct str line, start;

	if (end == NULL) {
		fail(s, ERR_SYNTAX, "Start line not ended by CRLF");
		return false;
	}
	line = between(s->p, end);
	s->p = end + 2;
	if (odd)
		fail(s, ERR_SYNTAX, "Control character in the start line");
	start = str_make(line.p, line.len < 4 ? line.len : 4);
	if (sip_name_is(start, "sip/"))
		return scan_status_line(s, line);
	return scan_request_line(s, line);
}

/* --- header rows (7.3) --- */

static void
add_field(struct scanner *s, struct str line, size_t name_len, struct str value)
{
	struct sip_msg *msg = s->msg;
	enum sip_header id = sip_header_parse(str_make(line.p, name_len));
	int16_t at = (int16_t)msg->n_fields;
	struct sip_field *field = &msg->fields[at];

	field->line = (uint16_t)(line.p - msg->data);
	field->line_len = (uint16_t)line.len;
	field->value = (uint16_t)(value.p - msg->data);
	field->value_len = (uint16_t)value.len;
	field->id = (uint8_t)id;
	field->name_len =
	    (uint8_t)(name_len < NAME_LEN_MAX ? name_len : NAME_LEN_MAX);
	field->next = -1;
	if (msg->first[id] < 0)
		msg->first[id] = at;
	else
		msg->fields[s->last[id]].next = at;
	s->last[id] = at;
	msg->n_fields++;
}

/* A row that cannot be read is left out, the scan goes on behind it. Returns
 * false when there is nothing to go on with. */
static bool
scan_row(struct scanner *s)
{
	const char *line = s->p;
	bool odd = false;
	const char *end = sip_row_end(line, s->end, &odd);
	size_t name_len, colon;
	struct str row;

	if (end == NULL)
		return false;
	s->p = end + 2;
	row = between(line, end);
	name_len = sip_span(row, SIP_TOKEN);
	for (colon = name_len; colon < row.len && sip_is_blank(line[colon]);)
		colon++;
	if (name_len == 0 || colon == row.len || line[colon] != ':') {
		fail(s, ERR_SYNTAX, "Malformed header line");
		return true;
	}
	if (odd && !sip_row_controls_are_quoted(row)) {
		fail(s, ERR_SYNTAX, "Control character in a header");
		return true;
	}
	if (s->msg->n_fields == SIP_MAX_FIELDS) {
		fail(s, ERR_LIMIT, "Too many header lines");
		return false;
	}
	add_field(s, between(line, s->p), name_len, sip_row_value(row, colon));
	return true;
}

/* All rows and the empty line behind them. */
static void
scan_rows(struct scanner *s)
{
	while (s->end - s->p < 2 || s->p[0] != '\r' || s->p[1] != '\n') {
		if (!scan_row(s)) {
			fail(s, ERR_SYNTAX, "No empty line behind the headers");
			s->p = s->end;
			return;
		}
	}
	s->p += 2;
}

/* --- what every message needs (8.1.1) --- */

struct need {
	uint8_t id;
	const char *missing; /* NULL: it may be */
	const char *doubled; /* NULL: it may be */
};

static const struct need needs[] = {
	{ SIP_HDR_VIA, "Missing or empty Via", NULL },
	{ SIP_HDR_FROM, "Missing or empty From", "More than one From" },
	{ SIP_HDR_TO, "Missing or empty To", "More than one To" },
	{ SIP_HDR_CALL_ID, "Missing or empty Call-ID",
	  "More than one Call-ID" },
	{ SIP_HDR_CSEQ, "Missing or empty CSeq", "More than one CSeq" },
	{ SIP_HDR_MAX_FORWARDS, NULL, "More than one Max-Forwards" },
};

static void
check_needs(struct scanner *s)
{
	const struct sip_msg *msg = s->msg;

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		const struct need *need = &needs[i];
		int first = msg->first[need->id];

		if (need->missing != NULL &&
		    (first < 0 || msg->fields[first].value_len == 0))
			fail(s, ERR_SYNTAX, need->missing);
		if (need->doubled != NULL && first >= 0 &&
		    msg->fields[first].next >= 0)
			fail(s, ERR_SYNTAX, need->doubled);
	}
}

/* Each Via row is one that another may be taken off from, or is all that is
 * left: none is empty or ends with a comma. */
static void
check_vias(struct scanner *s)
{
	const struct sip_msg *msg = s->msg;
	int row = msg->first[SIP_HDR_VIA];

	for (; row >= 0; row = msg->fields[row].next) {
		struct str value = sip_field_value(msg, &msg->fields[row]);

		if (value.len == 0 || value.p[value.len - 1] == ',')
			fail(s, ERR_SYNTAX, "Malformed Via");
	}
}

/* What is asked of nearly every message, and not part of its being one. */
static void
note_values(struct sip_msg *msg)
{
	msg->from_tag = sip_tag(sip_value(msg, SIP_HDR_FROM));
	msg->to_tag = sip_tag(sip_value(msg, SIP_HDR_TO));
	(void)sip_top_via_scan(sip_value(msg, SIP_HDR_VIA), &msg->top_via);
}

/* The grammar's words are visible ASCII, and so are the Call-IDs of phones
 * that put '=' or ';' in; what matters is where it ends. */
static void
scan_call_id(struct scanner *s)
{
	s->msg->call_id = sip_value(s->msg, SIP_HDR_CALL_ID);
	if (sip_visible_len(s->msg->call_id) != s->msg->call_id.len)
		fail(s, ERR_SYNTAX, "Malformed Call-ID");
}

static void
scan_cseq(struct scanner *s)
{
	struct sip_msg *msg = s->msg;
	struct str value = sip_value(msg, SIP_HDR_CSEQ);
	size_t n = sip_span(value, SIP_DIGIT);
	struct str method = sip_skip_lws(sip_skip(value, n));
	uint64_t number;

	if (value.p == NULL)
		return;
	if (method.len == value.len - n || !sip_is_token(method) ||
	    str_parse_u64(str_make(value.p, n), CSEQ_MAX, &number) != 0) {
		fail(s, ERR_SYNTAX, "Malformed CSeq");
		return;
	}
	msg->cseq = (uint32_t)number;
	msg->cseq_method = method;
	if (msg->is_request && str_eq(method, msg->method_text)) {
		msg->cseq_id = msg->method;
		return;
	}
	msg->cseq_id = (uint8_t)sip_method_parse(method);
	if (msg->is_request)
		fail(s, ERR_SYNTAX, "CSeq names another method");
	else
		msg->method = msg->cseq_id;
}

/* --- the body (18.3) --- */

/* Returns the body's length: what Content-Length says, or the rest. */
static size_t
content_length(struct scanner *s, size_t rest)
{
	const struct sip_msg *msg = s->msg;
	int i = msg->first[SIP_HDR_CONTENT_LENGTH];
	uint64_t said = rest;

	for (bool first = true; i >= 0; i = msg->fields[i].next) {
		struct str text = sip_field_value(msg, &msg->fields[i]);
		uint64_t n = 0;
		int err = str_parse_u64(text, SIP_MSG_MAX, &n);

		if (err == ERR_RANGE)
			n = SIP_MSG_MAX + 1;
		else if (err != 0)
			fail(s, ERR_SYNTAX, "Malformed Content-Length");
		if (!first && n != said)
			fail(s, ERR_SYNTAX, "Content-Lengths differ");
		first = false;
		said = n;
	}
	if (said <= rest)
		return (size_t)said;
	fail(s, ERR_TRUNCATED, "Body shorter than Content-Length");
	return rest;
}

static void
scan_body(struct scanner *s)
{
	struct sip_msg *msg = s->msg;
	size_t n = content_length(s, (size_t)(s->end - s->p));

	msg->head_len = (uint16_t)(s->p - msg->data);
	msg->body = str_make(s->p, n);
	msg->len = (uint16_t)(msg->head_len + n);
}

/* --- the whole --- */

/* Everything but the rows themselves, which n_fields and first[] guard. */
static void
clear(struct sip_msg *msg)
{
	memset(msg, 0, offsetof(struct sip_msg, first));
	memset(msg->first, -1, sizeof(msg->first));
}

int
sip_scan(struct sip_msg *msg, const char *data, size_t len, const char **why)
{
	struct str text = sip_skip_empty_lines(str_make(data, len));
	struct scanner s = { .msg = msg, .p = text.p, .why = NULL };

	clear(msg);
	msg->data = text.p;
	if (text.len > SIP_MSG_MAX) {
		fail(&s, ERR_LIMIT, "Message too large");
		goto out;
	}
	s.end = text.p + text.len;
	msg->len = (uint16_t)text.len;
	if (!scan_start_line(&s))
		goto out;
	scan_rows(&s);
	check_needs(&s);
	check_vias(&s);
	note_values(msg);
	scan_call_id(&s);
	scan_cseq(&s);
	scan_body(&s);
	if (s.other_version)
		fail(&s, ERR_UNSUPPORTED, "SIP-Version is not 2.0");
out:
	if (why != NULL)
		*why = s.why;
	return s.err;
}

struct str
sip_value(const struct sip_msg *msg, enum sip_header id)
{
	int first = msg->first[id];

	if (first < 0)
		return str_make(NULL, 0);
	return sip_field_value(msg, &msg->fields[first]);
}

struct str
sip_field_name(const struct sip_msg *msg, const struct sip_field *field)
{
	struct str line = str_make(msg->data + field->line, field->line_len);

	if (field->name_len < NAME_LEN_MAX)
		return str_make(line.p, field->name_len);
	return str_make(line.p, sip_span(line, SIP_TOKEN));
}
