/*
 * settings.h - the configuration file of lcrproxyd
 *
 * One table row per setting (settings.c); see lcrproxy.conf(5). What may change
 * in a running daemon is marked there.
 */
#ifndef LCRPROXY_SETTINGS_H
#define LCRPROXY_SETTINGS_H

#include "base/addr.h"
#include "base/conf.h"
#include "base/log.h"
#include "lcrproxy/settings_enum.h"
#include "sip/flow.h"
#include "tel/number.h"
#include "trip/settings.h"

#define SETTINGS_MAX_WORKERS 64

struct settings_listen {
	char *uri, *advertise, *certificate, *key, *ca;
	struct conf_list clients; /* char *: domains */
	bool verify_clients, verify_servers;
};

/* What the uri and advertise of a listener say. */
struct settings_place {
	struct addr addr;
	enum sip_transport transport;
	struct str host;	/* advertised, no brackets; borrowed */
	uint16_t port;		/* advertised */
	struct addr advertised; /* host, when it is an address; else family 0 */
};

struct settings_dns {
	struct conf_list servers; /* char *: addresses; none: the system's */
	int64_t timeout_ms;
};

struct settings_key {
	int64_t id;
	char *secret_file;
};

enum settings_scheduling { SCHEDULING_BATCH, SCHEDULING_OTHER };

enum settings_check { CHECK_OFF, CHECK_COUNTRY, CHECK_LENGTH };

struct settings_numbering {
	char *country_code, *international_prefix, *national_prefix;
	int check;
};

struct settings_record_route {
	struct conf_list keys; /* struct settings_key */
	int64_t max_age_s;
};

enum settings_when_full { WHEN_FULL_REFUSE, WHEN_FULL_CARRY_ON };

struct settings_journal {
	char *directory;
	int sync; /* enum acct_sync */
	int64_t sync_interval_ms, ship_interval_ms, ship_timeout_s,
	    max_size_mb, reserve_kb, retain_s;
	int when_full;
};

struct settings_records {
	int64_t sweep_interval_s, sweep_grace_s, max_call_s, keep_months;
};

enum settings_redirects { REDIRECTS_PASS, REDIRECTS_FOLLOW, REDIRECTS_FAIL };

struct settings_routing {
	int64_t first_response_timeout_ms, progress_timeout_ms,
	    ringing_timeout_ms, hunt_timeout_ms, timer_c_ms, max_hops, expected_duration_s;
	char *reroute_codes;
	bool q850_decides;
	int redirects;	/* enum settings_redirects */
	struct conf_list redirect_hosts; /* char * */
};

struct settings_health {
	int64_t window_s, min_samples, failure_percent, back_off_s,
	    back_off_max_s, probe_interval_ms, probe_timeout_ms,
	    probe_failures;
};

struct settings_register {
	bool enabled;
	int64_t back_off_s, back_off_max_s;
};

struct settings_sip {
	int64_t max_transactions; /* of all workers together */
	int64_t max_dialogs;	  /* answered calls listed by lcrctl calls */
	int64_t source_rate, trunk_rate; /* new requests per second */
	int64_t forged_rate;	  /* of no call of ours */
	int64_t session_expires_s, session_min_s; /* RFC 4028 */
	int64_t udp_max_bytes;	  /* of a request; longer ones go by TCP */
	int64_t max_connections;  /* TCP and TLS, of all workers together */
	int64_t max_connections_per_peer;
	int64_t connection_idle_s;
	int64_t connection_ping_s; /* 0 = never */
	int connection_alias;	   /* enum sip_tcp_alias */
};

struct settings_auth {
	char *realm; /* "" = the first domain, else the listener's address */
	bool md5, sha256;
	bool drop_scanners;
	int64_t nonce_life_s, max_nonces, max_failures, max_block_s;
};

struct settings_control {
	char *socket, *http; /* http "": there is none */
	int64_t http_accounts;
};

struct settings_log {
	int level; /* enum log_level */
	bool full_numbers;
};

struct settings {
	char *node, *store;
	int64_t workers;
	int scheduling;	 /* enum settings_scheduling */
	bool accounting; /* events of calls are written */
	struct conf_list listen;  /* struct settings_listen */
	struct conf_list domains; /* char * */
	struct conf_list policy;  /* struct settings_rule (policy_build.h) */
	struct settings_numbering numbering;
	struct settings_record_route record_route;
	struct settings_journal journal;
	struct settings_records records;
	struct settings_routing routing;
	struct settings_health health;
	struct settings_register registers; /* the group register */
	struct settings_sip sip;
	struct settings_auth auth;
	struct settings_dns dns;
	struct settings_enum numbers; /* the group enum */
	struct trip_settings trip; /* itad 0: there is none */
	struct settings_control control;
	struct settings_log log;
};

extern const struct conf_table settings_table;

/*
 * Read the file. Every error goes to log, one line each. Returns 0, or the
 * error conf_read_file gave. Release with settings_fini.
 */
int settings_read(struct settings *settings, const char *file,
		  struct log *log);
void settings_fini(struct settings *settings);
/* 0, ERR_SYNTAX, or ERR_UNSUPPORTED (a wildcard address, another transport). */
int settings_listen_parse(const struct settings_listen *listen,
			  struct settings_place *out);
/* The address of control.http, of family 0 when there is none: 0 or ERR_SYNTAX. */
int settings_http_parse(const struct settings_control *control,
			struct addr *out);
void settings_dial_plan(const struct settings *settings,
			struct dial_plan *out);

#endif
