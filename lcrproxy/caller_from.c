/* caller_from.c - a From that goes on changed, in the INVITE and after it */
#include "lcrproxy/caller_from.h"

#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/err.h"
#include "lcrproxy/identity.h"

#define ANONYMOUS "\"Anonymous\" <sip:anonymous@anonymous.invalid>"
#define PARAM_NAME "lcrf"
#define PARAM ";" PARAM_NAME "="
#define MARK_LEN 8 /* hexadecimal digits of the tag's CRC */
#define USER_CHARS "0123456789ABCDEFabcdef%+*"

struct str
from_own_uri(struct arena *arena, const char *user, const char *realm)
{
	bool is_ip6 = strchr(realm, ':') != NULL;
	const struct str parts[] = { str_of("<sip:"), str_of(user),
				     str_of(is_ip6 ? "@[" : "@"), str_of(realm),
				     str_of(is_ip6 ? "]>" : ">") };

	return arena_join(arena, parts, 5);
}

bool
from_split_uri(struct str uri, struct str *front, struct str *rest)
{
	const char *colon = memchr(uri.p, ':', uri.len);
	const char *at = memchr(uri.p, '@', uri.len);

	if (colon == NULL || at == NULL || at < colon)
		return false;
	*front = str_make(uri.p, (size_t)(colon + 1 - uri.p));
	*rest = str_make(at, (size_t)(uri.p + uri.len - at));
	return true;
}

static void
set_party(struct sip_edit *edit, struct arena *arena, struct str party)
{
	int row = edit->msg->first[SIP_HDR_FROM];
	struct str tag = edit->msg->from_tag;
	const struct str parts[] = {
		party, str_of(tag.len > 0 ? ";tag=" : ""),
		tag.len > 0 ? tag : str_of("")
	};
	struct str value = str_make(NULL, 0);

	if (party.p != NULL)
		value = arena_join(arena, parts, 3);
	if (value.p != NULL)
		sip_edit_set_value(edit, row, value);
	else if (edit->err == 0)
		edit->err = ERR_NOMEM;
}

/* Only the user part, where it lies. */
static void
set_user(struct sip_edit *edit, struct arena *arena, const char *user)
{
	const struct sip_msg *msg = edit->msg;
	struct str front, rest, text;
	struct sip_name_addr who;

	if (sip_name_addr_parse(arena, sip_value(msg, SIP_HDR_FROM), &who,
				NULL) != 0 ||
	    !from_split_uri(who.uri.text, &front, &rest) ||
	    front.p < msg->data || rest.p > msg->data + msg->len)
		return;
	text = arena_join(arena, (const struct str[]){ str_of(user) }, 1);
	if (text.p != NULL)
		sip_edit_splice(edit,
				(size_t)(front.p + front.len - msg->data),
				(size_t)(rest.p - front.p) - front.len, text);
	else if (edit->err == 0)
		edit->err = ERR_NOMEM;
}

void
from_edit(struct sip_edit *edit, struct arena *arena,
	  const struct from_change *change, const char *realm)
{
	if (edit->msg->first[SIP_HDR_FROM] < 0)
		return;
	if (change->kind == FROM_ANONYMOUS)
		set_party(edit, arena, str_of(ANONYMOUS));
	else if (change->kind == FROM_OWN)
		set_party(edit, arena,
			  from_own_uri(arena, change->user, realm));
	else if (change->kind == FROM_USER)
		set_user(edit, arena, change->user);
}

static void
make_mark(struct str tag, char out[MARK_LEN + 1])
{
	snprintf(out, MARK_LEN + 1, "%08x", crc32c(0, tag.p, tag.len));
}

struct str
from_param(struct arena *arena, const struct from_change *change,
	   struct str tag)
{
	char mark[MARK_LEN + 1];
	const char *text;

	if (change->kind == FROM_KEPT)
		return str_make("", 0);
	make_mark(tag, mark);
	text = arena_printf(arena, PARAM "%s%c%s", mark, (char)change->kind,
			    change->kind == FROM_ANONYMOUS ? ""
							   : change->user);
	return text != NULL ? str_of(text) : str_make(NULL, 0);
}

