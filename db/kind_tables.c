/* kind_tables.c - the columns of every kind */
#include "db/kind_table.h"

#define MONEY_MAX INT64_MAX
#define PERCENT_MAX (10000 * MONEY_ONE)
#define NAME_LEN 64
#define TEXT_LEN 200
#define PRIORITY_MAX 65535
#define DAY_S 86400

static const char *const rounding_words[] = { "half_up", "up", "down", NULL };
static const char *const duration_words[] = { "up", "down", "half_up", "exact",
					      NULL };
static const char *const round_at_words[] = { "call", "bill", NULL };
static const char *const rate_by_words[] = { "dialled", "ported", NULL };
static const char *const strategy_words[] = { "least_cost", "priority",
					      "quality",    "load_share",
					      "tolerance",  NULL };
static const char *const redirect_words[] = { "preset", "pass", "follow",
					      "fail", NULL };
static const char *const register_words[] = { "no", "yes", "required", NULL };
static const char *const format_words[] = { "preset", "plus", "digits",
					    "national", NULL };
static const char *const caller_format_words[] = { "keep", "plus", "digits",
						   "national", NULL };
static const char *const identity_words[] = { "keep", "pai", "rpid", "none",
					      NULL };
static const char *const diversion_words[] = { "keep", "none", NULL };
static const char *const portability_words[] = { "none", "params", "number",
						 NULL };
/* As number_class_text has them. */
static const char *const class_words[] = {
	"unknown",   "geographic", "mobile",	"premium", "shared_cost",
	"toll_free", "satellite",  "personal",	"voip",	   "pager",
	"corporate", "emergency",  "short_code", NULL
};
static const char *const limit_class_words[] = {
	"national",  "international", "unknown",   "geographic", "mobile",
	"premium",   "shared_cost",   "toll_free", "satellite",	 "personal",
	"voip",	     "pager",	      "corporate", "emergency",	 "short_code",
	NULL
};
static const char *const mode_words[] = { "block", "observe", NULL };
static const char *const verdict_words[] = { "blocked", "allowed", NULL };
static const char *const transport_words[] = { "udp", "tcp", "tls", NULL };

/* What carriers call the columns of their decks. */
static const char *const prefix_names[] = { "code",	   "dial code",
					    "dialcode",	   "dialprefix",
					    "dial prefix", "codes",
					    "area code",   "area codes",
					    "dial codes",  "destination code",
					    NULL };
static const char *const country_names[] = { "countrycode", "cc", NULL };
static const char *const destination_names[] = { "code name", "description",
						 NULL };
static const char *const rate_names[] = { "price", "rate_minute",
					  "rate per minute", NULL };
static const char *const fee_names[] = { "setup fee", "connection fee", NULL };
static const char *const first_names[] = { "initial", "min", "minimum", "first",
					   NULL };
static const char *const increment_names[] = { "interval", "next", "increments",
					       NULL };
static const char *const from_names[] = { "effective date", "effective", NULL };
static const char *const until_names[] = { "end date", NULL };

#define SUBJECT (KIND_KEY | KIND_COLUMN | KIND_FILLED | KIND_SUBJECT)
#define NEEDED (KIND_COLUMN | KIND_FILLED)

static const struct kind_column tariffs[] = {
	{ .name = "tariff", KIND_NAME, SUBJECT, 1, NAME_LEN },
	{ .name = "currency", KIND_CURRENCY, NEEDED },
	{ .name = "timezone", KIND_ZONE, .preset = "UTC" },
	{ .name = "decimals", KIND_INT, 0, 0, 8, .preset = "6" },
	{ .name = "rounding",
	  KIND_WORD,
	  .preset = "half_up",
	  .words = rounding_words },
	{ .name = "duration_rounding",
	  KIND_WORD,
	  .preset = "up",
	  .words = duration_words },
	{ .name = "minimum_charge",
	  KIND_MONEY,
	  0,
	  0,
	  MONEY_MAX,
	  .preset = "0" },
	{ .name = "attempt_fee", KIND_MONEY, 0, 0, MONEY_MAX, .preset = "0" },
	{ .name = "round_at",
	  KIND_WORD,
	  .preset = "call",
	  .words = round_at_words },
	{ .name = "allow_negative", KIND_BOOL, .preset = "false" },
	{ .name = "rate_by",
	  KIND_WORD,
	  .preset = "dialled",
	  .words = rate_by_words },
};

