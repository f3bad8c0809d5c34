/* frame.c - where messages begin and end in a stream of bytes */
#include "sip/frame.h"

#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "sip/chars.h"
#include "sip/msg.h"
#include "sip/rows.h"

#define HEAD_END "\r\n\r\n"
#define HEAD_END_LEN 4

/* How much of the beginning is CR and LF in their order, up to a ping. */
static size_t
empty_lines_len(const char *data, size_t len)
{
	size_t n = 0;

	while (n < len && n < HEAD_END_LEN && data[n] == HEAD_END[n])
		n++;
	return n;
}

/* A ping may still become of "\r", "\r\n" and "\r\n\r". */
static enum sip_frame_kind
between_messages(const char *data, size_t len, size_t *used)
{
	size_t n = empty_lines_len(data, len);

	*used = 0;
	if (n == HEAD_END_LEN) {
		*used = n;
		return SIP_FRAME_PING;
	}
	if (n == len || n < 2)
		return SIP_FRAME_MORE;
	*used = 2;
	return SIP_FRAME_PONG;
}

/* The length of the head, its empty line included; 0 when it has no end yet. */
static size_t
find_head(struct sip_frame *frame, const char *data, size_t len)
{
	size_t from =
	    frame->seen >= HEAD_END_LEN - 1 ? frame->seen - (HEAD_END_LEN - 1)
					    : 0;
	const char *end =
	    memmem(data + from, len - from, HEAD_END, HEAD_END_LEN);

	frame->seen = len;
	return end != NULL ? (size_t)(end - data) + HEAD_END_LEN : 0;
}

/* The value of a row when it is a Content-Length, else p == NULL. */
static struct str
length_of_row(struct str row)
{
	const char *colon = memchr(row.p, ':', row.len);
	struct str name, value;

	if (colon == NULL)
		return str_make(NULL, 0);
	name = str_trim(str_make(row.p, (size_t)(colon - row.p)));
	if (sip_header_parse(name) != SIP_HDR_CONTENT_LENGTH)
		return str_make(NULL, 0);
	value = str_make(colon + 1, row.len - (size_t)(colon + 1 - row.p));
	return str_trim(value);
}

static int
take_length(struct str value, int64_t *length)
{
	uint64_t n = 0;
	int err = str_parse_u64(value, SIP_MSG_MAX, &n);

	if (err == ERR_RANGE)
		n = SIP_MSG_MAX + 1;
	else if (err != 0)
		return ERR_SYNTAX;
	if (*length >= 0 && (uint64_t)*length != n)
		return ERR_SYNTAX;
	*length = (int64_t)n;
	return 0;
}

/* The Content-Length of a head: 0, or ERR_SYNTAX and why. */
static int
read_length(const char *head, size_t len, size_t *out, const char **why)
{
	const char *end = head + len, *p = head;
	int64_t length = -1;
	bool odd;

	while (p < end) {
		const char *row_end = sip_row_end(p, end, &odd);
		struct str value;

		if (row_end == NULL)
			row_end = end;
		value = length_of_row(str_make(p, (size_t)(row_end - p)));
		if (value.p != NULL && take_length(value, &length) != 0) {
			*why = "Malformed Content-Length";
			return ERR_SYNTAX;
		}
		p = row_end + 2;
	}
	*why = "Missing Content-Length";
	*out = length < 0 ? 0 : (size_t)length;
	return length < 0 ? ERR_SYNTAX : 0;
}

static int
read_head(struct sip_frame *frame, const char *data, size_t len, size_t max,
	  size_t *used, const char **why)
{
	size_t head = find_head(frame, data, len), body;
	int err;

	if (head == 0 && len < max)
		return 0;
	*used = head;
	*why = "Message Too Large";
	if (head == 0 || head > max)
		return ERR_LIMIT;
	err = read_length(data, head, &body, why);
	if (err != 0)
		return err;
	*why = "Message Too Large";
	if (body > max - head)
		return ERR_LIMIT;
	frame->total = head + body;
	*used = 0;
	return 0;
}

int
sip_frame_next(struct sip_frame *frame, const char *data, size_t len,
	       size_t max, enum sip_frame_kind *kind, size_t *used,
	       const char **why)
{
	int err = 0;

	*kind = SIP_FRAME_MORE;
	*used = 0;
	*why = NULL;
	if (len == 0)
		return 0;
	if (frame->total == 0 && frame->seen == 0 && data[0] == '\r') {
		*kind = between_messages(data, len, used);
		if (*kind != SIP_FRAME_MORE || empty_lines_len(data, len) == len)
			return 0;
	}
	if (frame->total == 0)
		err = read_head(frame, data, len, max, used, why);
	if (err != 0)
		return err;
	*why = NULL;
	if (frame->total == 0 || len < frame->total)
		return 0;
	*kind = SIP_FRAME_MESSAGE;
	*used = frame->total;
	*frame = (struct sip_frame){ 0, 0 };
	return 0;
}
