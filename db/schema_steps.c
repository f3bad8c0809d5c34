/*
 * schema_steps.c - the migrations
 *
 * Names refer by id, so that an account or a gateway can be renamed without
 * touching call records and tokens that carry the id; AUTOINCREMENT and
 * identity columns never give an id twice. Call records keep names, because
 * they must stay true when the tables change.
 */
#include "db/schema_steps.h"

/* A NULL timezone, dial plan, limit or max_hops is the configuration's. */
static const char *const step_1[] = {
	"CREATE TABLE tariffs ("
	" id %ID%,"
	" tariff %TEXT% NOT NULL UNIQUE,"
	" currency %TEXT% NOT NULL,"
	" timezone %TEXT% NOT NULL DEFAULT 'UTC',"
	" decimals %INT% NOT NULL DEFAULT 6,"
	" rounding %TEXT% NOT NULL DEFAULT 'half_up',"
	" duration_rounding %TEXT% NOT NULL DEFAULT 'up',"
	" minimum_charge %MONEY% NOT NULL DEFAULT 0,"
	" attempt_fee %MONEY% NOT NULL DEFAULT 0,"
	" round_at %TEXT% NOT NULL DEFAULT 'call',"
	" allow_negative %BOOL% NOT NULL DEFAULT false)",

	/* rate NULL = not sold; valid_from NULL = always was, valid_until
	 * exclusive, NULL = no end */
	"CREATE TABLE rates ("
	" id %ID%,"
	" tariff %INT% NOT NULL REFERENCES tariffs (id),"
	" prefix %TEXT% NOT NULL,"
	" destination %TEXT% NOT NULL DEFAULT '',"
	" rate %MONEY%,"
	" connect_fee %MONEY% NOT NULL DEFAULT 0,"
	" first_increment %INT% NOT NULL DEFAULT 1,"
	" increment %INT% NOT NULL DEFAULT 1,"
	" grace_s %INT% NOT NULL DEFAULT 0,"
	" from_second %INT% NOT NULL DEFAULT 0,"
	" band %TEXT% NOT NULL DEFAULT '',"
	" valid_from %TIME%,"
	" valid_until %TIME%)",
	"CREATE UNIQUE INDEX rates_key ON rates (tariff, prefix, from_second,"
	" band, coalesce(valid_from, %NO_TIME%))",

	"CREATE TABLE holidays ("
	" id %ID%,"
	" tariff %INT% REFERENCES tariffs (id)," /* NULL = of every tariff */
	" date %TEXT% NOT NULL,"                 /* YYYY-MM-DD */
	" name %TEXT% NOT NULL DEFAULT '')",
	"CREATE UNIQUE INDEX holidays_key ON holidays"
	" (coalesce(tariff, 0), date)",

	"CREATE TABLE carriers ("
	" id %ID%,"
	" carrier %TEXT% NOT NULL UNIQUE,"
	" name %TEXT% NOT NULL DEFAULT '',"
	" tariff %INT% REFERENCES tariffs (id),"
	" priority %INT% NOT NULL DEFAULT 100,"
	" weight %INT% NOT NULL DEFAULT 100,"
	" quality_min_asr %INT%," /* percent */
	" quality_min_acd_s %INT%,"
	" enabled %BOOL% NOT NULL DEFAULT true)",

	/* capacity, cps: NULL = unlimited */
	"CREATE TABLE gateways ("
	" id %ID%,"
	" gateway %TEXT% NOT NULL UNIQUE,"
	" carrier %INT% NOT NULL REFERENCES carriers (id),"
	" uri %TEXT% NOT NULL,"
	" priority %INT% NOT NULL DEFAULT 100,"
	" weight %INT% NOT NULL DEFAULT 100,"
	" capacity %INT%,"
	" cps %INT%,"
	" strip %INT% NOT NULL DEFAULT 0,"
	" prefix %TEXT% NOT NULL DEFAULT '',"
	" enabled %BOOL% NOT NULL DEFAULT true)",

	/* channels, cps: NULL = unlimited */
	"CREATE TABLE accounts ("
	" id %ID%,"
	" account %TEXT% NOT NULL UNIQUE,"
	" name %TEXT% NOT NULL DEFAULT '',"
	" tariff %INT% REFERENCES tariffs (id),"
	" country_code %TEXT%,"
	" international_prefix %TEXT%,"
	" national_prefix %TEXT%,"
	" international %BOOL% NOT NULL DEFAULT false,"
	" channels %INT%,"
	" cps %INT%,"
	" strategy %TEXT% NOT NULL DEFAULT 'least_cost',"
	" min_margin %MONEY%,"
	" max_hops %INT%,"
	" timezone %TEXT%,"
	" enabled %BOOL% NOT NULL DEFAULT true)",

	"CREATE TABLE credentials ("
	" id %ID%,"
	" account %INT% NOT NULL REFERENCES accounts (id),"
	" username %TEXT% NOT NULL,"
	" realm %TEXT% NOT NULL,"
	" ha1_md5 %TEXT%,"
	" ha1_sha256 %TEXT%,"
	" UNIQUE (username, realm))",

	/* port, transport: NULL = any */
	"CREATE TABLE trunks ("
	" id %ID%,"
	" account %INT% NOT NULL REFERENCES accounts (id),"
	" address %TEXT% NOT NULL,"
	" port %INT%,"
	" transport %TEXT%,"
	" tech_prefix %TEXT% NOT NULL DEFAULT '')",
	"CREATE UNIQUE INDEX trunks_key ON trunks (address, coalesce(port, 0),"
	" coalesce(transport, ''), tech_prefix)",

	/* the fields of struct cdr, tel/cdr.h; each index is paid for by every
	 * call, so there are only those that billing walks */
	"CREATE TABLE cdr ("
	" id %ROW_ID%,"
	" call_key %TEXT% NOT NULL,"
	" node %TEXT%,"
	" generation %INT%,"
	" call_id %TEXT%,"
	" from_tag %TEXT%,"
	" to_tag %TEXT% NOT NULL,"
	" account %TEXT%,"
	" source %TEXT%,"
	" caller %TEXT%,"
	" caller_asserted %TEXT%,"
	" dialled %TEXT%,"
	" number %TEXT%,"
	" destination_class %TEXT%,"
	" carrier %TEXT%,"
	" gateway %TEXT%,"
	" hop %INT%,"
	" route_source %TEXT%,"
	" matched_prefix %TEXT%,"
	" setup_time %TIME% NOT NULL,"
	" ring_time %TIME%,"
	" answer_time %TIME%,"
	" end_time %TIME%,"
	" duration_us %INT% GENERATED ALWAYS AS (%DURATION%) STORED,"
	" pdd_us %INT%,"
	" end_source %TEXT%,"
	" status %TEXT% NOT NULL DEFAULT 'open',"
	" sip_code %INT%,"
	" q850_cause %INT%,"
	" reason %TEXT%,"
	" token %TEXT%,"
	" sell_tariff %TEXT%,"
	" sell_prefix %TEXT%,"
	" sell_rate %MONEY%,"
	" sell_seconds %INT%,"
	" sell_amount %MONEY%,"
	" sell_currency %TEXT%,"
	" buy_tariff %TEXT%,"
	" buy_prefix %TEXT%,"
	" buy_rate %MONEY%,"
	" buy_seconds %INT%,"
	" buy_amount %MONEY%,"
	" buy_currency %TEXT%,"
	" margin %MONEY%,"
	" destination %TEXT%,"
	" rating_run %INT%,"
	" rating_note %TEXT%,"
	" UNIQUE (setup_time, call_key, to_tag))",
	"CREATE INDEX cdr_account ON cdr (account, answer_time)",
	"CREATE INDEX cdr_unrated ON cdr (answer_time)"
	" WHERE rating_run IS NULL",

	/* the fields of struct cdr_attempt */
	"CREATE TABLE cdr_attempt ("
	" id %ROW_ID%,"
	" call_key %TEXT% NOT NULL,"
	" setup_time %TIME% NOT NULL,"
	" call_id %TEXT%,"
	" from_tag %TEXT%,"
	" node %TEXT%,"
	" hop %INT% NOT NULL,"
	" carrier %TEXT%,"
	" gateway %TEXT%,"
	" target %TEXT%,"
	" start_time %TIME%,"
	" first_response_us %INT%,"
	" end_us %INT%,"
	" sip_code %INT%,"
	" q850_cause %INT%,"
	" outcome %TEXT%,"
	" reason %TEXT%,"
	" expected_cost %MONEY%,"
	" rate_row %TEXT%,"
	" UNIQUE (setup_time, call_key, hop))",

	/* how far each journal has been shipped */
	"CREATE TABLE journal_position ("
	" node %TEXT% NOT NULL,"
	" worker %INT% NOT NULL,"
	" segment %INT% NOT NULL,"
	" \"offset\" %INT% NOT NULL,"
	" seq %INT% NOT NULL,"
	" PRIMARY KEY (node, worker))",
	"CREATE TABLE bad_events ("
	" id %ID%,"
	" node %TEXT%,"
	" worker %INT%,"
	" segment %INT%,"
	" \"offset\" %INT%,"
	" seq %INT%,"
	" received %TIME%,"
	" error %TEXT%,"
	" event %TEXT%)",
	NULL,
};

