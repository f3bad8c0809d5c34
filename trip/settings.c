/* settings.c - the settings of a speaker */
#include "trip/settings.h"

#include <assert.h>
#include <stdio.h>

#include "base/err.h"

static const char *const actions[] = { "accept", "deny", NULL };
static const char *const modes[] = { "send-receive", "send-only",
				     "receive-only", NULL };

static const char *const unpriced_words[] = { "deny", "allow", NULL };
static const char *const offer_words[] = { "selected", "all", NULL };

/* --- tables --- */

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

#define FIELD(name, kind, owner, ...)                                         \
	{                                                                     \
		.key = #name, .type = (kind),                                 \
		.offset = offsetof(owner, name), __VA_ARGS__                  \
	}
#define RULE(name, kind, ...)                                                 \
	FIELD(name, kind, struct trip_rule, __VA_ARGS__)
#define PEER(name, kind, ...)                                                 \
	FIELD(name, kind, struct trip_peer_settings, __VA_ARGS__)
#define TIMER(name, from, to, value)                                          \
	FIELD(name, CONF_INT, struct trip_timer_settings, .min = (from),      \
	      .max = (to), .preset = (value), .unit = "s", .reloadable = true)
#define TRIP(name, kind, ...)                                                 \
	FIELD(name, kind, struct trip_settings, __VA_ARGS__)
#define ITADS .min = 1, .max = UINT32_MAX
/* Of a peer: its session goes on. */
#define LIVE .reloadable = true

static int
check_rule(const void *item, struct conf_errors *errors, const char *path,
	   int line)
{
	const char *bad;

	if (trip_rule_check(item, &bad) == 0)
		return 0;
	return conf_error(errors, path, line,
			  "a rule has %s, expected digits of a prefix, an "
			  "ITAD, ITAD:ID or a host",
			  bad);
}

static const struct conf_field rule_fields[] = {
	RULE(prefixes, CONF_STRINGS, .help = "digits a route begins with"),
	RULE(itads, CONF_STRINGS, .help = "ITADs in its AdvertisementPath"),
	RULE(communities, CONF_STRINGS, .help = "one of its communities"),
	RULE(action, CONF_ENUM, .words = actions, .help = "what to do"),
	RULE(local_preference, CONF_INT, .min = -1, .max = UINT32_MAX,
	     .preset = -1, .help = "LocalPreference to set (import)"),
	RULE(med, CONF_INT, .min = -1, .max = UINT32_MAX, .preset = -1,
	     .help = "MultiExitDisc to set"),
	RULE(next_hop, CONF_STRING, .help = "server to put in (export)"),
	RULE(add_communities, CONF_STRINGS, .help = "communities to add"),
	RULE(remove_communities, CONF_STRINGS, .help = "and to remove"),
};

static const struct conf_table rule_table = {
	rule_fields, N_ITEMS(rule_fields), sizeof(struct trip_rule), check_rule
};

static int
check_server(const char *server, struct conf_errors *errors, const char *path,
	     int line)
{
	if (server == NULL || trip_server_is_valid(str_of(server)))
		return 0;
	return conf_error(errors, path, line,
			  "next_hop is \"%s\", expected a host with or "
			  "without port",
			  server);
}

/* The longest key the kernel takes. */
#define PASSWORD_MAX 80

static int
check_peer(const void *item, struct conf_errors *errors, const char *path,
	   int line)
{
	const struct trip_peer_settings *peer = item;
	struct addr addr;

	if (addr_parse(str_of(peer->address), TRIP_PORT, &addr) != 0)
		return conf_error(errors, path, line,
				  "address is \"%s\", expected an IP address "
				  "with or without port",
				  peer->address);
	if (peer->password != NULL && (strlen(peer->password) > PASSWORD_MAX ||
				       peer->password[0] == '\0'))
		return conf_error(errors, path, line,
				  "password of %s has %zu octets, expected 1 "
				  "to %d (RFC 2385)",
				  peer->address, strlen(peer->password),
				  PASSWORD_MAX);
	if (peer->tls_name != NULL && strlen(peer->tls_name) > TRIP_NAME_MAX)
		return conf_error(errors, path, line,
				  "tls_name of %s has %zu octets, expected at "
				  "most %d",
				  peer->address, strlen(peer->tls_name),
				  TRIP_NAME_MAX);
	return check_server(peer->next_hop, errors, path, line);
}

