/* test_kind.c - names of kinds and columns, and what export writes */
#include "db/kind.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "db/kind_table.h"
#include "tests/unit/db_import.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
kinds_are_found_by_name(void)
{
	size_t n = 0;

	for (; kind_names[n] != NULL; n++) {
		test_row(kind_names[n]);
		CHECK(kind_find(kind_names[n]) == &kind_tables[n]);
		CHECK(kind_tables[n].n_columns <= KIND_MAX_COLUMNS);
	}
	CHECK(n == n_kind_tables);
	CHECK(kind_find("rate") == NULL);
	CHECK(kind_find("") == NULL);
}

static const struct {
	const char *kind, *name, *column; /* NULL: no such column */
} names[] = {
	{ "rates", "prefix", "prefix" },
	{ "rates", "Code", "prefix" },
	{ "rates", "Dial Code", "prefix" },
	{ "rates", "dial_code", "prefix" },
	{ "rates", "DIALPREFIX", "prefix" },
	{ "rates", "destination", "destination" },
	{ "rates", "code-name", "destination" },
	{ "rates", "Description", "destination" },
	{ "rates", "price", "rate" },
	{ "rates", "rate_minute", "rate" },
	{ "rates", "Setup Fee", "connect_fee" },
	{ "rates", "connect_fee", "connect_fee" },
	{ "rates", "initial", "first_increment" },
	{ "rates", "Min", "first_increment" },
	{ "rates", "minimum", "first_increment" },
	{ "rates", "first", "first_increment" },
	{ "rates", "interval", "increment" },
	{ "rates", "next", "increment" },
	{ "rates", "Effective Date", "valid_from" },
	{ "rates", "effective_date", "valid_from" },
	{ "rates", "END DATE", "valid_until" },
	{ "rates", "end_date", "valid_until" },
	{ "rates", "id", NULL },
	{ "rates", "", NULL },
	{ "rates", "prefi", NULL },
	{ "carriers", "code", NULL },
	{ "carriers", "Quality Min ASR", "quality_min_asr" },
};

static void
columns_are_found_by_their_names(void)
{
	for (size_t i = 0; i < N(names); i++) {
		const struct kind *kind = kind_find(names[i].kind);
		int at = kind_find_column(kind, str_of(names[i].name));

		test_row(names[i].name);
		CHECK((at < 0) == (names[i].column == NULL));
		if (at >= 0 && names[i].column != NULL)
			CHECK(strcmp(kind->columns[at].name, names[i].column) ==
			      0);
	}
}

