/* names.c - families, protocols and identifiers as text */
#include <stdio.h>

#include "base/err.h"
#include "trip/settings.h"

struct name {
	const char *text;
	uint16_t code;
};

static const struct name families[] = {
	{ "decimal", TRIP_AF_DECIMAL },
	{ "pentadecimal", TRIP_AF_PENTADECIMAL },
	{ "e164", TRIP_AF_E164 },
	{ "trunkgroup", TRIP_AF_TRUNK_GROUP },
	{ "carrier", TRIP_AF_CARRIER },
};

static const struct name protocols[] = {
	{ "sip", TRIP_APP_SIP },
	{ "h323-q931", TRIP_APP_H323_Q931 },
	{ "h323-ras", TRIP_APP_H323_RAS },
	{ "h323-annexg", TRIP_APP_H323_ANNEX_G },
};

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

static int
code_of(const struct name *names, size_t n, struct str text, uint16_t *out)
{
	uint64_t number;

	for (size_t i = 0; i < n; i++) {
		if (str_eq_nocase(text, str_of(names[i].text))) {
			*out = names[i].code;
			return 0;
		}
	}
	if (str_parse_u64(text, UINT16_MAX, &number) != 0 || number == 0)
		return ERR_SYNTAX;
	*out = (uint16_t)number;
	return 0;
}

static const char *
name_of(const struct name *names, size_t n, uint16_t code, char *out)
{
	for (size_t i = 0; i < n; i++) {
		if (names[i].code == code)
			return names[i].text;
	}
	snprintf(out, 16, "%u", code);
	return out;
}

int
trip_route_type_parse(struct str text, struct trip_route_type *out)
{
	struct str rest = text, family = str_cut(&rest, '/');

	if (rest.p == NULL)
		rest = str_of("sip");
	if (code_of(families, N_ITEMS(families), family, &out->family) != 0)
		return ERR_SYNTAX;
	return code_of(protocols, N_ITEMS(protocols), rest, &out->protocol);
}

const char *
trip_family_text(uint16_t family, char *out)
{
	return name_of(families, N_ITEMS(families), family, out);
}

const char *
trip_protocol_text(uint16_t protocol, char *out)
{
	return name_of(protocols, N_ITEMS(protocols), protocol, out);
}

int
trip_id_parse(struct str text, uint32_t *out)
{
	struct addr addr;
	uint64_t number;

	if (str_parse_u64(text, UINT32_MAX, &number) == 0) {
		*out = (uint32_t)number;
		return 0;
	}
	if (addr_parse_ip(text, &addr) != 0 || addr.family != 4)
		return ERR_SYNTAX;
	*out = (uint32_t)addr.ip[0] << 24 | (uint32_t)addr.ip[1] << 16 |
	       (uint32_t)addr.ip[2] << 8 | addr.ip[3];
	return 0;
}

const char *
trip_id_format(uint32_t id, char *out)
{
	snprintf(out, 16, "%u.%u.%u.%u", id >> 24, id >> 16 & 255,
		 id >> 8 & 255, id & 255);
	return out;
}
