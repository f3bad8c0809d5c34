/* rows.c - where a header row ends, and which octets may be in it */
#include "sip/rows.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "sip/chars.h"

#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/*
 * The first octet below 0x20 or equal to 0x7F, or end. Eight octets at a time:
 * (x - n) & ~x has the top bit of an octet set when it is below n; borrows
 * reach only octets behind the first such one, which is all that is asked for.
 */
static const char *
find_control(const char *p, const char *end)
{
	for (; end - p >= 8; p += 8) {
		uint64_t x, del, hit;

		memcpy(&x, p, sizeof(x));
		x = le64toh(x);
		del = x ^ EACH(0x7F);
		hit = ((x - EACH(0x20)) & ~x) | ((del - EACH(1)) & ~del);
		hit &= EACH(0x80);
		if (hit != 0)
			return p + __builtin_ctzll(hit) / 8;
	}
	while (p < end && (uint8_t)*p >= 0x20 && *p != 0x7F)
		p++;
	return p;
}

const char *
sip_row_end(const char *p, const char *end, bool *odd)
{
	for (;;) {
		p = find_control(p, end);
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
