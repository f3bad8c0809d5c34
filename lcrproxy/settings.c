/* settings.c - the table of settings and the checks across them */
#include "lcrproxy/settings.h"

#include <ctype.h>
#include <string.h>

#include "acct/acct.h"
#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/settings_private.h"
#include "sip/session.h"
#include "sip/tcp.h"
#include "tel/codes.h"

#define AT(type, member) offsetof(struct type, member)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const sync_words[] = { "interval", "answer", "none", NULL };
static const char *const full_words[] = { "refuse", "carry_on", NULL };
static const char *const scheduling_words[] = { "batch", "other", NULL };
static const char *const check_words[] = { "off", "country", "length", NULL };
static const char *const alias_words[] = { "off", "tls", "all", NULL };
static const char *const level_words[] = { "error", "warning", "info", "debug",
					   NULL };

static bool
is_node_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '-' &&
		    name[i] != '_')
			return false;
	}
	return len >= 1 && len <= 32;
}

static bool
is_digits(const char *text, size_t max)
{
	return strlen(text) <= max && strspn(text, "0123456789") == strlen(text);
}

static int
check_numbering(const void *item, struct conf_errors *errors, const char *path,
		int line)
{
	const struct settings_numbering *numbering = item;

	if (is_digits(numbering->country_code, 3) &&
	    is_digits(numbering->international_prefix, 7) &&
	    is_digits(numbering->national_prefix, 7))
		return 0;
	return conf_error(errors, path, line,
			  "country_code \"%s\", international_prefix \"%s\", "
			  "national_prefix \"%s\", expected digits, at most 3, "
			  "7 and 7",
			  numbering->country_code,
			  numbering->international_prefix,
			  numbering->national_prefix);
}

/* It goes between quotes, into a header. */
static int
check_auth(const void *item, struct conf_errors *errors, const char *path,
	   int line)
{
	const struct settings_auth *auth = item;
	const char *realm = auth->realm;

	if (!auth->md5 && !auth->sha256)
		return conf_error(errors, path, line,
				  "md5 and sha256 are false, expected one of "
				  "them to be offered");
	if (str_is_printable(str_of(realm)) && strpbrk(realm, "\"\\") == NULL &&
	    strlen(realm) < 256)
		return 0;
	return conf_error(errors, path, line,
			  "realm is \"%s\", expected at most 255 printable "
			  "characters, no quotes and no backslashes",
			  realm);
}

static int
check_all(const void *item, struct conf_errors *errors, const char *path,
	  int line)
{
	const struct settings *settings = item;

	if (settings->record_route.keys.n == 0)
		return conf_error(errors, path, line,
				  "record_route is missing, expected { keys = "
				  "( { id = 1; secret_file = \"...\"; } ); }");
	if (settings->node == NULL || is_node_name(settings->node))
		return 0;
	return conf_error(errors, path, line,
			  "node is \"%s\", expected 1 to 32 letters, digits, "
			  "'-' or '_'",
			  settings->node);
}

static const struct conf_field key_fields[] = {
	{ .key = "id", .type = CONF_INT, .min = 0, .max = 255, .required = true,
	  .offset = AT(settings_key, id), .help = "number of the key" },
	{ .key = "secret_file", .type = CONF_STRING, .required = true,
	  .offset = AT(settings_key, secret_file),
	  .help = "file with the secret, 16 bytes at least" },
};
static const struct conf_table key_table = {
	key_fields, COUNT(key_fields), sizeof(struct settings_key), NULL
};

static const struct conf_field numbering_fields[] = {
	{ .key = "country_code", .type = CONF_STRING, .preset_text = "",
	  .offset = AT(settings_numbering, country_code), .reloadable = true,
	  .help = "of accounts without their own, e.g. 49" },
	{ .key = "international_prefix", .type = CONF_STRING,
	  .preset_text = "00", .reloadable = true,
	  .offset = AT(settings_numbering, international_prefix),
	  .help = "dialled before a country code" },
	{ .key = "national_prefix", .type = CONF_STRING, .preset_text = "0",
	  .offset = AT(settings_numbering, national_prefix),
	  .reloadable = true, .help = "dialled before an area code" },
	{ .key = "check", .type = CONF_ENUM, .words = check_words,
	  .preset = CHECK_COUNTRY, .reloadable = true,
	  .offset = AT(settings_numbering, check),
	  .help = "refuse what is no number by its country code or length" },
};
static const struct conf_table numbering_table = {
	numbering_fields, COUNT(numbering_fields),
	sizeof(struct settings_numbering), check_numbering
};

