/* edit.c - forwarding bytes as received, with splices */
#include "sip/edit.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "sip/chars.h"
#include "sip/value.h"

void
sip_edit_init(struct sip_edit *edit, const struct sip_msg *msg)
{
	edit->msg = msg;
	edit->n = 0;
	edit->err = 0;
}

/* Whether they do, b being in their order behind a. */
static bool
overlap(const struct sip_splice *a, const struct sip_splice *b)
{
	if (a->at == b->at)
		return a->cut > 0 && b->cut > 0;
	return a->at + a->cut > b->at;
}

/* Whether the splice lies in the message and touches no other; at is where it
 * goes in their order. What lies before a cut ends where that begins. */
static bool
fits(const struct sip_edit *edit, const struct sip_splice *splice, size_t at)
{
	if ((size_t)splice->at + splice->cut > edit->msg->len)
		return false;
	if (at < edit->n && overlap(splice, &edit->splices[at]))
		return false;
	while (at > 0) {
		const struct sip_splice *before = &edit->splices[--at];

		if (overlap(before, splice))
			return false;
		if (before->cut > 0 && before->at < splice->at)
			break;
	}
	return true;
}

void
sip_edit_splice(struct sip_edit *edit, size_t at, size_t cut, struct str insert)
{
	struct sip_splice splice = { (uint16_t)at, (uint16_t)cut, insert };
	size_t i = edit->n;

	if (edit->err != 0 || (cut == 0 && insert.len == 0))
		return;
	if (edit->n == SIP_MAX_SPLICES) {
		edit->err = ERR_LIMIT;
		return;
	}
	while (i > 0 && edit->splices[i - 1].at > at)
		i--;
	if (at > SIP_MSG_MAX || cut > SIP_MSG_MAX || !fits(edit, &splice, i)) {
		edit->err = ERR_INVAL;
		return;
	}
	memmove(&edit->splices[i + 1], &edit->splices[i],
		(edit->n - i) * sizeof(splice));
	edit->splices[i] = splice;
	edit->n++;
}

static const struct sip_field *
get_field(const struct sip_edit *edit, int field)
{
	assert(field >= 0 && field < edit->msg->n_fields);
	return &edit->msg->fields[field];
}

void
sip_edit_set_value(struct sip_edit *edit, int field, struct str value)
{
	const struct sip_field *row = get_field(edit, field);

	sip_edit_splice(edit, row->value, row->value_len, value);
}

void
sip_edit_remove_row(struct sip_edit *edit, int field)
{
	const struct sip_field *row = get_field(edit, field);

	sip_edit_splice(edit, row->line, row->line_len, str_make(NULL, 0));
}

void
sip_edit_add_before(struct sip_edit *edit, enum sip_header id, struct str lines)
{
	const struct sip_msg *msg = edit->msg;
	int first = id == SIP_HDR_OTHER ? -1 : msg->first[id];

	if (msg->n_fields == 0) {
		edit->err = edit->err != 0 ? edit->err : ERR_INVAL;
		return;
	}
	sip_edit_splice(edit, msg->fields[first < 0 ? 0 : first].line, 0,
			lines);
}

/* The white space behind the comma goes with it: what is left begins where
 * the first value began. */
static unsigned
pop_from_row(struct sip_edit *edit, int row, unsigned n)
{
	struct str value = sip_field_value(edit->msg, &edit->msg->fields[row]);
	unsigned popped = 0;
	size_t at = 0;

	while (popped < n && at < value.len) {
		at += sip_list_first_len(sip_skip(value, at));
		if (at < value.len)
			at++;
		at += sip_span(sip_skip(value, at), SIP_LWS);
		popped++;
	}
	if (at == value.len)
		sip_edit_remove_row(edit, row);
	else
		sip_edit_splice(edit, edit->msg->fields[row].value, at,
				str_make(NULL, 0));
	return popped;
}

void
sip_edit_pop_values(struct sip_edit *edit, enum sip_header id, unsigned n)
{
	int row = edit->msg->first[id];

	while (n > 0 && row >= 0) {
		unsigned popped = pop_from_row(edit, row, n);

		n -= popped > 0 ? popped : n;
		row = edit->msg->fields[row].next;
	}
}

void
sip_edit_pop_value(struct sip_edit *edit, enum sip_header id)
{
	sip_edit_pop_values(edit, id, 1);
}

size_t
sip_edit_len(const struct sip_edit *edit)
{
	size_t len = edit->msg->len;

	for (size_t i = 0; i < edit->n; i++)
		len += edit->splices[i].insert.len - edit->splices[i].cut;
	return len;
}

static char *
put(char *out, const char *p, size_t len)
{
	if (len > 0)
		memcpy(out, p, len);
	return out + len;
}

int
sip_edit_apply(const struct sip_edit *edit, char *out, size_t cap, size_t *len)
{
	const struct sip_msg *msg = edit->msg;
	size_t at = 0; /* in the original: all before is written or cut */

	if (edit->err != 0)
		return edit->err;
	if (sip_edit_len(edit) > cap)
		return ERR_SPACE;
	*len = sip_edit_len(edit);
	for (size_t i = 0; i < edit->n; i++) {
		const struct sip_splice *splice = &edit->splices[i];

		if (splice->at > at) {
			out = put(out, msg->data + at, splice->at - at);
			at = splice->at;
		}
		out = put(out, splice->insert.p, splice->insert.len);
		at += splice->cut;
	}
	put(out, msg->data + at, msg->len - at);
	return 0;
}
