/* rows.c - where a header row ends, and which octets may be in it */
#include "sip/rows.h"

#include "sip/chars.h"

const char *
sip_row_end(const char *p, const char *end, bool *odd)
{
	for (;;) {
		p += str_plain_len(str_make(p, (size_t)(end - p)));
		if (p == end)
			return NULL;
		if (*p == '\r' && end - p >= 2 && p[1] == '\n') {
			if (end - p == 2 || !sip_is_blank(p[2]))
				return p;
			p += 3;
			continue;
		}
		if (*p != '\t')
			*odd = true;
		p++;
	}
}

bool
sip_row_controls_are_quoted(struct str row)
{
	bool quoted = false;

	for (size_t i = 0; i < row.len; i++) {
		char c = row.p[i];

		if (c == '\r' && i + 2 < row.len && row.p[i + 1] == '\n' &&
		    sip_is_blank(row.p[i + 2]))
			i += 2;
		else if (((uint8_t)c < 0x20 && c != '\t') || c == 0x7F)
			return false;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '\\' && quoted && i + 1 < row.len &&
			 row.p[i + 1] != '\r' && row.p[i + 1] != '\n')
			i++;
	}
	return true;
}

struct str
sip_skip_empty_lines(struct str data)
{
	while (data.len >= 2 && data.p[0] == '\r' && data.p[1] == '\n')
		data = sip_skip(data, 2);
	return data;
}

struct str
sip_row_value(struct str row, size_t colon)
{
	const char *p = row.p + colon + 1, *end = row.p + row.len;
	struct str value;

	while (p < end && sip_char_is(*p, SIP_LWS))
		p++;
	value = str_make(p, (size_t)(end - p));
	while (value.len > 0 && sip_char_is(value.p[value.len - 1], SIP_LWS))
		value.len--;
	return value;
}