static const struct conf_field record_route_fields[] = {
	{ .key = "keys", .type = CONF_LIST, .sub = &key_table, .min = 1,
	  .max = 16, .required = true,
	  .offset = AT(settings_record_route, keys),
	  .help = "secrets of the call tokens; the first signs, all verify" },
	{ .key = "max_age_s", .type = CONF_INT, .min = 60, .max = 31536000,
	  .preset = 604800, .unit = "s",
	  .offset = AT(settings_record_route, max_age_s),
	  .help = "how long a token is accepted after the INVITE" },
};
static const struct conf_table record_route_table = {
	record_route_fields, COUNT(record_route_fields),
	sizeof(struct settings_record_route), NULL
};

static const struct conf_field journal_fields[] = {
	{ .key = "directory", .type = CONF_STRING,
	  .preset_text = "/var/lib/lcrproxy/journal",
	  .offset = AT(settings_journal, directory),
	  .help = "where the call events are kept: segments, and fronts "
		  "with what will be in one in 20 ms" },
	{ .key = "sync", .type = CONF_ENUM, .words = sync_words,
	  .preset = ACCT_SYNC_INTERVAL, .offset = AT(settings_journal, sync),
	  .help = "when to fdatasync" },
	{ .key = "sync_interval_ms", .type = CONF_INT, .min = 1, .max = 60000,
	  .preset = 200, .unit = "ms",
	  .offset = AT(settings_journal, sync_interval_ms),
	  .help = "with sync = interval" },
	{ .key = "ship_interval_ms", .type = CONF_INT, .min = 10, .max = 60000,
	  .preset = 5000, .unit = "ms",
	  .offset = AT(settings_journal, ship_interval_ms),
	  .help = "pause between two looks for events to ship" },
	{ .key = "ship_timeout_s", .type = CONF_INT, .min = 1, .max = 3600,
	  .preset = 60, .unit = "s",
	  .offset = AT(settings_journal, ship_timeout_s),
	  .help = "how long the store may be silent" },
	{ .key = "max_size_mb", .type = CONF_INT, .min = 1, .max = 1048576,
	  .preset = 4096, .unit = "MB",
	  .offset = AT(settings_journal, max_size_mb),
	  .help = "bound of what the store has not taken yet" },
	{ .key = "reserve_kb", .type = CONF_INT, .min = 0, .max = 1048576,
	  .preset = 16384, .unit = "kB",
	  .offset = AT(settings_journal, reserve_kb),
	  .help = "of each SIP thread, for calls in progress on a full disk" },
	{ .key = "retain_s", .type = CONF_INT, .min = 0, .max = 31536000,
	  .preset = 86400, .unit = "s",
	  .offset = AT(settings_journal, retain_s),
	  .help = "how long shipped segments are kept" },
	{ .key = "when_full", .type = CONF_ENUM, .words = full_words,
	  .preset = WHEN_FULL_REFUSE,
	  .offset = AT(settings_journal, when_full),
	  .help = "new calls when the journal cannot be written" },
};
static const struct conf_table journal_table = {
	journal_fields, COUNT(journal_fields), sizeof(struct settings_journal),
	NULL
};

static const struct conf_field records_fields[] = {
	{ .key = "sweep_interval_s", .type = CONF_INT, .min = 0, .max = 86400,
	  .preset = 60, .unit = "s",
	  .offset = AT(settings_records, sweep_interval_s),
	  .help = "between two looks for calls without an end, 0 = never" },
	{ .key = "sweep_grace_s", .type = CONF_INT, .min = 0, .max = 86400,
	  .preset = SWEEP_GRACE_S, .unit = "s",
	  .offset = AT(settings_records, sweep_grace_s),
	  .help = "how much later than due such a call is closed" },
	{ .key = "max_call_s", .type = CONF_INT, .min = 60, .max = 8640000,
	  .preset = SWEEP_MAX_CALL_S, .unit = "s",
	  .offset = AT(settings_records, max_call_s),
	  .help = "longest call of accounts without their own max_call_s" },
	{ .key = "keep_months", .type = CONF_INT, .min = 0, .max = 1200,
	  .preset = 0, .offset = AT(settings_records, keep_months),
	  .help = "records of older months are dropped, 0 = never" },
};
static const struct conf_table records_table = {
	records_fields, COUNT(records_fields), sizeof(struct settings_records),
	NULL
};