/* The tariff comes first: dates and signs of the others depend on it. */
static const struct kind_column rates[] = {
	{ .name = "tariff",
	  KIND_REF,
	  KIND_KEY | KIND_COLUMN | KIND_FILLED,
	  .ref = "tariffs" },
	{ .name = "prefix",
	  KIND_PREFIX,
	  KIND_KEY | KIND_COLUMN | KIND_SUBJECT,
	  .preset = "",
	  .others = prefix_names },
	{ .name = "destination",
	  KIND_TEXT,
	  0,
	  0,
	  TEXT_LEN,
	  .preset = "",
	  .others = destination_names },
	{ .name = "rate",
	  KIND_MONEY,
	  KIND_COLUMN,
	  -MONEY_MAX,
	  MONEY_MAX,
	  .others = rate_names },
	{ .name = "connect_fee",
	  KIND_MONEY,
	  0,
	  -MONEY_MAX,
	  MONEY_MAX,
	  .preset = "0",
	  .others = fee_names },
	{ .name = "first_increment",
	  KIND_INT,
	  0,
	  1,
	  DAY_S,
	  .preset = "1",
	  .others = first_names },
	{ .name = "increment",
	  KIND_INT,
	  0,
	  1,
	  DAY_S,
	  .preset = "1",
	  .others = increment_names },
	{ .name = "grace_s", KIND_INT, 0, 0, DAY_S, .preset = "0" },
	{ .name = "from_second",
	  KIND_INT,
	  KIND_KEY,
	  0,
	  100 * DAY_S,
	  .preset = "0" },
	{ .name = "band", KIND_BAND, KIND_KEY, .preset = "" },
	{ .name = "valid_from", KIND_TIME, KIND_KEY, .others = from_names },
	{ .name = "valid_until", KIND_TIME, .others = until_names },
	{ .name = "country_code",
	  KIND_TEXT,
	  KIND_INPUT,
	  0,
	  TEXT_LEN,
	  .others = country_names },
};

static const struct kind_column carriers[] = {
	{ .name = "carrier", KIND_NAME, SUBJECT, 1, NAME_LEN },
	{ .name = "name", KIND_TEXT, 0, 0, TEXT_LEN, .preset = "" },
	{ .name = "tariff", KIND_REF, .ref = "tariffs" },
	{ .name = "priority", KIND_INT, 0, 0, PRIORITY_MAX, .preset = "100" },
	{ .name = "weight", KIND_INT, 0, 0, PRIORITY_MAX, .preset = "100" },
	{ .name = "quality_min_asr", KIND_INT, 0, 0, 100 },
	{ .name = "quality_min_acd_s", KIND_INT, 0, 0, DAY_S },
	{ .name = "enabled", KIND_BOOL, .preset = "true" },
};

static const struct kind_column gateways[] = {
	{ .name = "gateway", KIND_NAME, SUBJECT, 1, NAME_LEN },
	{ .name = "carrier", KIND_REF, NEEDED, .ref = "carriers" },
	{ .name = "uri", KIND_URI, NEEDED, 1, TEXT_LEN },
	{ .name = "priority", KIND_INT, 0, 0, PRIORITY_MAX, .preset = "100" },
	{ .name = "weight", KIND_INT, 0, 0, PRIORITY_MAX, .preset = "100" },
	{ .name = "capacity", KIND_INT, 0, 0, 1000000 },
	{ .name = "cps", KIND_INT, 0, 0, 1000000 },
	{ .name = "strip", KIND_INT, 0, 0, 15, .preset = "0" },
	{ .name = "prefix", KIND_DIAL, 0, 0, 16, .preset = "none" },
	{ .name = "enabled", KIND_BOOL, .preset = "true" },
	{ .name = "reroute_codes", KIND_CODES, 0, 0, TEXT_LEN, .preset = "" },
	{ .name = "stop_codes", KIND_CODES, 0, 0, TEXT_LEN, .preset = "" },
	{ .name = "probe", KIND_BOOL, .preset = "false" },
	{ .name = "number_format",
	  KIND_WORD,
	  .preset = "preset",
	  .words = format_words },
	{ .name = "trusted", KIND_BOOL, .preset = "true" },
	{ .name = "portability",
	  KIND_WORD,
	  .preset = "none",
	  .words = portability_words },
	{ .name = "media", KIND_MEDIA, 0, 0, TEXT_LEN, .preset = "" },
	{ .name = "caller_format",
	  KIND_WORD,
	  .preset = "keep",
	  .words = caller_format_words },
	{ .name = "caller_strip", KIND_INT, 0, 0, 15, .preset = "0" },
	{ .name = "caller_prefix", KIND_DIAL, 0, 0, 16, .preset = "none" },
	{ .name = "identity",
	  KIND_WORD,
	  .preset = "keep",
	  .words = identity_words },
	{ .name = "diversion",
	  KIND_WORD,
	  .preset = "keep",
	  .words = diversion_words },
	{ .name = "redirects",
	  KIND_WORD,
	  .preset = "preset",
	  .words = redirect_words },
	{ .name = "registers",
	  KIND_WORD,
	  .preset = "no",
	  .words = register_words },
	{ .name = "register_aor", KIND_CONTACT, 0, 0, TEXT_LEN, .preset = "" },
	{ .name = "register_contact", KIND_USER, 0, 0, NAME_LEN, .preset = "" },
	{ .name = "register_expires_s",
	  KIND_INT,
	  0,
	  30,
	  604800,
	  .preset = "3600" },
};