/* What closes calls whose end never came (acct/sweep.h). The index holds only
 * what the sweep has to look at. */
static const char *const step_2[] = {
	"ALTER TABLE accounts ADD COLUMN max_call_s %INT%",
	"ALTER TABLE cdr ADD COLUMN last_seen %TIME%",
	"ALTER TABLE cdr ADD COLUMN session_s %INT%",
	"ALTER TABLE cdr ADD COLUMN swept_time %TIME%", /* NULL = it was not */
	"ALTER TABLE cdr ADD COLUMN anomaly %TEXT% GENERATED ALWAYS AS (CASE"
	" WHEN end_time < answer_time THEN 'negative_duration'"
	" WHEN end_time = answer_time THEN 'zero_duration'"
	" WHEN node IS NULL THEN 'no_start' END) %KEPT%",
	"CREATE INDEX cdr_unended ON cdr (setup_time) WHERE status = 'open'"
	" OR (status = 'swept' AND last_seen > end_time)",

	/* what a record said before an end that came late changed it */
	"CREATE TABLE cdr_corrections ("
	" id %ROW_ID%,"
	" corrected %TIME% NOT NULL,"
	" cause %TEXT% NOT NULL,"
	" setup_time %TIME% NOT NULL,"
	" call_key %TEXT% NOT NULL,"
	" to_tag %TEXT% NOT NULL,"
	" old_status %TEXT%,"
	" old_end_time %TIME%,"
	" old_end_source %TEXT%,"
	" old_sell_amount %MONEY%,"
	" old_buy_amount %MONEY%,"
	" old_rating_run %INT%)",
	"CREATE INDEX cdr_corrections_call ON cdr_corrections"
	" (setup_time, call_key, to_tag)",
	NULL,
};