static const struct conf_field health_fields[] = {
	{ .key = "window_s", .type = CONF_INT, .min = 6, .max = 3600,
	  .preset = 30, .unit = "s", .reloadable = true,
	  .offset = AT(settings_health, window_s),
	  .help = "calls of so long are looked at together" },
	{ .key = "min_samples", .type = CONF_INT, .min = 1, .max = 100000,
	  .preset = 10, .reloadable = true,
	  .offset = AT(settings_health, min_samples),
	  .help = "calls below which nothing is said of a gateway" },
	{ .key = "failure_percent", .type = CONF_INT, .min = 1, .max = 101,
	  .preset = 50, .unit = "%", .reloadable = true,
	  .offset = AT(settings_health, failure_percent),
	  .help = "of failed calls that take a gateway down, 101 = never" },
	{ .key = "back_off_s", .type = CONF_INT, .min = 1, .max = 86400,
	  .preset = 5, .unit = "s", .reloadable = true,
	  .offset = AT(settings_health, back_off_s),
	  .help = "down at first; twice as long after each failed trial" },
	{ .key = "back_off_max_s", .type = CONF_INT, .min = 1, .max = 86400,
	  .preset = 300, .unit = "s", .reloadable = true,
	  .offset = AT(settings_health, back_off_max_s),
	  .help = "but never longer" },
	{ .key = "probe_interval_ms", .type = CONF_INT, .min = 100,
	  .max = 3600000, .preset = 15000, .unit = "ms", .reloadable = true,
	  .offset = AT(settings_health, probe_interval_ms),
	  .help = "between OPTIONS to a gateway that is probed" },
	{ .key = "probe_timeout_ms", .type = CONF_INT, .min = 100,
	  .max = 32000, .preset = 3000, .unit = "ms", .reloadable = true,
	  .offset = AT(settings_health, probe_timeout_ms),
	  .help = "an OPTIONS without an answer for so long has failed" },
	{ .key = "probe_failures", .type = CONF_INT, .min = 1, .max = 100,
	  .preset = 3, .reloadable = true,
	  .offset = AT(settings_health, probe_failures),
	  .help = "in a row that take a gateway down" },
};
static const struct conf_table health_table = {
	health_fields, COUNT(health_fields), sizeof(struct settings_health),
	NULL
};

static const struct conf_field sip_fields[] = {
	{ .key = "max_transactions", .type = CONF_INT, .min = 100,
	  .max = 10000000, .preset = 1000000,
	  .offset = AT(settings_sip, max_transactions),
	  .help = "pending at once; new calls get 503 above" },
	{ .key = "max_dialogs", .type = CONF_INT, .min = 0, .max = 10000000,
	  .preset = 1000000, .offset = AT(settings_sip, max_dialogs),
	  .help = "answered calls kept for lcrctl calls and capacities" },
	{ .key = "source_rate", .type = CONF_INT, .min = 0, .max = 1000000,
	  .preset = 200, .offset = AT(settings_sip, source_rate),
	  .help = "new requests per second from an address that is no trunk; "
		  "one that sends more is not answered for a while; 0 = any" },
	{ .key = "trunk_rate", .type = CONF_INT, .min = 0, .max = 1000000,
	  .preset = 0, .offset = AT(settings_sip, trunk_rate),
	  .help = "the same from the address of a trunk" },
	{ .key = "forged_rate", .type = CONF_INT, .min = 0, .max = 1000000,
	  .preset = 50, .offset = AT(settings_sip, forged_rate),
	  .help = "requests of no call of ours per second and address" },
	{ .key = "session_expires_s", .type = CONF_INT, .min = 0,
	  .max = 86400, .preset = 1800, .unit = "s",
	  .offset = AT(settings_sip, session_expires_s),
	  .help = "session interval asked for in calls (RFC 4028); 0 = none" },
	{ .key = "session_min_s", .type = CONF_INT, .min = SIP_SESSION_MIN_S,
	  .max = 86400, .preset = SIP_SESSION_MIN_S, .unit = "s",
	  .offset = AT(settings_sip, session_min_s),
	  .help = "shorter ones are refused with 422" },
	{ .key = "udp_max_bytes", .type = CONF_INT, .min = 0, .max = 65507,
	  .preset = 1300, .offset = AT(settings_sip, udp_max_bytes),
	  .help = "longer requests go by TCP where the gateway's URI leaves "
		  "it open and a TCP listener is there; 0 = never" },
	{ .key = "max_connections", .type = CONF_INT, .min = 1, .max = 1000000,
	  .preset = 10000, .offset = AT(settings_sip, max_connections),
	  .help = "TCP and TLS connections at once" },
	{ .key = "max_connections_per_peer", .type = CONF_INT, .min = 1,
	  .max = 1000000, .preset = 100,
	  .offset = AT(settings_sip, max_connections_per_peer),
	  .help = "that one address may open at each worker" },
	{ .key = "connection_idle_s", .type = CONF_INT, .min = 10,
	  .max = 86400, .preset = 300, .unit = "s",
	  .offset = AT(settings_sip, connection_idle_s),
	  .help = "connections without a message for so long are closed" },
	{ .key = "connection_ping_s", .type = CONF_INT, .min = 0,
	  .max = 86400, .preset = 0, .unit = "s",
	  .offset = AT(settings_sip, connection_ping_s),
	  .help = "keep-alives (RFC 5626) on connections we opened, about so "
		  "often; 0 = none" },
	{ .key = "connection_alias", .type = CONF_ENUM, .words = alias_words,
	  .preset = SIP_ALIAS_TLS,
	  .offset = AT(settings_sip, connection_alias),
	  .help = "offer and accept requests by the other side's connection "
		  "(RFC 5923)" },
};
static const struct conf_table sip_table = {
	sip_fields, COUNT(sip_fields), sizeof(struct settings_sip), NULL
};