static const struct kind_column accounts[] = {
	{ .name = "account", KIND_NAME, SUBJECT, 1, NAME_LEN },
	{ .name = "name", KIND_TEXT, 0, 0, TEXT_LEN, .preset = "" },
	{ .name = "tariff", KIND_REF, .ref = "tariffs" },
	{ .name = "country_code", KIND_DIGITS, 0, 1, 3 },
	{ .name = "international_prefix", KIND_DIAL, 0, 0, 7 },
	{ .name = "national_prefix", KIND_DIAL, 0, 0, 7 },
	{ .name = "international", KIND_BOOL, .preset = "false" },
	{ .name = "channels", KIND_INT, 0, 0, 1000000 },
	{ .name = "cps", KIND_INT, 0, 0, 1000000 },
	{ .name = "strategy",
	  KIND_WORD,
	  .preset = "least_cost",
	  .words = strategy_words },
	{ .name = "min_margin", KIND_MONEY, 0, -MONEY_MAX, MONEY_MAX },
	{ .name = "max_hops", KIND_INT, 0, 1, 16 },
	{ .name = "max_call_s", KIND_INT, 0, 1, 100 * DAY_S },
	{ .name = "timezone", KIND_ZONE },
	{ .name = "enabled", KIND_BOOL, .preset = "true" },
	{ .name = "tolerance", KIND_MONEY, 0, 0, PERCENT_MAX, .preset = "0" },
	{ .name = "min_margin_percent",
	  KIND_MONEY,
	  0,
	  -MONEY_MAX,
	  100 * MONEY_ONE },
	{ .name = "max_loss", KIND_MONEY, 0, 0, MONEY_MAX },
	{ .name = "expected_duration_s", KIND_INT, 0, 1, DAY_S },
	{ .name = "trusted", KIND_BOOL, .preset = "true" },
	{ .name = "account_group", KIND_NAME, 0, 1, NAME_LEN },
	{ .name = "secure", KIND_BOOL, .preset = "false" },
};

static const struct kind_column credentials[] = {
	{ .name = "account", KIND_REF, NEEDED, .ref = "accounts" },
	{ .name = "username", KIND_USER, SUBJECT, 1, NAME_LEN },
	{ .name = "realm",
	  KIND_TEXT,
	  KIND_KEY | KIND_COLUMN | KIND_FILLED,
	  1,
	  TEXT_LEN },
	{ .name = "ha1_md5", KIND_HEX, 0, 32, 32 },
	{ .name = "ha1_sha256", KIND_HEX, 0, 64, 64 },
	{ .name = "password", KIND_SECRET, KIND_INPUT, 0, TEXT_LEN },
};

static const struct kind_column trunks[] = {
	{ .name = "account", KIND_REF, NEEDED, .ref = "accounts" },
	{ .name = "address", KIND_NET, KIND_KEY | KIND_SUBJECT, .preset = "" },
	{ .name = "port", KIND_INT, KIND_KEY, 1, 65535 },
	{ .name = "transport", KIND_WORD, KIND_KEY, .words = transport_words },
	{ .name = "tech_prefix", KIND_DIAL, KIND_KEY, 0, 16, .preset = "none" },
	{ .name = "trunk", KIND_NAME, 0, 1, NAME_LEN },
	{ .name = "certificate", KIND_DOMAIN, KIND_KEY, .preset = "" },
};

static const struct kind_column holidays[] = {
	{ .name = "tariff", KIND_REF, KIND_KEY, .ref = "tariffs" },
	{ .name = "date", KIND_DATE, SUBJECT },
	{ .name = "name", KIND_TEXT, 0, 0, TEXT_LEN, .preset = "" },
};

