/* caller_id.c - what a caller wants to be kept private */
#include "lcrproxy/caller_id.h"

/* Privacy-hdr: priv-values between ';' (RFC 3323 4.2); ',' is met as well. */
static bool
has_word(struct str value, struct str word)
{
	while (value.len > 0) {
		size_t n = 0;

		while (n < value.len && value.p[n] != ';' && value.p[n] != ',')
			n++;
		if (str_eq_nocase(str_trim(str_make(value.p, n)), word))
			return true;
		n += n < value.len; /* the separator */
		value = str_make(value.p + n, value.len - n);
	}
	return false;
}

bool
caller_id_wants(const struct sip_msg *msg, const char *privacy)
{
	int row = msg->first[SIP_HDR_PRIVACY];

	while (row >= 0) {
		const struct sip_field *field = &msg->fields[row];

		if (has_word(sip_field_value(msg, field), str_of(privacy)))
			return true;
		row = field->next;
	}
	return false;
}

/* Via, Contact and Record-Route, or the session: that is for somebody who ends
 * the call and makes another (5.1, 5.2). */
const char *
caller_id_demands(const struct sip_msg *msg)
{
	static const char *const texts[] = {
		NULL,
		"Privacy Not Possible: header",
		"Privacy Not Possible: session",
		"Privacy Not Possible: header, session",
	};

	if (msg->first[SIP_HDR_PRIVACY] < 0 ||
	    !caller_id_wants(msg, "critical") || caller_id_wants(msg, "none"))
		return NULL;
	return texts[caller_id_wants(msg, "header") +
		     2 * caller_id_wants(msg, "session")];
}
