/* reason.c - Reason headers */
#include "lcrproxy/reason.h"

#include "base/err.h"
#include "sip/value.h"

#define CAUSE_MAX 999

/* The cause= of one value, if it is of the protocol, or 0. */
static int
cause_of(struct str value, struct str protocol)
{
	struct str part = str_trim(str_cut(&value, ';'));
	uint64_t number;

	if (!str_eq_nocase(part, protocol))
		return 0;
	while (value.p != NULL) {
		part = str_trim(str_cut(&value, ';'));
		if (part.len > 6 &&
		    str_eq_nocase(str_make(part.p, 6), str_of("cause=")) &&
		    str_parse_u64(str_make(part.p + 6, part.len - 6),
				  CAUSE_MAX, &number) == 0)
			return (int)number;
	}
	return 0;
}

/* The first such of a row, which may list several values. */
static int
cause_of_list(struct str list, struct str protocol)
{
	int cause = 0;

	while (list.len > 0 && cause == 0)
		cause = cause_of(sip_list_next(&list), protocol);
	return cause;
}

int
reason_cause(const struct sip_msg *msg, const char *protocol)
{
	int row = msg->first[SIP_HDR_REASON], cause = 0;

	while (row >= 0 && cause == 0) {
		const struct sip_field *field = &msg->fields[row];

		cause = cause_of_list(sip_field_value(msg, field),
				      str_of(protocol));
		row = field->next;
	}
	return cause;
}

int64_t
reason_retry_after_s(const struct sip_msg *msg, int64_t most)
{
	struct str value = sip_value(msg, SIP_HDR_RETRY_AFTER);
	uint64_t seconds;
	size_t n = 0;

	while (n < value.len && value.p[n] >= '0' && value.p[n] <= '9')
		n++; /* a comment and parameters follow */
	if (n == 0)
		return -1;
	return str_parse_u64(str_make(value.p, n), (uint64_t)most, &seconds) ==
			       0
		   ? (int64_t)seconds
		   : most;
}

const char *
reason_lines(const struct sip_msg *msg, size_t max, struct arena *arena)
{
	int row = msg->first[SIP_HDR_REASON];
	const char *text = "";
	size_t len = 0;

	while (row >= 0 && text != NULL) {
		const struct sip_field *field = &msg->fields[row];

		len += field->line_len;
		if (len > max)
			break;
		text = arena_printf(arena, "%s%.*s", text,
				    (int)field->line_len,
				    msg->data + field->line);
		row = field->next;
	}
	return text;
}