/*
 * Billing. A closed bill has the priced calls of its account answered in
 * [starts, ends), except those whose cdr.late is set: they got their first price
 * when the bill was closed already. late is 0 until a bill takes them, then its
 * number. What is rated anew leaves its former rating in rating_history; bill
 * there is the document that stated it, credit the one that corrects that.
 */
static const char *const step_4[] = {
	"ALTER TABLE tariffs ADD COLUMN rate_by %TEXT% NOT NULL"
	" DEFAULT 'dialled'",
	"ALTER TABLE cdr ADD COLUMN ported_to %TEXT%",
	"ALTER TABLE cdr ADD COLUMN late %INT%",
	"CREATE INDEX cdr_late ON cdr (account, late) WHERE late IS NOT NULL",
	"ALTER TABLE cdr_attempt ADD COLUMN fee %MONEY%",
	"ALTER TABLE cdr_attempt ADD COLUMN fee_currency %TEXT%",
	"ALTER TABLE cdr_attempt ADD COLUMN fee_run %INT%",

	/* one unit of currency is rate units of base, from date (UTC) until the
	 * next one */
	"CREATE TABLE exchange_rates ("
	" id %ID%,"
	" currency %TEXT% NOT NULL,"
	" base %TEXT% NOT NULL,"
	" date %TEXT% NOT NULL,"
	" rate %MONEY% NOT NULL,"
	" UNIQUE (currency, base, date))",

	/* account NULL = every one without rows of its own; dates are days of
	 * the account's zone, valid_until exclusive */
	"CREATE TABLE taxes ("
	" id %ID%,"
	" account %INT% REFERENCES accounts (id),"
	" tax %TEXT% NOT NULL,"
	" percent %MONEY% NOT NULL,"
	" valid_from %TEXT%,"
	" valid_until %TEXT%)",
	"CREATE UNIQUE INDEX taxes_key ON taxes"
	" (coalesce(account, 0), coalesce(valid_from, ''))",

	"CREATE TABLE rating_history ("
	" id %ROW_ID%,"
	" cdr %INT% NOT NULL,"
	" account %TEXT%,"
	" rating_run %INT% NOT NULL,"
	" replaced_by %INT% NOT NULL,"
	" bill %INT%,"
	" credit %INT%,"
	" sell_tariff %TEXT%,"
	" sell_prefix %TEXT%,"
	" sell_rate %MONEY%,"
	" sell_seconds %INT%,"
	" sell_amount %MONEY%,"
	" sell_currency %TEXT%,"
	" buy_tariff %TEXT%,"
	" buy_prefix %TEXT%,"
	" buy_rate %MONEY%,"
	" buy_seconds %INT%,"
	" buy_amount %MONEY%,"
	" buy_currency %TEXT%,"
	" margin %MONEY%,"
	" destination %TEXT%,"
	" rating_note %TEXT%,"
	" UNIQUE (cdr, rating_run))",
	"CREATE INDEX rating_history_due ON rating_history (account)"
	" WHERE bill IS NOT NULL AND credit IS NULL",

	"CREATE TABLE bills ("
	" number %INT% NOT NULL PRIMARY KEY,"
	" kind %TEXT% NOT NULL," /* bill, credit */
	" account %TEXT% NOT NULL,"
	" name %TEXT% NOT NULL,"
	" timezone %TEXT% NOT NULL,"
	" period %TEXT% NOT NULL,"
	" starts %TIME% NOT NULL,"
	" ends %TIME% NOT NULL,"
	" closed %TIME% NOT NULL,"
	" currency %TEXT% NOT NULL,"
	" calls %INT% NOT NULL,"
	" duration_us %INT% NOT NULL,"
	" billed_s %INT% NOT NULL,"
	" net %MONEY% NOT NULL,"
	" tax %MONEY% NOT NULL,"
	" total %MONEY% NOT NULL)",
	"CREATE INDEX bills_account ON bills (account, starts)",

	/* kind: call, late, rounding */
	"CREATE TABLE bill_lines ("
	" bill %INT% NOT NULL REFERENCES bills (number),"
	" position %INT% NOT NULL,"
	" kind %TEXT% NOT NULL,"
	" destination %TEXT% NOT NULL,"
	" prefix %TEXT% NOT NULL,"
	" rate %MONEY% NOT NULL,"
	" calls %INT% NOT NULL,"
	" duration_us %INT% NOT NULL,"
	" billed_s %INT% NOT NULL,"
	" amount %MONEY% NOT NULL,"
	" tax_name %TEXT% NOT NULL,"
	" tax_percent %MONEY% NOT NULL,"
	" tax %MONEY% NOT NULL,"
	" PRIMARY KEY (bill, position))",

	/* the calls of a credit note: as billed, and as they should be */
	"CREATE TABLE bill_corrections ("
	" bill %INT% NOT NULL REFERENCES bills (number),"
	" position %INT% NOT NULL,"
	" of_bill %INT% NOT NULL,"
	" answer_time %TIME% NOT NULL,"
	" caller %TEXT%,"
	" number %TEXT%,"
	" destination %TEXT%,"
	" duration_us %INT% NOT NULL,"
	" old_billed_s %INT% NOT NULL,"
	" old_amount %MONEY% NOT NULL,"
	" new_billed_s %INT% NOT NULL,"
	" new_amount %MONEY% NOT NULL,"
	" tax_name %TEXT% NOT NULL,"
	" tax_percent %MONEY% NOT NULL,"
	" PRIMARY KEY (bill, position))",
	NULL,
};

