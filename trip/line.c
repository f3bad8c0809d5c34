/* line.c - routes as lines of text */
#include "trip/line.h"

#include "base/err.h"
#include "trip/policy.h"
#include "trip/settings.h"

const char trip_line_keys[] =
    "type next_hop next_hop_itad preference med communities "
    "resource_priority total_circuits available_circuits calls "
    "prefixes_e164 prefixes_pentadecimal prefixes_decimal trunk_groups "
    "carriers";

typedef bool put_fn(struct trip_draft *draft, unsigned type, struct str value);

static bool
put_number(struct trip_draft *draft, unsigned type, struct str value)
{
	uint64_t number;

	return str_parse_u64(value, UINT32_MAX, &number) == 0 &&
	       trip_draft_set_u32(draft, type, (uint32_t)number);
}

static bool
put_communities(struct trip_draft *draft, unsigned type, struct str value)
{
	struct wbuf w = trip_draft_scratch(draft);
	uint32_t itad, id;

	while (value.p != NULL) {
		if (trip_community_parse(str_cut(&value, ','), &itad, &id) != 0)
			return false;
		wbuf_u32(&w, itad);
		wbuf_u32(&w, id);
	}
	return trip_draft_set_written(draft, type, &w);
}

/* Lists of RFC 5140 and RFC 5115; what they may hold the table knows. */
static bool
put_entries(struct trip_draft *draft, unsigned type, struct str value)
{
	bool is_short = type >= TRIP_TRUNK_GROUP;
	struct wbuf w = trip_draft_scratch(draft);

	if (str_eq_text(value, "*"))
		value = str_make(NULL, 0);
	while (value.p != NULL) {
		struct str entry = str_cut(&value, ',');

		if (is_short && entry.len > UINT8_MAX)
			return false;
		if (is_short)
			wbuf_u8(&w, (uint8_t)entry.len);
		else
			wbuf_u16(&w, (uint16_t)entry.len);
		wbuf_str(&w, entry);
	}
	return trip_draft_set_written(draft, type, &w) &&
	       trip_attr_check(type, trip_draft_get(draft, type)) == 0;
}

/* "95/100": ok of attempted */
static bool
put_calls(struct trip_draft *draft, unsigned type, struct str value)
{
	struct wbuf w = trip_draft_scratch(draft);
	struct str rest = value;
	uint64_t ok, attempted;

	if (str_parse_u64(str_cut(&rest, '/'), UINT32_MAX, &ok) != 0 ||
	    rest.p == NULL ||
	    str_parse_u64(rest, UINT32_MAX, &attempted) != 0 || ok > attempted)
		return false;
	wbuf_u32(&w, (uint32_t)ok);
	wbuf_u32(&w, (uint32_t)attempted);
	return trip_draft_set_written(draft, type, &w);
}

static const struct {
	const char *key;
	unsigned type;
	put_fn *put;
} keys[] = {
	{ "preference", TRIP_LOCAL_PREFERENCE, put_number },
	{ "med", TRIP_MULTI_EXIT_DISC, put_number },
	{ "communities", TRIP_COMMUNITIES, put_communities },
	{ "resource_priority", TRIP_RESOURCE_PRIORITY, put_entries },
	{ "total_circuits", TRIP_TOTAL_CAPACITY, put_number },
	{ "available_circuits", TRIP_AVAILABLE_CIRCUITS, put_number },
	{ "calls", TRIP_CALL_SUCCESS, put_calls },
	{ "prefixes_e164", TRIP_PREFIX_E164, put_entries },
	{ "prefixes_pentadecimal", TRIP_PREFIX_PENTADECIMAL, put_entries },
	{ "prefixes_decimal", TRIP_PREFIX_DECIMAL, put_entries },
	{ "trunk_groups", TRIP_TRUNK_GROUP, put_entries },
	{ "carriers", TRIP_CARRIER, put_entries },
};

struct next_hop {
	uint32_t itad;
	struct str server;
};

static bool
take_word(struct str key, struct str value, struct trip_prefix *prefix,
	  struct next_hop *next_hop, struct trip_draft *draft)
{
	struct trip_route_type type;
	uint64_t itad;

	if (str_eq_text(key, "type")) {
		if (trip_route_type_parse(value, &type) != 0)
			return false;
		prefix->family = type.family;
		prefix->protocol = type.protocol;
		return true;
	}
	if (str_eq_text(key, "next_hop")) {
		next_hop->server = value;
		return trip_server_is_valid(value);
	}
	if (str_eq_text(key, "next_hop_itad")) {
		if (str_parse_u64(value, UINT32_MAX, &itad) != 0 || itad == 0)
			return false;
		next_hop->itad = (uint32_t)itad;
		return true;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (str_eq_text(key, keys[i].key))
			return keys[i].put(draft, keys[i].type, value);
	}
	return false;
}

static bool
put_next_hop(struct trip_draft *draft, const struct next_hop *next_hop)
{
	struct wbuf w = trip_draft_scratch(draft);

	if (next_hop->server.len == 0)
		return false;
	wbuf_u32(&w, next_hop->itad);
	wbuf_str16(&w, next_hop->server);
	return trip_draft_set_written(draft, TRIP_NEXT_HOP, &w);
}

/* The next word of a line; empty at its end. */
static struct str
next_word(struct str *rest)
{
	struct str word = str_make(rest->p, 0);

	*rest = str_trim(*rest);
	word.p = rest->p;
	while (rest->len > 0 && rest->p[0] != ' ' && rest->p[0] != '\t') {
		rest->p++;
		rest->len--;
		word.len++;
	}
	return word;
}

int
trip_line_parse(struct str text, const struct trip_line_defaults *defaults,
		struct trip_prefix *prefix, struct trip_draft *draft,
		struct str *bad)
{
	struct next_hop next_hop = { defaults->itad,
				     str_of(defaults->next_hop) };
	struct str rest = text, address = next_word(&rest), word;

	trip_draft_init(draft);
	*prefix = (struct trip_prefix){ TRIP_AF_E164, TRIP_APP_SIP, address };
	if (str_eq_text(address, "-"))
		prefix->address.len = 0;
	for (;;) {
		struct str value, key;

		word = next_word(&rest);
		if (word.len == 0)
			break;
		*bad = value = word;
		key = str_cut(&value, '=');
		if (value.p == NULL ||
		    !take_word(key, value, prefix, &next_hop, draft))
			return ERR_SYNTAX;
	}
	*bad = address;
	if (!trip_address_is_valid(prefix->family, prefix->address))
		return ERR_SYNTAX;
	*bad = str_of("next_hop is missing");
	return put_next_hop(draft, &next_hop) ? 0 : ERR_SYNTAX;
}
