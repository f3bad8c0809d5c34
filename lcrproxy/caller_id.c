/* caller_id.c - asserted identities, and when they stay here */
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

static void
remove_all(struct sip_edit *edit, enum sip_header id)
{
	int row = edit->msg->first[id];

	while (row >= 0) {
		sip_edit_remove_row(edit, row);
		row = edit->msg->fields[row].next;
	}
}

void
caller_id_edit(struct sip_edit *edit, const struct account *account,
	       bool is_trusted)
{
	if (account->trusted &&
	    (is_trusted || !caller_id_wants(edit->msg, "id")))
		return;
	remove_all(edit, SIP_HDR_P_ASSERTED_IDENTITY);
	remove_all(edit, SIP_HDR_REMOTE_PARTY_ID);
}
