/* way.c - from Record-Route and Contact to the next hop */
#include "lcrproxy/way.h"

#include <string.h>

#include "base/err.h"

/* Goes through the values of all Route rows. */
struct routes {
	const struct sip_msg *msg;
	int row;	  /* of rest; -1 = at the end */
	struct str rest;
};

static void
begin_routes(struct routes *routes, const struct sip_msg *msg)
{
	routes->msg = msg;
	routes->row = msg->first[SIP_HDR_ROUTE];
	routes->rest = routes->row >= 0 ? sip_value(msg, SIP_HDR_ROUTE)
					: str_make(NULL, 0);
}

/* On to the next row when nothing is left of this one. */
static void
settle(struct routes *routes)
{
	if (routes->row < 0 || routes->rest.p != NULL)
		return;
	routes->row = routes->msg->fields[routes->row].next;
	if (routes->row >= 0)
		routes->rest = sip_field_value(
		    routes->msg, &routes->msg->fields[routes->row]);
}

/* The next value: 0, ERR_END, or the error of parsing it. */
static int
next_route(struct routes *routes, struct arena *arena,
	   struct sip_name_addr *out)
{
	int err;

	if (routes->row < 0)
		return ERR_END;
	err = sip_name_addr_parse(arena, routes->rest, out, &routes->rest);
	if (err == 0)
		settle(routes);
	return err;
}

/* Past the first value, which has been parsed. */
static void
skip_first(struct routes *routes, const struct sip_name_addr *first)
{
	struct str *rest = &routes->rest;

	*rest = first->len < rest->len
		    ? str_make(rest->p + first->len + 1,
			       rest->len - first->len - 1)
		    : str_make(NULL, 0);
	settle(routes);
}

/* Whether two Routes were made for one call at one time (RFC 5658), which may
 * have been by a node that shares its keys with us. */
static bool
is_twin(const struct sip_name_addr *a, const struct sip_name_addr *b)
{
	struct str token = sip_uri_param(&a->uri, TOKEN_PARAM);

	return token.len == TOKEN_LEN &&
	       str_eq(token, sip_uri_param(&b->uri, TOKEN_PARAM));
}

/* Whether they were made for two calls: one that came through here twice, and
 * goes through here twice again. */
static bool
is_other_call(const struct sip_name_addr *a, const struct sip_name_addr *b)
{
	return sip_uri_param(&a->uri, TOKEN_PARAM).p != NULL &&
	       sip_uri_param(&b->uri, TOKEN_PARAM).p != NULL && !is_twin(a, b);
}

int
way_next_hop(struct arena *arena, const struct listeners *listeners,
	     const struct sip_msg *msg, const struct sip_name_addr *first,
	     const struct sip_uri *uri, struct way_next *out)
{
	struct sip_name_addr route, own;
	struct routes routes;
	int err = 0;

	out->n_own = 1;
	out->out_listener = -1;
	out->is_secure = out->is_natted = false;
	begin_routes(&routes, msg);
	if (first != NULL)
		skip_first(&routes, first);
	else
		err = next_route(&routes, arena, &own);
	if (first == NULL)
		first = &own;
	if (err == 0) {
		out->out_listener = listeners_find(listeners, &first->uri);
		out->is_secure = first->uri.scheme == SIP_SCHEME_SIPS;
		err = next_route(&routes, arena, &route);
	}
	if (err == 0) {
		int own_listener = listeners_find(listeners, &route.uri);

		if (is_twin(first, &route) ||
		    (own_listener >= 0 && !is_other_call(first, &route))) {
			out->out_listener = own_listener;
			out->n_own = 2;
			err = next_route(&routes, arena, &route);
		}
	}
	if (err == 0)
		out->uri = route.uri;
	out->is_ruri = err == ERR_END;
	if (err != ERR_END)
		return err;
	if (uri == NULL)
		return sip_uri_parse(arena, msg->ruri, &out->uri);
	out->uri = *uri;
	return 0;
}

/* So many bits cannot be met by choice, without the key. 0 stands for none. */
static uint64_t
hash_name(const struct hash_key *key, const struct sip_uri *uri)
{
	char lower[256];
	size_t len = uri->host.len < sizeof(lower) - 2 ? uri->host.len
						       : sizeof(lower) - 2;

	for (size_t i = 0; i < len; i++) {
		char c = uri->host.p[i];

		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	memcpy(lower + len, &uri->port, sizeof(uri->port));
	return hash_bytes(key, lower, len + sizeof(uri->port)) | 1;
}

static void
take_hop(struct live_way *way, const struct hash_key *key,
	 const struct sip_uri *uri)
{
	way->callee = uri->addr;
	way->name_hash = uri->addr.family == 0 ? hash_name(key, uri) : 0;
}

/* Look through a row for our value; way keeps the one before it. Returns
 * whether it is there. */
static bool
find_own(struct arena *arena, const struct hash_key *key, struct str list,
	 const char *token, struct live_way *way)
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
		take_hop(way, key, &value.uri);
		way->is_fixed = true;
	}
	return false;
}

static void
read_contact(struct arena *arena, const struct hash_key *key,
	     const struct sip_msg *msg, struct live_way *way)
{
	struct str value = sip_value(msg, SIP_HDR_CONTACT);
	struct sip_name_addr contact;

	if (value.p != NULL &&
	    sip_name_addr_parse(arena, value, &contact, NULL) == 0)
		take_hop(way, key, &contact.uri);
}

void
way_of_answer(struct arena *arena, const struct hash_key *key,
	      const struct sip_msg *answer, const char *token,
	      struct live_way *out)
{
	int row = answer->first[SIP_HDR_RECORD_ROUTE];

	while (row >= 0) {
		const struct sip_field *field = &answer->fields[row];

		if (find_own(arena, key, sip_field_value(answer, field), token,
			     out)) {
			if (!out->is_fixed)
				read_contact(arena, key, answer, out);
			return;
		}
		row = field->next;
	}
	/* Our Record-Route did not come back: nothing will come through us. */
	out->callee = (struct addr){ 0 };
	out->name_hash = 0;
}

void
way_refresh(struct arena *arena, const struct hash_key *key,
	    const struct sip_msg *msg, struct live_way *way)
{
	if (!way->is_fixed)
		read_contact(arena, key, msg, way);
}

void
way_follow(struct live_way *way, const struct sip_flow *from)
{
	if (from->transport == way->caller.transport &&
	    addr_eq_ip(&from->addr, &way->caller.addr))
		way->caller = *from;
}

bool
way_to_callee(const struct live_way *way, const struct hash_key *key,
	      const struct sip_uri *uri, const struct addr *to)
{
	if (way->name_hash != 0)
		return uri->addr.family == 0 &&
		       hash_name(key, uri) == way->name_hash;
	return way->callee.family == 0 || addr_eq(&way->callee, to);
}

bool
way_from_callee(const struct live_way *way, const struct addr *from)
{
	return way->callee.family == 0 || addr_eq_ip(&way->callee, from) ||
	       addr_eq_ip(&way->gateway.addr, from);
}
