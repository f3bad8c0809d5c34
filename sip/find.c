/* find.c - one value of a message, without an index of it */
#include "sip/msg.h"

#include <string.h>

#include "sip/chars.h"
#include "sip/rows.h"

/* s behind its white space; a CRLF is that only in a fold. */
static struct str
skip_folds(struct str s)
{
	for (;;) {
		if (s.len > 0 && sip_is_blank(s.p[0]))
			s = sip_skip(s, 1);
		else if (s.len > 2 && s.p[0] == '\r' && s.p[1] == '\n' &&
			 sip_is_blank(s.p[2]))
			s = sip_skip(s, 3);
		else
			return s;
	}
}

/* The value of the row that begins at line, if it is a Call-ID. */
static struct str
call_id_of(struct str line)
{
	size_t n = sip_span(line, SIP_TOKEN);

	if (sip_header_parse(str_make(line.p, n)) != SIP_HDR_CALL_ID)
		return str_make(NULL, 0);
	while (n < line.len && sip_is_blank(line.p[n]))
		n++;
	if (n == line.len || line.p[n] != ':')
		return str_make(NULL, 0);
	line = skip_folds(sip_skip(line, n + 1));
	n = sip_visible_len(line);
	return n > 0 ? str_make(line.p, n) : str_make(NULL, 0);
}

struct str
sip_find_call_id(const char *data, size_t len)
{
	struct str rest = sip_skip_empty_lines(str_make(data, len));

	for (;;) {
		const char *lf =
		    rest.len > 0 ? memchr(rest.p, '\n', rest.len) : NULL;
		struct str found;

		if (lf == NULL)
			break;
		rest = sip_skip(rest, (size_t)(lf + 1 - rest.p));
		if (rest.len == 0 || rest.p[0] == '\r')
			break;
		if ((rest.p[0] | 0x20) != 'c' && (rest.p[0] | 0x20) != 'i')
			continue;
		found = call_id_of(rest);
		if (found.p != NULL)
			return found;
	}
	return str_make(NULL, 0);
}

struct str
sip_find_value(const char *data, size_t len, enum sip_header id)
{
	struct str text = sip_skip_empty_lines(str_make(data, len));
	const char *p = text.p, *end = text.p + text.len;
	bool odd = false;

	for (;;) {
		const char *row_end = sip_row_end(p, end, &odd);
		struct str row;
		size_t n, colon;

		if (row_end == NULL || *p == '\r')
			return str_make(NULL, 0);
		row = str_make(p, (size_t)(row_end - p));
		n = sip_span(row, SIP_TOKEN);
		for (colon = n; colon < row.len && sip_is_blank(p[colon]);)
			colon++;
		if (p != text.p && colon < row.len && p[colon] == ':' &&
		    sip_header_parse(str_make(p, n)) == id)
			return sip_row_value(row, colon);
		p = row_end + 2;
	}
}