static const struct conf_field auth_fields[] = {
	{ .key = "realm", .type = CONF_STRING, .preset_text = "",
	  .offset = AT(settings_auth, realm),
	  .help = "of users, unless the Request-URI names one of domains; empty "
		  "= the first domain, without domains the address of listen" },
	{ .key = "md5", .type = CONF_BOOL, .preset = 1,
	  .offset = AT(settings_auth, md5),
	  .help = "offer MD5 besides SHA-256" },
	{ .key = "sha256", .type = CONF_BOOL, .preset = 1,
	  .offset = AT(settings_auth, sha256),
	  .help = "offer SHA-256; off for old clients that fail over what they "
		  "do not know" },
	{ .key = "nonce_life_s", .type = CONF_INT, .min = 10, .max = 86400,
	  .preset = 300, .unit = "s", .offset = AT(settings_auth, nonce_life_s),
	  .help = "how long a nonce may be used" },
	{ .key = "max_nonces", .type = CONF_INT, .min = 1000, .max = 100000000,
	  .preset = 65536, .offset = AT(settings_auth, max_nonces),
	  .help = "nonces in use at once; more clients are asked twice" },
	{ .key = "max_failures", .type = CONF_INT, .min = 1, .max = 1000,
	  .preset = 10, .offset = AT(settings_auth, max_failures),
	  .help = "wrong log-ins of a user within 10 minutes before he is "
		  "refused for a while; of an address, five times as many" },
	{ .key = "max_block_s", .type = CONF_INT, .min = 1, .max = 86400,
	  .preset = 3600, .unit = "s", .offset = AT(settings_auth, max_block_s),
	  .help = "the longest such while; the first is 1 s, then doubled" },
	{ .key = "drop_scanners", .type = CONF_BOOL, .preset = 1,
	  .offset = AT(settings_auth, drop_scanners),
	  .help = "no answer to requests whose User-Agent is a known scanner" },
};
static const struct conf_table auth_table = {
	auth_fields, COUNT(auth_fields), sizeof(struct settings_auth), check_auth
};

static const struct conf_field log_fields[] = {
	{ .key = "level", .type = CONF_ENUM, .words = level_words,
	  .preset = LOG_LEVEL_INFO, .reloadable = true,
	  .offset = AT(settings_log, level), .help = "what is logged" },
	{ .key = "full_numbers", .type = CONF_BOOL, .preset = 0,
	  .reloadable = true, .offset = AT(settings_log, full_numbers),
	  .help = "callers' numbers unmasked" },
};
static const struct conf_table log_table = {
	log_fields, COUNT(log_fields), sizeof(struct settings_log), NULL
};