/* What decisions know beyond prices; a NULL account or carrier is all of
 * them. */
static const char *const step_5[] = {
	"ALTER TABLE accounts ADD COLUMN tolerance %MONEY% NOT NULL DEFAULT 0",
	"ALTER TABLE accounts ADD COLUMN min_margin_percent %MONEY%",
	"ALTER TABLE accounts ADD COLUMN max_loss %MONEY%",
	"ALTER TABLE accounts ADD COLUMN expected_duration_s %INT%",

	"CREATE TABLE blocks ("
	" id %ID%,"
	" account %INT% REFERENCES accounts (id),"
	" carrier %INT% REFERENCES carriers (id),"
	" prefix %TEXT% NOT NULL DEFAULT '',"
	" reason %TEXT% NOT NULL DEFAULT '')",
	"CREATE UNIQUE INDEX blocks_key ON blocks"
	" (coalesce(account, 0), coalesce(carrier, 0), prefix)",

	"CREATE TABLE durations ("
	" id %ID%,"
	" account %INT% REFERENCES accounts (id),"
	" prefix %TEXT% NOT NULL DEFAULT '',"
	" duration_s %INT% NOT NULL)",
	"CREATE UNIQUE INDEX durations_key ON durations"
	" (coalesce(account, 0), prefix)",

	"CREATE TABLE shares ("
	" id %ID%,"
	" account %INT% NOT NULL REFERENCES accounts (id),"
	" carrier %INT% NOT NULL REFERENCES carriers (id),"
	" percent %INT% NOT NULL,"
	" note %TEXT% NOT NULL DEFAULT '',"
	" UNIQUE (account, carrier))",
	NULL,
};