/* Each row of the schema's unique keys, in the order of the keys. */
static const struct {
	const char *kind, *csv;
} exports[] = {
	{ "tariffs",
	  "tariff,currency,timezone,decimals,rounding,duration_rounding,"
	  "minimum_charge,attempt_fee,round_at,allow_negative,rate_by\n"
	  "B,USD,America/New_York,4,down,exact,0.01,0.002,bill,true,ported\n"
	  "a,EUR,UTC,6,half_up,up,0,0,call,false,dialled\n" },
	{ "rates", "tariff,prefix,destination,rate,connect_fee,first_increment,"
		   "increment,grace_s,from_second,band,valid_from,valid_until\n"
		   "B,,Rest,,0,1,1,0,0,,,\n"
		   "a,1,\"USA, all\",0.01,-0,1,1,0,0,,,\n"
		   "a,49,\"say \"\"hi\"\"\",0.00000001,0.1,60,6,3,0,,,\n"
		   "a,49,,0.02,0,1,1,0,0,,2026-01-01T00:00:00Z,"
		   "2026-07-01T00:00:00.000001Z\n"
		   "a,49,,0.03,0,1,1,0,0,\"sat,sun\",,\n"
		   "a,49,,0.04,0,1,1,0,60,,,\n"
		   "a,491,,5,0,1,1,0,0,,,\n" },
	{ "carriers", "carrier,name,tariff,priority,weight,quality_min_asr,"
		      "quality_min_acd_s,enabled\n"
		      "blue,Blue Ltd,a,1,2,40,60,false\n"
		      "red,,,100,100,,,true\n" },
	{ "gateways", "gateway,carrier,uri,priority,weight,capacity,cps,strip,"
		      "prefix,enabled,reroute_codes,stop_codes,probe,"
		      "number_format,trusted,portability,media,"
		      "caller_format,caller_strip,caller_prefix,identity,"
		      "diversion,redirects,registers,"
		      "register_aor,register_contact,register_expires_s\n"
		      "g1,blue,sip:192.0.2.1:5060,1,2,30,10,2,00#,false,"
		      "\"403, 5xx\",503,true,national,false,params,rtp ip4 pcma,"
		      "plus,2,0#,rpid,none,follow,required,"
		      "sip:4711@blue.example,4711,600\n"
		      "g2,red,sip:red.example,100,100,,,0,,true,,,false,preset,true,none,,keep,0,,keep,keep,"
		      "preset,no,,,3600\n" },
	{ "accounts", "account,name,tariff,country_code,international_prefix,"
		      "national_prefix,international,channels,cps,strategy,"
		      "min_margin,max_hops,max_call_s,timezone,enabled,tolerance,"
		      "min_margin_percent,max_loss,expected_duration_s,"
		      "trusted,account_group,secure\n"
		      "acme,Acme,a,49,00,0,true,30,5,priority,-0.01,3,7200,"
		      "Europe/Berlin,false,0,12.5,0.02,90,false,resellers,true\n"
		      "zeta,,,39,none,none,false,,,least_cost,,,,,true,0,,,,true,,false\n"
		      "zulu,,,,,,false,,,tolerance,,,,,true,5,,,,true,,false\n" },
	{ "credentials",
	  "account,username,realm,ha1_md5,ha1_sha256\n"
	  "acme,bob,a.example,0123456789abcdef0123456789abcdef,\n"
	  "zeta,bob,b.example,,"
	  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	  "\n" },
	{ "trunks", "account,address,port,transport,tech_prefix,trunk,"
		    "certificate\n"
		    "zeta,,,,,,pbx.example.net\n"
		    "zeta,,,tls,,west,pbx.example.net\n"
		    "acme,192.0.2.0/24,,,,,\n"
		    "zeta,192.0.2.0/24,,,,,pbx.example.net\n"
		    "zeta,192.0.2.0/24,,,77#,,\n"
		    "acme,192.0.2.0/24,,tcp,,,\n"
		    "acme,192.0.2.0/24,5060,,,east,\n"
		    "acme,2001:db8::1/128,,,,,\n" },
	{ "holidays", "tariff,date,name\n"
		      ",2026-12-25,Christmas\n"
		      "a,2026-10-03,Unity\n"
		      "a,2026-12-25,\n" },
	{ "exchange_rates", "currency,base,date,rate\n"
			    "GBP,EUR,2026-10-01,1.15\n"
			    "USD,EUR,2026-10-01,0.9\n"
			    "USD,EUR,2026-11-01,0.92\n" },
	{ "taxes", "account,tax,percent,valid_from,valid_until\n"
		   ",VAT,16,,2027-01-01\n"
		   ",VAT,19,2027-01-01,\n"
		   "acme,none,0,,\n" },
	{ "blocks", "account,carrier,prefix,class,verdict,valid_until,source,"
		    "reason\n"
		    ",,88,,blocked,,fraud desk,\n"
		    ",,881,,blocked,,,satellite\n"
		    "acme,,,premium,blocked,2026-12-01T00:00:00Z,,\n"
		    "acme,,44,,allowed,,contract,\n"
		    "acme,blue,,,blocked,,,no contract\n" },
	{ "durations", "account,prefix,duration_s\n"
		       ",44,90\n"
		       "acme,,240\n" },
	{ "shares", "account,carrier,percent,note\n"
		    "acme,blue,30,main\n"
		    "acme,red,70,\n" },
	{ "limits", "account,class,trunk,channels,cps,calls,window_s,minutes_hour,"
		    "minutes_day,spend_hour,spend_day,warn_percent,hours,mode\n"
		    ",,,30,5,,3600,,,,,80,,block\n"
		    "acme,,,,,,3600,600,6000,10.5,100,50,,observe\n"
		    "acme,international,east,2,1,20,600,,,,,80,mon-fri "
		    "08:00-18:00,block\n" },
	{ "emergencies", "number,country_code,gateway,priority\n"
			 "110,49,g1,100\n"
			 "112,,g1,10\n"
			 "112,,g2,20\n" },
	{ "callers", "account,prefix,preset\n"
		     "acme,4989123,false\n"
		     "acme,49891234567,true\n" },
	{ "gateway_credentials",
	  "gateway,realm,username,ha1_md5,ha1_sha256,ha1_sha512_256\n"
	  "g1,blue.example,us,0123456789abcdef0123456789abcdef,,\n"
	  "g1,proxy.blue.example,us2,,"
	  "0123456789abcdef0123456789abcdef"
	  "0123456789abcdef0123456789abcdef,\n"
	  "g2,blue.example,us,,,"
	  "0123456789abcdef0123456789abcdef"
	  "0123456789abcdef0123456789abcdef\n" },
	{ "users", "username,domain,contact,number,account,enabled\n"
		   "100,,sip:100@192.0.2.9:5070,49891234500,acme,true\n"
		   "100,a.example,sips:desk.example,,,false\n" },
	{ "portability", "number,routing_number\n"
			 "4915112345678,491790000000\n"
			 "498912345,4930\n" },
	{ "measured_durations", "account,prefix,duration_s,calls\n"
				",49,120,2000\n"
				"acme,,66,50\n" },
};