static const struct conf_field fields[] = {
	{ .key = "node", .type = CONF_STRING, .preset_text = "lcrproxy",
	  .offset = AT(settings, node),
	  .help = "distinguishes the nodes that share a store" },
	{ .key = "store", .type = CONF_STRING,
	  .preset_text = "sqlite:/var/lib/lcrproxy/lcr.db",
	  .offset = AT(settings, store),
	  .help = "sqlite:PATH or postgresql://..." },
	{ .key = "workers", .type = CONF_INT, .min = 0,
	  .max = SETTINGS_MAX_WORKERS, .offset = AT(settings, workers),
	  .help = "SIP threads, 0 = one per core but one" },
	{ .key = "scheduling", .type = CONF_ENUM, .words = scheduling_words,
	  .preset = SCHEDULING_BATCH, .offset = AT(settings, scheduling),
	  .help = "SCHED_BATCH or SCHED_OTHER, where nothing else was chosen" },
	{ .key = "accounting", .type = CONF_BOOL, .preset = 1,
	  .offset = AT(settings, accounting),
	  .help = "calls are put on record; with false the node only routes" },
	{ .key = "listen", .type = CONF_LIST, .sub = &settings_listen_table, .min = 1,
	  .max = 16, .required = true, .offset = AT(settings, listen),
	  .help = "SIP listeners" },
	{ .key = "domains", .type = CONF_STRINGS,
	  .offset = AT(settings, domains), .reloadable = false,
	  .help = "Request-URI hosts that are us, besides our address" },
	{ .key = "policy", .type = CONF_LIST, .sub = &settings_rule_table,
	  .max = 1000, .offset = AT(settings, policy), .reloadable = true,
	  .help = "rules for requests, the first that matches decides" },
	{ .key = "numbering", .type = CONF_GROUP, .sub = &numbering_table,
	  .offset = AT(settings, numbering), .reloadable = true },
	{ .key = "record_route", .type = CONF_GROUP,
	  .sub = &record_route_table, .offset = AT(settings, record_route) },
	{ .key = "journal", .type = CONF_GROUP, .sub = &journal_table,
	  .offset = AT(settings, journal) },
	{ .key = "records", .type = CONF_GROUP, .sub = &records_table,
	  .offset = AT(settings, records) },
	{ .key = "routing", .type = CONF_GROUP, .sub = &settings_routing_table,
	  .offset = AT(settings, routing) },
	{ .key = "health", .type = CONF_GROUP, .sub = &health_table,
	  .offset = AT(settings, health) },
	{ .key = "register", .type = CONF_GROUP,
	  .sub = &settings_register_table,
	  .offset = AT(settings, registers) },
	{ .key = "sip", .type = CONF_GROUP, .sub = &sip_table,
	  .offset = AT(settings, sip) },
	{ .key = "auth", .type = CONF_GROUP, .sub = &auth_table,
	  .offset = AT(settings, auth) },
	{ .key = "dns", .type = CONF_GROUP, .sub = &settings_dns_table,
	  .offset = AT(settings, dns) },
	{ .key = "enum", .type = CONF_GROUP, .sub = &settings_enum_table,
	  .offset = AT(settings, numbers), .reloadable = true },
	{ .key = "trip", .type = CONF_GROUP, .sub = &trip_settings_table,
	  .offset = AT(settings, trip) },
	{ .key = "control", .type = CONF_GROUP, .sub = &settings_control_table,
	  .offset = AT(settings, control) },
	{ .key = "log", .type = CONF_GROUP, .sub = &log_table,
	  .offset = AT(settings, log) },
};
const struct conf_table settings_table = { fields, COUNT(fields),
					   sizeof(struct settings),
					   check_all };

int
settings_read(struct settings *settings, const char *file, struct log *log)
{
	struct conf_errors errors = { 0 };
	int err = conf_read_file(file, &settings_table, settings, &errors);

	for (size_t i = 0; i < errors.n; i++)
		log_error(log, "%s", errors.lines[i]);
	conf_errors_fini(&errors);
	return err;
}

void
settings_fini(struct settings *settings)
{
	conf_free(&settings_table, settings);
}

void
settings_dial_plan(const struct settings *settings, struct dial_plan *out)
{
	const struct settings_numbering *numbering = &settings->numbering;

	memset(out, 0, sizeof(*out));
	str_copy(str_of(numbering->country_code), out->country_code,
		 sizeof(out->country_code));
	str_copy(str_of(numbering->international_prefix),
		 out->international_prefix,
		 sizeof(out->international_prefix));
	str_copy(str_of(numbering->national_prefix), out->national_prefix,
		 sizeof(out->national_prefix));
}
