/* attr.c - the table of attributes */
#include "trip/attr.h"

#include <assert.h>

#include "base/err.h"

#define OPTIONAL TRIP_FLAG_NOT_WELL_KNOWN
#define INDEPENDENT (TRIP_FLAG_NOT_WELL_KNOWN | TRIP_FLAG_TRANSITIVE)
#define ANY_LEN TRIP_MESSAGE_MAX

/* --- values --- */

static bool
routes_are_valid(struct str value)
{
	struct trip_prefix prefix;
	struct rbuf r;
	int err;

	rbuf_init(&r, value.p, value.len);
	while ((err = trip_prefix_next(&r, &prefix)) == 0)
		;
	return err == ERR_END;
}

static bool
next_hop_is_valid(struct str value)
{
	struct rbuf r;
	uint32_t itad;
	struct str server;

	rbuf_init(&r, value.p, value.len);
	itad = rbuf_u32(&r);
	server = rbuf_str16(&r);
	return r.err == 0 && rbuf_left(&r) == 0 && itad != 0 &&
	       trip_server_is_valid(server);
}

static bool
entries_are_valid(struct str value, unsigned octets, uint16_t family)
{
	struct rbuf r;
	struct str entry;
	int err;

	rbuf_init(&r, value.p, value.len);
	while ((err = trip_entry_next(&r, octets, &entry)) == 0) {
		if (!trip_address_is_valid(family, entry))
			return false;
	}
	return err == ERR_END;
}

static bool
e164_are_valid(struct str value)
{
	return entries_are_valid(value, 2, TRIP_AF_E164);
}

static bool
pentadecimals_are_valid(struct str value)
{
	return entries_are_valid(value, 2, TRIP_AF_PENTADECIMAL);
}

static bool
trunk_groups_are_valid(struct str value)
{
	return entries_are_valid(value, 1, TRIP_AF_TRUNK_GROUP);
}

static bool
carriers_are_valid(struct str value)
{
	return entries_are_valid(value, 1, TRIP_AF_CARRIER);
}

/* RFC 5115 4.1: one or more name spaces (RFC 4412's token). */
static bool
name_spaces_are_valid(struct str value)
{
	struct rbuf r;
	struct str name;
	int err;

	rbuf_init(&r, value.p, value.len);
	while ((err = trip_entry_next(&r, 2, &name)) == 0) {
		if (name.len == 0)
			return false;
		for (size_t i = 0; i < name.len; i++) {
			char c = name.p[i];

			if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			      (c >= 'A' && c <= 'Z')) &&
			    (c == '\0' || strchr("-!%*_+`'~", c) == NULL))
				return false;
		}
	}
	return err == ERR_END;
}

/* --- the table --- */

/* RFC 3219 section 5, RFC 5115, RFC 5140 section 4. */
static const struct trip_attr_row rows[TRIP_N_KNOWN] = {
	[TRIP_WITHDRAWN] = { "WithdrawnRoutes", 0, true, 0, ANY_LEN, 1,
			     routes_are_valid },
	[TRIP_REACHABLE] = { "ReachableRoutes", 0, true, 0, ANY_LEN, 1,
			     routes_are_valid },
	[TRIP_NEXT_HOP] = { "NextHopServer", 0, false, 6, ANY_LEN, 1,
			    next_hop_is_valid },
	[TRIP_ADVERTISEMENT_PATH] = { "AdvertisementPath", 0, false, 0, ANY_LEN,
				      1, trip_path_is_valid },
	[TRIP_ROUTED_PATH] = { "RoutedPath", 0, false, 0, ANY_LEN, 1,
			       trip_path_is_valid },
	[TRIP_ATOMIC_AGGREGATE] = { "AtomicAggregate", 0, false, 0, 0, 1,
				    NULL },
	[TRIP_LOCAL_PREFERENCE] = { "LocalPreference", 0, false, 4, 4, 1,
				    NULL },
	[TRIP_MULTI_EXIT_DISC] = { "MultiExitDisc", 0, false, 4, 4, 1, NULL },
	[TRIP_COMMUNITIES] = { "Communities", INDEPENDENT, false, 0, ANY_LEN,
			       8, NULL },
	[TRIP_TOPOLOGY] = { "ITAD Topology", 0, true, 0, ANY_LEN, 4, NULL },
	[TRIP_CONVERTED_ROUTE] = { "ConvertedRoute", 0, false, 0, 0, 1, NULL },
	[TRIP_RESOURCE_PRIORITY] = { "ResourcePriority", INDEPENDENT, false, 3,
				     ANY_LEN, 1, name_spaces_are_valid },
	[TRIP_TOTAL_CAPACITY] = { "TotalCircuitCapacity", OPTIONAL, false, 4,
				  4, 1, NULL },
	[TRIP_AVAILABLE_CIRCUITS] = { "AvailableCircuits", OPTIONAL, false, 4,
				      4, 1, NULL },
	[TRIP_CALL_SUCCESS] = { "CallSuccess", OPTIONAL, false, 8, 8, 1,
				NULL },
	[TRIP_PREFIX_E164] = { "E.164 Prefix", OPTIONAL, false, 0, ANY_LEN, 1,
			       e164_are_valid },
	[TRIP_PREFIX_PENTADECIMAL] = { "Pentadecimal Prefix", OPTIONAL, false,
				       0, ANY_LEN, 1, pentadecimals_are_valid },
	[TRIP_PREFIX_DECIMAL] = { "Decimal Prefix", OPTIONAL, false, 0,
				  ANY_LEN, 1, e164_are_valid },
	[TRIP_TRUNK_GROUP] = { "TrunkGroup", OPTIONAL, false, 0, ANY_LEN, 1,
			       trunk_groups_are_valid },
	[TRIP_CARRIER] = { "Carrier", OPTIONAL, false, 0, ANY_LEN, 1,
			   carriers_are_valid },
};

const struct trip_attr_row *
trip_attr_find(unsigned type)
{
	return type < TRIP_N_KNOWN && rows[type].name != NULL ? &rows[type]
							      : NULL;
}

const char *
trip_attr_name(unsigned type)
{
	const struct trip_attr_row *row = trip_attr_find(type);

	return row != NULL ? row->name : NULL;
}

uint8_t
trip_attr_flags(unsigned type)
{
	const struct trip_attr_row *row = trip_attr_find(type);

	return row != NULL ? row->flags : 0;
}

int
trip_attr_check(unsigned type, struct str value)
{
	const struct trip_attr_row *row = trip_attr_find(type);

	assert(row != NULL);
	if (value.len < row->min_len || value.len > row->max_len ||
	    value.len % row->unit != 0)
		return ERR_RANGE;
	if (row->is_valid != NULL && !row->is_valid(value))
		return ERR_SYNTAX;
	return 0;
}

void
trip_attr_encode(struct wbuf *w, uint8_t flags, unsigned type,
		 struct str value)
{
	wbuf_u8(w, flags);
	wbuf_u8(w, (uint8_t)type);
	wbuf_str16(w, value);
}
