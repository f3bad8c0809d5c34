/*
 * settings.h - what a speaker is configured with
 *
 * The group `trip` of a configuration file, read by base/conf.h into struct
 * trip_settings. Addresses and rules have been checked when it was read.
 */
#ifndef TRIP_SETTINGS_H
#define TRIP_SETTINGS_H

#include "base/addr.h"
#include "base/conf.h"
#include "trip/message.h"
#include "trip/policy.h"

#define TRIP_NAME_MAX 255

struct trip_timer_settings {
	int64_t hold_s, keepalive_s, connect_retry_s;
	int64_t idle_hold_s, idle_hold_max_s;
	int64_t min_route_advertisement_s, min_itad_origination_s;
	int64_t max_purge_s, disable_s;
};

/* What is to become of routes that their carrier's tariff has no price for. */
enum trip_unpriced { TRIP_UNPRICED_DENY, TRIP_UNPRICED_ALLOW };

/* The carrier behind an ITAD. The daemon's business. */
struct trip_carrier_settings {
	int64_t itad;
	char *carrier;
	int unpriced;	 /* enum trip_unpriced */
	int64_t priority; /* among the carrier's gateways */
};

/* Prefixes that the daemon announces, for its own gateways. */
struct trip_export_settings {
	struct conf_list prefixes;
	struct conf_list gateways, carriers; /* as long as one of them can
					      * take calls; both empty: always */
	char *next_hop;	 /* NULL: trip.next_hop */
	int64_t med;	 /* -1: none */
	struct conf_list communities;
};

/* Which routes to one destination are offered to calls. */
enum trip_offered { TRIP_OFFER_SELECTED, TRIP_OFFER_ALL };

struct trip_peer_settings {
	char *address;	 /* "192.0.2.20", "192.0.2.20:6069" */
	int64_t itad;
	char *carrier;	 /* NULL; the daemon's business, as the next two */
	int unpriced;	 /* enum trip_unpriced */
	int64_t priority;
	char *next_hop;	 /* told to this peer instead of the route's; NULL */
	bool tgrep;	 /* it is a gateway */
	bool passive;	 /* wait for it to connect */
	int64_t max_prefixes;
	char *password;	 /* TCP-MD5 (RFC 2385); NULL: none */
	bool tls;	 /* its sessions are in TLS */
	char *tls_name;	 /* whom it must prove to be; NULL: its address */
	bool aggregate;	 /* tell it of shorter prefixes where it can be */
	bool gtsm;	 /* TTL 255 only (RFC 5082) */
	bool strict_withdraw, legacy_converted_route;
	struct conf_list import, export; /* of struct trip_rule */
};

/* Of sessions with peers that have tls. */
struct trip_tls_settings {
	char *certificate, *key; /* PEM files; key NULL: in certificate */
	char *ca;		 /* PEM file; NULL: those of the system */
};

struct trip_settings {
	int64_t itad;
	char *id;	 /* dotted */
	char *listen;	 /* NULL: only connect */
	int mode;	 /* index: send-receive, send-only, receive-only */
	bool gateway;	 /* we are one (RFC 5140): send-only, no LS */
	bool compare_med, lower_med_wins, consolidate;
	int64_t default_preference;
	char *next_hop;	 /* our signalling server; NULL */
	struct conf_list route_types; /* "e164/sip"; empty: all families, sip */
	struct trip_timer_settings timers;
	struct trip_tls_settings tls;
	struct conf_list peers; /* of struct trip_peer_settings */
	struct conf_list carriers; /* of struct trip_carrier_settings */
	struct conf_list exports;  /* of struct trip_export_settings */
	int offer;		   /* enum trip_offered */
};

extern const struct conf_table trip_settings_table;

/* Settings that were read, in their real types. */
enum trip_mode trip_settings_mode(const struct trip_settings *settings);
uint32_t trip_settings_id(const struct trip_settings *settings);
/* What we say in an OPEN. */
void trip_settings_open(const struct trip_settings *settings,
			struct trip_open *out);
struct addr trip_peer_settings_addr(const struct trip_peer_settings *peer);

/* What cannot change in a running speaker, who we are and where we listen, is
 * exchanged: next has it as before. */
void trip_settings_keep_fixed(struct trip_settings *next,
			      struct trip_settings *before);
/* What it takes to get from one to the other: nothing, no more than to know, or
 * a new session. */
enum trip_peer_change { TRIP_PEER_SAME, TRIP_PEER_LIVE, TRIP_PEER_RESET };
enum trip_peer_change
trip_peer_settings_compare(const struct trip_peer_settings *before,
			   const struct trip_peer_settings *after);

/* "e164", "e164/sip", "carrier/sip" ...: 0 or ERR_SYNTAX. Without "/..." the
 * protocol is sip. */
int trip_route_type_parse(struct str text, struct trip_route_type *out);
/* "192.0.2.1" or a plain number: 0, ERR_SYNTAX. */
int trip_id_parse(struct str text, uint32_t *out);
/* out[16] */
const char *trip_id_format(uint32_t id, char *out);
/* "e164", "sip"; a number for those without name; out[16]. */
const char *trip_family_text(uint16_t family, char *out);
const char *trip_protocol_text(uint16_t protocol, char *out);

#endif