static const struct conf_field peer_fields[] = {
	PEER(address, CONF_STRING, .required = true,
	     .help = "where it is, and the address it comes from"),
	PEER(itad, CONF_INT, ITADS, .required = true, .help = "its ITAD"),
	PEER(carrier, CONF_STRING, LIVE, .help = "the carrier its routes belong to"),
	PEER(unpriced, CONF_ENUM, LIVE, .words = unpriced_words,
	     .help = "routes that this carrier's tariff has no price for"),
	PEER(priority, CONF_INT, LIVE, .min = 0, .max = 1000000,
	     .help = "among the carrier's gateways"),
	PEER(next_hop, CONF_STRING,
	     .help = "server told to it instead of the routes' own"),
	PEER(tgrep, CONF_BOOL, .help = "it is a gateway (RFC 5140)"),
	PEER(passive, CONF_BOOL, LIVE, .help = "wait for it to connect"),
	PEER(max_prefixes, CONF_INT, LIVE, .min = 0, .max = 100000000,
	     .preset = 2000000, .help = "routes after which it is cut off"),
	PEER(password, CONF_STRING, .help = "TCP-MD5 key (RFC 2385)"),
	PEER(gtsm, CONF_BOOL, .help = "only from one hop away (RFC 5082)"),
	PEER(tls, CONF_BOOL, .help = "TLS, as trip.tls says; both sides prove who they are"),
	PEER(tls_name, CONF_STRING,
	     .help = "domain or address in its certificate; its address if not set"),
	PEER(aggregate, CONF_BOOL,
	     .help = "tell it one prefix for all that are a digit longer"),
	PEER(strict_withdraw, CONF_BOOL,
	     .help = "withdrawals need NextHopServer and AdvertisementPath"),
	PEER(legacy_converted_route, CONF_BOOL,
	     .help = "type 12 may be ConvertedRoute"),
	PEER(import, CONF_LIST, .sub = &rule_table,
	     .help = "rules for its routes; the first that matches counts"),
	PEER(export, CONF_LIST, .sub = &rule_table,
	     .help = "rules for routes told to it"),
};

static const struct conf_table peer_table = {
	peer_fields, N_ITEMS(peer_fields), sizeof(struct trip_peer_settings),
	check_peer
};

#define CARRIER(name, kind, ...)                                              \
	FIELD(name, kind, struct trip_carrier_settings, __VA_ARGS__)
#define EXPORT(name, kind, ...)                                               \
	FIELD(name, kind, struct trip_export_settings, __VA_ARGS__)

static const struct conf_field carrier_fields[] = {
	CARRIER(itad, CONF_INT, ITADS, .required = true,
		.help = "of next hops, or of the neighbour that told"),
	CARRIER(carrier, CONF_STRING, .required = true,
		.help = "the carrier its routes belong to"),
	CARRIER(unpriced, CONF_ENUM, .words = unpriced_words,
		.help = "routes that this carrier's tariff has no price for"),
	CARRIER(priority, CONF_INT, .min = 0, .max = 1000000,
		.help = "among the carrier's gateways"),
};

static const struct conf_table carrier_table = {
	carrier_fields, N_ITEMS(carrier_fields),
	sizeof(struct trip_carrier_settings), NULL
};

/* What may be announced is what a rule may say of a route. */
static int
check_export(const void *item, struct conf_errors *errors, const char *path,
	     int line)
{
	const struct trip_export_settings *export = item;
	const struct trip_rule rule = {
		.prefixes = export->prefixes,
		.next_hop = export->next_hop,
		.add_communities = export->communities,
	};
	char *const *prefixes = export->prefixes.items;

	if (check_rule(&rule, errors, path, line) != 0)
		return ERR_INVAL;
	for (size_t i = 0; i < export->prefixes.n; i++) {
		if (!trip_address_is_valid(TRIP_AF_E164, str_of(prefixes[i])))
			return conf_error(errors, path, line,
					  "an exported prefix is \"%s\", "
					  "expected digits",
					  prefixes[i]);
	}
	return 0;
}

static const struct conf_field export_fields[] = {
	EXPORT(prefixes, CONF_STRINGS, .min = 1, .required = true,
	       .help = "digits that are announced"),
	EXPORT(gateways, CONF_STRINGS,
	       .help = "while one of these can take calls"),
	EXPORT(carriers, CONF_STRINGS,
	       .help = "while a gateway of one of these can take calls"),
	EXPORT(next_hop, CONF_STRING, .help = "server; trip.next_hop if not set"),
	EXPORT(med, CONF_INT, .min = -1, .max = UINT32_MAX, .preset = -1,
	       .help = "MultiExitDisc"),
	EXPORT(communities, CONF_STRINGS, .help = "ITAD:ID, NO_EXPORT"),
};

static const struct conf_table export_table = {
	export_fields, N_ITEMS(export_fields),
	sizeof(struct trip_export_settings), check_export
};

static int
check_timers(const void *item, struct conf_errors *errors, const char *path,
	     int line)
{
	const struct trip_timer_settings *timers = item;

	if (timers->hold_s != 1 && timers->hold_s != 2)
		return 0;
	return conf_error(errors, path, line,
			  "trip.timers.hold_s is %d, expected 0 or 3..65535 "
			  "(RFC 3219, 4.2)",
			  (int)timers->hold_s);
}