struct str
from_param_again(struct arena *arena, const struct sip_uri *route)
{
	struct str value = sip_uri_param(route, PARAM_NAME);

	if (value.p == NULL)
		return str_make("", 0);
	return arena_join(arena, (const struct str[]){ str_of(PARAM), value },
			  2);
}

/* What stands behind the mark: a kind and its user. */
static void
read_kind(struct str text, struct from_change *out)
{
	size_t n = 1;

	if (text.len == 0)
		return;
	while (n < text.len && n < FROM_USER_MAX && text.p[n] != '\0' &&
	       strchr(USER_CHARS, text.p[n]) != NULL)
		n++;
	memcpy(out->user, text.p + 1, n - 1);
	out->user[n - 1] = '\0';
	if (text.p[0] == FROM_ANONYMOUS)
		out->kind = FROM_ANONYMOUS;
	else if (n > 1 && text.p[0] == FROM_OWN)
		out->kind = FROM_OWN;
	else if (n > 1 && text.p[0] == FROM_USER)
		out->kind = FROM_USER;
}

/* What stands behind our parameter; p == NULL when there is none. */
static struct str
find_param(struct str value)
{
	const char *end = value.p + value.len, *at = value.p;

	while ((at = memchr(at, ';', (size_t)(end - at))) != NULL) {
		struct str rest = str_make(at, (size_t)(end - at));

		if (str_starts(rest, PARAM))
			return str_make(at + strlen(PARAM),
					rest.len - strlen(PARAM));
		at++;
	}
	return str_make(NULL, 0);
}

static void
read_value(const struct sip_msg *msg, struct str value, struct from_change *out)
{
	struct str text = find_param(value);
	char mark[MARK_LEN + 1];
	struct str tag;

	if (text.len <= MARK_LEN)
		return;
	tag = msg->from_tag;
	make_mark(tag, mark);
	if (tag.p != NULL && memcmp(text.p, mark, MARK_LEN) == 0)
		read_kind(str_make(text.p + MARK_LEN, text.len - MARK_LEN),
			  out);
}

void
from_read(const struct sip_msg *msg, unsigned n_own, struct from_change *out)
{
	int row = msg->first[SIP_HDR_ROUTE];

	*out = (struct from_change){ .kind = FROM_KEPT };
	for (; row >= 0; row = msg->fields[row].next) {
		struct str list = sip_field_value(msg, &msg->fields[row]);

		while (list.len > 0 && n_own > 0 && out->kind == FROM_KEPT) {
			read_value(msg, sip_list_next(&list), out);
			n_own--;
		}
	}
}

/* What else says who the caller is, where the callee is not told or was told
 * otherwise. */
static void
remove_identity(struct sip_edit *edit)
{
	static const enum sip_header ids[] = { SIP_HDR_P_ASSERTED_IDENTITY,
					       SIP_HDR_P_PREFERRED_IDENTITY,
					       SIP_HDR_REMOTE_PARTY_ID };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		int row = edit->msg->first[ids[i]];

		for (; row >= 0; row = edit->msg->fields[row].next)
			sip_edit_remove_row(edit, row);
	}
}

void
from_again(struct worker *worker, unsigned n_own, struct sip_edit *edit)
{
	struct from_change change;

	from_read(edit->msg, n_own, &change);
	if (change.kind == FROM_ANONYMOUS || change.kind == FROM_OWN)
		remove_identity(edit);
	from_edit(edit, &worker->arena, &change,
		  worker->node->identity->realm);
}

void
from_restore(struct sip_edit *edit, struct str from)
{
	if (from.p != NULL && edit->msg->first[SIP_HDR_FROM] >= 0 &&
	    !str_eq(sip_value(edit->msg, SIP_HDR_FROM), from))
		sip_edit_set_value(edit, edit->msg->first[SIP_HDR_FROM], from);
}