static const struct kind_column exchange_rates[] = {
	{ .name = "currency", KIND_CURRENCY, SUBJECT },
	{ .name = "base", KIND_CURRENCY, NEEDED | KIND_KEY },
	{ .name = "date", KIND_DATE, NEEDED | KIND_KEY },
	{ .name = "rate", KIND_MONEY, NEEDED, 1, 1000000 * MONEY_ONE },
};

static const struct kind_column taxes[] = {
	{ .name = "account", KIND_REF, KIND_KEY, .ref = "accounts" },
	{ .name = "tax", KIND_TEXT, NEEDED | KIND_SUBJECT, 1, NAME_LEN },
	{ .name = "percent", KIND_MONEY, NEEDED, 0, 100 * MONEY_ONE },
	{ .name = "valid_from", KIND_DATE, KIND_KEY },
	{ .name = "valid_until", KIND_DATE },
};

static const struct kind_column blocks[] = {
	{ .name = "account", KIND_REF, KIND_KEY, .ref = "accounts" },
	{ .name = "carrier", KIND_REF, KIND_KEY, .ref = "carriers" },
	{ .name = "prefix",
	  KIND_PREFIX,
	  KIND_KEY | KIND_SUBJECT,
	  .preset = "" },
	{ .name = "class", KIND_WORD, KIND_KEY, .words = class_words },
	{ .name = "verdict",
	  KIND_WORD,
	  .preset = "blocked",
	  .words = verdict_words },
	{ .name = "valid_until", KIND_TIME },
	{ .name = "source", KIND_TEXT, 0, 0, TEXT_LEN, .preset = "" },
	{ .name = "reason", KIND_TEXT, 0, 0, TEXT_LEN, .preset = "" },
};

static const struct kind_column durations[] = {
	{ .name = "account", KIND_REF, KIND_KEY, .ref = "accounts" },
	{ .name = "prefix",
	  KIND_PREFIX,
	  KIND_KEY | KIND_COLUMN | KIND_SUBJECT,
	  .preset = "" },
	{ .name = "duration_s", KIND_INT, NEEDED, 1, DAY_S },
};

static const struct kind_column shares[] = {
	{ .name = "account",
	  KIND_REF,
	  KIND_KEY | KIND_COLUMN | KIND_FILLED,
	  .ref = "accounts" },
	{ .name = "carrier",
	  KIND_REF,
	  KIND_KEY | KIND_COLUMN | KIND_FILLED,
	  .ref = "carriers" },
	{ .name = "percent", KIND_INT, NEEDED, 0, 100 },
	{ .name = "note", KIND_TEXT, KIND_SUBJECT, 0, TEXT_LEN, .preset = "" },
};

static const struct kind_column limits[] = {
	{ .name = "account", KIND_REF, KIND_KEY, .ref = "accounts" },
	{ .name = "class",
	  KIND_WORD,
	  KIND_KEY | KIND_SUBJECT,
	  .words = limit_class_words },
	{ .name = "trunk", KIND_NAME, KIND_KEY, 1, NAME_LEN },
	{ .name = "channels", KIND_INT, 0, 0, 1000000 },
	{ .name = "cps", KIND_INT, 0, 0, 1000000 },
	{ .name = "calls", KIND_INT, 0, 0, 1000000000 },
	{ .name = "window_s", KIND_INT, 0, 8, 7 * DAY_S, .preset = "3600" },
	{ .name = "minutes_hour", KIND_INT, 0, 0, 1000000000 },
	{ .name = "minutes_day", KIND_INT, 0, 0, 1000000000 },
	{ .name = "spend_hour", KIND_MONEY, 0, 0, MONEY_MAX },
	{ .name = "spend_day", KIND_MONEY, 0, 0, MONEY_MAX },
	{ .name = "warn_percent", KIND_INT, 0, 0, 100, .preset = "80" },
	{ .name = "hours", KIND_BAND, .preset = "" },
	{ .name = "mode", KIND_WORD, .preset = "block", .words = mode_words },
};

static const struct kind_column emergencies[] = {
	{ .name = "number", KIND_DIGITS, SUBJECT, 1, 8 },
	{ .name = "country_code", KIND_DIGITS, KIND_KEY, 1, 3 },
	{ .name = "gateway", KIND_REF, NEEDED | KIND_KEY, .ref = "gateways" },
	{ .name = "priority", KIND_INT, 0, 0, PRIORITY_MAX, .preset = "100" },
};