/* Presets: RFC 3219 A.2.4. */
static const struct conf_field timer_fields[] = {
	TIMER(hold_s, 0, UINT16_MAX, 90),
	TIMER(keepalive_s, 3, UINT16_MAX, 30),
	TIMER(connect_retry_s, 1, UINT16_MAX, 120),
	TIMER(idle_hold_s, 1, UINT16_MAX, 60),
	TIMER(idle_hold_max_s, 1, 86400, 3600),
	TIMER(min_route_advertisement_s, 0, UINT16_MAX, 30),
	TIMER(min_itad_origination_s, 0, UINT16_MAX, 30),
	TIMER(max_purge_s, 1, UINT16_MAX, 10),
	TIMER(disable_s, 1, UINT16_MAX, 180),
};

static const struct conf_table timer_table = {
	timer_fields, N_ITEMS(timer_fields), sizeof(struct trip_timer_settings),
	check_timers
};

#define TLS(name, ...)                                                        \
	FIELD(name, CONF_STRING, struct trip_tls_settings,                    \
	      .reloadable = true, __VA_ARGS__)

static const struct conf_field tls_fields[] = {
	TLS(certificate, .help = "PEM file: ours, and its chain"),
	TLS(key, .help = "PEM file; certificate's if not set"),
	TLS(ca, .help = "PEM file: who vouches for peers; the system's if not set"),
};

static const struct conf_table tls_table = {
	tls_fields, N_ITEMS(tls_fields), sizeof(struct trip_tls_settings), NULL
};

static int
check_route_types(const struct trip_settings *trip, struct conf_errors *errors,
		  const char *path, int line)
{
	char *const *types = trip->route_types.items;
	struct trip_route_type type;

	for (size_t i = 0; i < trip->route_types.n; i++) {
		if (trip_route_type_parse(str_of(types[i]), &type) != 0)
			return conf_error(errors, path, line,
					  "route type is \"%s\", expected "
					  "FAMILY/PROTOCOL like e164/sip",
					  types[i]);
	}
	return 0;
}

/* Both sides have one. */
static int
check_tls(const struct trip_settings *trip, struct conf_errors *errors,
	  const char *path, int line)
{
	const struct trip_peer_settings *peers = trip->peers.items;

	for (size_t i = 0; i < trip->peers.n; i++) {
		if (peers[i].tls && trip->tls.certificate == NULL)
			return conf_error(errors, path, line,
					  "trip.tls.certificate is missing, "
					  "expected a file, for peer %s has "
					  "tls",
					  peers[i].address);
	}
	return 0;
}

/* Somebody has to take the calls. */
static int
check_exports(const struct trip_settings *trip, struct conf_errors *errors,
	      const char *path, int line)
{
	const struct trip_export_settings *exports = trip->exports.items;

	for (size_t i = 0; i < trip->exports.n; i++) {
		if (exports[i].next_hop == NULL && trip->next_hop == NULL)
			return conf_error(errors, path, line,
					  "trip.exports[%zu] has no next_hop, "
					  "expected one there or in trip",
					  i);
	}
	return 0;
}

static int
check_trip(const void *item, struct conf_errors *errors, const char *path,
	   int line)
{
	const struct trip_settings *trip = item;
	struct addr addr;
	uint32_t id;

	if (trip_id_parse(str_of(trip->id), &id) != 0)
		return conf_error(errors, path, line,
				  "trip.id is \"%s\", expected a number like "
				  "192.0.2.10",
				  trip->id);
	if (trip->listen != NULL &&
	    addr_parse(str_of(trip->listen), TRIP_PORT, &addr) != 0)
		return conf_error(errors, path, line,
				  "trip.listen is \"%s\", expected an IP "
				  "address with or without port",
				  trip->listen);
	if (check_route_types(trip, errors, path, line) != 0 ||
	    check_exports(trip, errors, path, line) != 0 ||
	    check_tls(trip, errors, path, line) != 0)
		return ERR_INVAL;
	return check_server(trip->next_hop, errors, path, line);
}

