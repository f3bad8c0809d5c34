/* way.c - from Record-Route and Contact to the next hop */
#include "lcrproxy/way.h"

#include <string.h>

#include "base/err.h"

/* The Route value behind the first one, p == NULL without. */
static struct str
second_route(const struct sip_msg *msg, const struct sip_name_addr *first)
{
	const struct sip_field *row = &msg->fields[msg->first[SIP_HDR_ROUTE]];
	struct str value = sip_field_value(msg, row);

	if (first->len < value.len)
		return str_make(value.p + first->len + 1,
				value.len - first->len - 1);
	if (row->next < 0)
		return str_make(NULL, 0);
	return sip_field_value(msg, &msg->fields[row->next]);
}

int
way_next_hop(struct arena *arena, const struct sip_msg *msg,
	     const struct sip_name_addr *first, const struct sip_uri *uri,
	     struct addr *out)
{
	struct sip_name_addr route;
	struct sip_uri parsed;
	struct str next = second_route(msg, first);
	int err = 0;

	if (next.p != NULL) {
		err = sip_name_addr_parse(arena, next, &route, NULL);
		uri = &route.uri;
	} else if (uri == NULL) {
		err = sip_uri_parse(arena, msg->ruri, &parsed);
		uri = &parsed;
	}
	if (err != 0)
		return err;
	*out = uri->addr;
	return uri->addr.family != 0 ? 0 : ERR_UNSUPPORTED;
}

/* Look through a row for our value; hop keeps the address of the one before
 * it. Returns whether it is there. */
static bool
find_own(struct arena *arena, struct str list, const char *token,
	 struct addr *hop, bool *has_hop)
{
	while (list.p != NULL) {
		struct sip_name_addr value;

		struct str first =
		    str_make(list.p, sip_list_first_len(list));

		/* Nobody else's value has our signature in it. */
		if (token_find(first, token) != NULL)
			return true;
		if (sip_name_addr_parse(arena, list, &value, &list) != 0)
			return false;
		*hop = value.uri.addr;
		*has_hop = true;
	}
	return false;
}

static void
read_contact(struct arena *arena, const struct sip_msg *msg, struct addr *out)
{
	struct str value = sip_value(msg, SIP_HDR_CONTACT);
	struct sip_name_addr contact;

	if (value.p != NULL &&
	    sip_name_addr_parse(arena, value, &contact, NULL) == 0)
		*out = contact.uri.addr;
}

void
way_of_answer(struct arena *arena, const struct sip_msg *answer,
	      const char *token, struct live_way *out)
{
	int row = answer->first[SIP_HDR_RECORD_ROUTE];

	while (row >= 0) {
		const struct sip_field *field = &answer->fields[row];

		if (find_own(arena, sip_field_value(answer, field), token,
			     &out->callee, &out->is_fixed)) {
			if (!out->is_fixed)
				read_contact(arena, answer, &out->callee);
			return;
		}
		row = field->next;
	}
	/* Our Record-Route did not come back: nothing will come through us. */
	out->callee = (struct addr){ 0 };
}

void
way_refresh(struct arena *arena, const struct sip_msg *msg,
	    struct live_way *way)
{
	if (!way->is_fixed)
		read_contact(arena, msg, &way->callee);
}

bool
way_to_callee(const struct live_way *way, const struct addr *to)
{
	return way->callee.family == 0 || addr_eq(&way->callee, to);
}

bool
way_from_callee(const struct live_way *way, const struct snapshot *snapshot,
		const struct addr *from)
{
	if (way != NULL &&
	    (way->callee.family == 0 || addr_eq_ip(&way->callee, from) ||
	     addr_eq_ip(&way->gateway, from)))
		return true;
	for (size_t i = 0; i < snapshot_n_gateways(snapshot); i++) {
		const struct gateway *gateway =
		    snapshot_gateway(snapshot, (uint32_t)i);

		if (addr_eq_ip(&gateway->addr, from))
			return true;
	}
	return false;
}