/* How gateways fail: codes beside those of the configuration, and whether
 * they are asked for signs of life. */
static const char *const step_6[] = {
	"ALTER TABLE gateways ADD COLUMN reroute_codes %TEXT% NOT NULL"
	" DEFAULT ''",
	"ALTER TABLE gateways ADD COLUMN stop_codes %TEXT% NOT NULL"
	" DEFAULT ''",
	"ALTER TABLE gateways ADD COLUMN probe %BOOL% NOT NULL DEFAULT false",
	/* how it wants numbers, and what it may be told of callers */
	"ALTER TABLE gateways ADD COLUMN number_format %TEXT% NOT NULL"
	" DEFAULT 'preset'",
	"ALTER TABLE gateways ADD COLUMN trusted %BOOL% NOT NULL DEFAULT true",
	"ALTER TABLE accounts ADD COLUMN trusted %BOOL% NOT NULL DEFAULT true",
	/* NULL = of every class, see tel/number_class.h */
	"ALTER TABLE blocks ADD COLUMN class %TEXT%",
	"DROP INDEX blocks_key",
	"CREATE UNIQUE INDEX blocks_key ON blocks (coalesce(account, 0),"
	" coalesce(carrier, 0), prefix, coalesce(class, ''))",
	NULL,
};

/* How far the nodes' clocks are off the store's, and a call's two off each
 * other (acct/skew.h). */
static const char *const step_7[] = {
	"CREATE TABLE node_clock ("
	" node %TEXT% PRIMARY KEY,"
	" offset_us %INT% NOT NULL,"
	" measured %TIME% NOT NULL)",
	"ALTER TABLE cdr ADD COLUMN clock_us %INT%",
	"ALTER TABLE cdr DROP COLUMN anomaly",
	"ALTER TABLE cdr ADD COLUMN anomaly %TEXT% GENERATED ALWAYS AS (CASE"
	" WHEN end_time < answer_time THEN 'negative_duration'"
	" WHEN end_time = answer_time THEN 'zero_duration'"
	" WHEN node IS NULL THEN 'no_start'"
	" WHEN abs(clock_us) >= 1000000 THEN 'clock' END) %KEPT%",
	NULL,
};

/* Attempts that go to a URI instead of a gateway. */
static const char *const step_uris[] = {
	"ALTER TABLE cdr_attempt ADD COLUMN route_source %TEXT%",
	"ALTER TABLE cdr_attempt ADD COLUMN uri %TEXT%",
	NULL,
};

/* By how much a node's clock was set, when it had come to `wall` (acct/skew.h);
 * told is the store's time. And the CRC of the record before a position, as in the
 * journal: 0 = not known. */
static const char *const step_nodes[] = {
	"ALTER TABLE journal_position ADD COLUMN record_crc %INT% NOT NULL"
	" DEFAULT 0",
	"CREATE TABLE node_step ("
	" node %TEXT% NOT NULL,"
	" wall %TIME% NOT NULL,"
	" by_us %INT% NOT NULL,"
	" told %TIME% NOT NULL,"
	" PRIMARY KEY (node, wall))",
	NULL,
};

/* Whose other side was there a minute after the end on record. Answers of what
 * was on its way come within 32 s (64 * T1, RFC 3261 17). */
static const char *const step_alive[] = {
	"ALTER TABLE cdr DROP COLUMN anomaly",
	"ALTER TABLE cdr ADD COLUMN anomaly %TEXT% GENERATED ALWAYS AS (CASE"
	" WHEN end_time < answer_time THEN 'negative_duration'"
	" WHEN end_time = answer_time THEN 'zero_duration'"
	" WHEN node IS NULL THEN 'no_start'"
	" WHEN abs(clock_us) >= 1000000 THEN 'clock'"
	" WHEN status = 'answered' AND last_seen - end_time >= %MINUTE%"
	" THEN 'alive_after_end' END) %KEPT%",
	NULL,
};

const char *const *const schema_steps[] = {
	step_1, step_2, schema_months, step_4, step_5,
	step_6, step_7, schema_step_limits, schema_step_callers,
	schema_step_rated, step_uris,
	schema_step_gateway_credentials,
	schema_step_users,
	schema_step_blocks,
	schema_step_porting,
	schema_step_trunk_limits,
	schema_step_redirects,
	schema_step_trunk_certificates,
	schema_step_registers,
	step_nodes,
	step_alive,
	schema_step_sha512,
};
const size_t n_schema_steps = sizeof(schema_steps) / sizeof(schema_steps[0]);