static const struct conf_field trip_fields[] = {
	TRIP(itad, CONF_INT, ITADS, .required = true, .help = "our ITAD"),
	TRIP(id, CONF_STRING, .required = true, .help = "TRIP Identifier"),
	TRIP(listen, CONF_STRING, .help = "address for peers to connect to"),
	TRIP(mode, CONF_ENUM, .words = modes, .help = "for all peers"),
	TRIP(gateway, CONF_BOOL,
	     .help = "we are a gateway (RFC 5140), which only sends"),
	TRIP(compare_med, CONF_BOOL, LIVE, .help = "MultiExitDisc breaks ties"),
	TRIP(lower_med_wins, CONF_BOOL, LIVE, .help = "the lower one, not the higher"),
	TRIP(consolidate, CONF_BOOL, LIVE, .preset = true,
	     .help = "merge gateways' routes (RFC 5140, 7.1)"),
	TRIP(default_preference, CONF_INT, LIVE, .min = 0, .max = UINT32_MAX,
	     .preset = 100, .help = "of routes that no rule gives one"),
	TRIP(next_hop, CONF_STRING, LIVE, .help = "our signalling server"),
	TRIP(route_types, CONF_STRINGS, .max = TRIP_ROUTE_TYPES_MAX,
	     .help = "FAMILY/PROTOCOL that we take"),
	TRIP(tls, CONF_GROUP, .sub = &tls_table, .help = "of peers that have tls"),
	TRIP(timers, CONF_GROUP, .sub = &timer_table, .help = "in seconds"),
	TRIP(peers, CONF_LIST, LIVE, .sub = &peer_table, .help = "other speakers"),
	TRIP(carriers, CONF_LIST, LIVE, .sub = &carrier_table,
	     .help = "whose routes those of an ITAD are"),
	TRIP(exports, CONF_LIST, LIVE, .sub = &export_table,
	     .help = "prefixes that are announced for our gateways"),
	TRIP(offer, CONF_ENUM, LIVE, .words = offer_words,
	     .help = "which routes of a prefix calls are offered to"),
};

const struct conf_table trip_settings_table = {
	trip_fields, N_ITEMS(trip_fields), sizeof(struct trip_settings),
	check_trip
};

/* --- in their real types --- */

enum trip_mode
trip_settings_mode(const struct trip_settings *settings)
{
	if (settings->gateway)
		return TRIP_SEND_ONLY;
	return (enum trip_mode)(settings->mode + TRIP_SEND_RECEIVE);
}

uint32_t
trip_settings_id(const struct trip_settings *settings)
{
	uint32_t id = 0;

	(void)trip_id_parse(str_of(settings->id), &id);
	return id;
}

static void
default_types(bool is_gateway, struct trip_open *out)
{
	static const uint16_t all[] = { TRIP_AF_E164, TRIP_AF_DECIMAL,
					TRIP_AF_PENTADECIMAL,
					TRIP_AF_TRUNK_GROUP, TRIP_AF_CARRIER };

	/* A gateway may have one kind only (RFC 5140 6.7). */
	for (size_t i = 0; i < (is_gateway ? 3 : N_ITEMS(all)); i++)
		out->route_types[out->n_route_types++] =
		    (struct trip_route_type){ all[i], TRIP_APP_SIP };
}

void
trip_settings_open(const struct trip_settings *settings, struct trip_open *out)
{
	char *const *types = settings->route_types.items;

	memset(out, 0, sizeof(*out));
	out->version = TRIP_VERSION;
	out->hold_s = (uint16_t)settings->timers.hold_s;
	out->itad = (uint32_t)settings->itad;
	out->id = trip_settings_id(settings);
	out->mode = trip_settings_mode(settings);
	out->has_route_types = true;
	for (size_t i = 0; i < settings->route_types.n; i++)
		(void)trip_route_type_parse(
		    str_of(types[i]), &out->route_types[out->n_route_types++]);
	if (out->n_route_types == 0)
		default_types(settings->gateway, out);
}

#define SWAP(type, a, b)                                                      \
	do {                                                                  \
		type swapped = (a);                                           \
		(a) = (b);                                                    \
		(b) = swapped;                                                \
	} while (0)

void
trip_settings_keep_fixed(struct trip_settings *next,
			 struct trip_settings *before)
{
	SWAP(int64_t, next->itad, before->itad);
	SWAP(char *, next->id, before->id);
	SWAP(char *, next->listen, before->listen);
	SWAP(int, next->mode, before->mode);
	SWAP(bool, next->gateway, before->gateway);
	SWAP(struct conf_list, next->route_types, before->route_types);
}

static void
note_difference(void *arg, const char *setting, bool reloadable)
{
	enum trip_peer_change *change = arg;

	(void)setting;
	if (*change != TRIP_PEER_RESET)
		*change = reloadable ? TRIP_PEER_LIVE : TRIP_PEER_RESET;
}

enum trip_peer_change
trip_peer_settings_compare(const struct trip_peer_settings *before,
			   const struct trip_peer_settings *after)
{
	enum trip_peer_change change = TRIP_PEER_SAME;

	conf_compare(&peer_table, before, after, note_difference, &change);
	return change;
}

struct addr
trip_peer_settings_addr(const struct trip_peer_settings *peer)
{
	struct addr addr = { 0 };

	(void)addr_parse(str_of(peer->address), TRIP_PORT, &addr);
	return addr;
}