static const struct kind_column callers[] = {
	{ .name = "account",
	  KIND_REF,
	  KIND_KEY | KIND_COLUMN | KIND_FILLED,
	  .ref = "accounts" },
	{ .name = "prefix", KIND_PREFIX, SUBJECT },
	{ .name = "preset", KIND_BOOL, .preset = "false" },
};

static const struct kind_column gateway_credentials[] = {
	{ .name = "gateway", KIND_REF, NEEDED | KIND_KEY, .ref = "gateways" },
	{ .name = "realm", KIND_TEXT, SUBJECT, 1, TEXT_LEN },
	{ .name = "username", KIND_USER, NEEDED, 1, NAME_LEN },
	{ .name = "ha1_md5", KIND_HEX, 0, 32, 32 },
	{ .name = "ha1_sha256", KIND_HEX, 0, 64, 64 },
	{ .name = "ha1_sha512_256", KIND_HEX, 0, 64, 64 },
	{ .name = "password", KIND_SECRET, KIND_INPUT, 0, TEXT_LEN },
};

static const struct kind_column users[] = {
	{ .name = "username", KIND_TEXT, SUBJECT, 1, NAME_LEN },
	{ .name = "domain", KIND_TEXT, KIND_KEY, 0, TEXT_LEN, .preset = "" },
	{ .name = "contact", KIND_CONTACT, NEEDED, 1, TEXT_LEN },
	{ .name = "number", KIND_PREFIX, .preset = "" },
	{ .name = "account", KIND_REF, .ref = "accounts" },
	{ .name = "enabled", KIND_BOOL, .preset = "true" },
};

static const struct kind_column portability[] = {
	{ .name = "number", KIND_PREFIX, SUBJECT },
	{ .name = "routing_number", KIND_PREFIX, NEEDED },
};

static const struct kind_column measured_durations[] = {
	{ .name = "account", KIND_REF, KIND_KEY, .ref = "accounts" },
	{ .name = "prefix",
	  KIND_PREFIX,
	  KIND_KEY | KIND_COLUMN | KIND_SUBJECT,
	  .preset = "" },
	{ .name = "duration_s", KIND_INT, NEEDED, 1, DAY_S },
	{ .name = "calls", KIND_INT, NEEDED, 1, INT64_MAX },
};

#define COLUMNS(table)                      \
	.name = #table, .columns = (table), \
	.n_columns = sizeof(table) / sizeof((table)[0])

/* In the order in which they may be imported. Rates and credentials are given
 * whole: a new deck must not keep the fee, or a new password the hash, of the
 * one before. */
const struct kind kind_tables[] = {
	{ COLUMNS(tariffs) },
	{ COLUMNS(rates), .whole_rows = true, .more_columns = true,
	  .fill = kind_rates_fill, .check = kind_rates_check,
	  .note = import_note_example,
	  .check_rows = kind_rates_check_bands },
	{ COLUMNS(carriers) },
	{ COLUMNS(gateways) },
	{ COLUMNS(accounts) },
	{ COLUMNS(credentials), .whole_rows = true,
	  .check = kind_credentials_check },
	{ COLUMNS(trunks), .check = kind_trunks_check },
	{ COLUMNS(holidays) },
	{ COLUMNS(exchange_rates), .check = kind_exchange_check },
	{ COLUMNS(taxes), .check = kind_taxes_check },
	{ COLUMNS(blocks), .check = kind_blocks_check },
	{ COLUMNS(durations) },
	{ COLUMNS(shares) },
	{ COLUMNS(limits), .check = kind_limits_check },
	{ COLUMNS(emergencies) },
	{ COLUMNS(callers) },
	{ COLUMNS(gateway_credentials), .whole_rows = true,
	  .check = kind_credentials_check },
	{ COLUMNS(users) },
	{ COLUMNS(portability), .check = kind_portability_check },
	{ COLUMNS(measured_durations) },
};
const size_t n_kind_tables = sizeof(kind_tables) / sizeof(kind_tables[0]);

const char *const kind_names[] = { "tariffs",  "rates",    "carriers",
				   "gateways", "accounts", "credentials",
				   "trunks",   "holidays", "exchange_rates",
				   "taxes",    "blocks",   "durations",
				   "shares",   "limits",
				   "emergencies", "callers",
				   "gateway_credentials", "users",
				   "portability", "measured_durations", NULL };