/* "-0" is there to show that it comes out as 0. */
static void
without_minus_zero(char *text)
{
	char *at = strstr(text, ",-0,");

	if (at != NULL)
		memmove(at + 1, at + 2, strlen(at + 2) + 1);
}

static void
what_is_imported_is_exported(struct store *store)
{
	char expected[2048], out[4096];

	for (size_t i = 0; i < N(exports); i++) {
		test_row(exports[i].kind);
		CHECK(strcmp(exports[i].kind, kind_names[i]) == 0);
		if (!OK(db_import(store, exports[i].kind, exports[i].csv)) ||
		    !OK(db_export(store, exports[i].kind, out, sizeof(out))))
			return;
		snprintf(expected, sizeof(expected), "%s", exports[i].csv);
		without_minus_zero(expected);
		CHECK(strcmp(out, expected) == 0);
	}
}
ON_BOTH(DB_TABLES, what_is_imported_is_exported)

static void
what_is_exported_changes_nothing(struct store *store)
{
	const struct import_options options = { .tariff = NULL };
	struct import_result result;
	char report[REPORT_MAX], out[4096];

	for (size_t i = 0; i < N(exports); i++) {
		test_row(exports[i].kind);
		if (!OK(db_import(store, exports[i].kind, exports[i].csv)) ||
		    !OK(db_export(store, exports[i].kind, out, sizeof(out))) ||
		    !OK(db_import_with(store, exports[i].kind, out, &options,
				       &result, report)))
			return;
		CHECK(result.rows > 0 && result.unchanged == result.rows);
		CHECK(report[0] == '\0');
	}
}
ON_BOTH(DB_TABLES, what_is_exported_changes_nothing)

static void
an_export_that_cannot_be_written_fails(struct store *store)
{
	FILE *full = fopen("/dev/full", "we");

	if (full == NULL) {
		test_skip("there is no /dev/full");
		return;
	}
	if (OK(db_import(store, "tariffs", exports[0].csv)))
		CHECK(kind_export(kind_find("tariffs"), store, full) == ERR_IO);
	fclose(full);
}
ON_BOTH(DB_TABLES, an_export_that_cannot_be_written_fails)

static const struct test tests[] = {
	{ .name = "kinds are found by name",
	  .run = kinds_are_found_by_name,
	  .no_sweep = true },
	{ .name = "columns are found by their names",
	  .run = columns_are_found_by_their_names,
	  .no_sweep = true },
	BOTH_ONCE("what is imported is exported", what_is_imported_is_exported),
	BOTH_ONCE("what is exported changes nothing",
		  what_is_exported_changes_nothing),
	BOTH_ONCE("an export that cannot be written fails",
		  an_export_that_cannot_be_written_fails),
};

const struct test_suite suite_kind = TEST_SUITE("kind", tests);
