/* test_import.c - files of rows: what is refused, what changes, what stays */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/db_import.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* "rows inserted updated unchanged deleted errors" */
static bool
counts_are(const struct import_result *r, const char *expected)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		 " %" PRIu64,
		 r->rows, r->inserted, r->updated, r->unchanged, r->deleted,
		 r->errors);
	if (strcmp(text, expected) != 0 && !test_starved())
		printf("\n    counts are %s, expected %s\n", text, expected);
	return strcmp(text, expected) == 0;
}

/* Import and compare the counts; the messages are expected to be empty. */
static int
import_counting(struct store *store, const char *kind, const char *text,
		const struct import_options *options, const char *counts)
{
	struct import_result result;
	char report[REPORT_MAX];
	int err = db_import_with(store, kind, text, options, &result, report);

	if (err == 0) {
		CHECK(counts_are(&result, counts));
		CHECK(report[0] == '\0');
	}
	return err;
}

static const struct import_options plain = { .tariff = NULL };
static const struct import_options of_blue = { .tariff = "blue" };

static const struct bad {
	const char *what, *kind, *csv;
	const char *says;
} bad_files[] = {
	{ "an unknown column", "carriers", "carrier,prioriti\nblue,1\n",
	  "FILE:1: column \"prioriti\" is not known, expected a column of "
	  "carriers\n" },
	{ "a missing column", "gateways", "gateway,uri\na,sip:a\n",
	  "FILE:1: no column carrier, expected one\n" },
	{ "a column under two names", "rates",
	  "tariff,code,prefix,rate\nblue,1,1,1\n",
	  "FILE:1: column \"prefix\" is prefix again, expected that once\n" },
	{ "a column twice", "rates", "tariff,prefix,prefix,rate\nblue,1,1,1\n",
	  "column prefix is there twice" },
	{ "a country code that is none", "rates",
	  "tariff,cc,code,rate\nblue,4x,1,1\nblue,44,,1\nblue,UK,,1\n",
	  "FILE:2: cc: \"4x\", expected a country code of digits\n"
	  "FILE:4: cc: \"UK\", expected a country code of digits\n" },
	{ "an empty file", "rates", "", "FILE: the file is empty" },
	{ "a row that is short", "carriers", "carrier,tariff\nblue\n",
	  "FILE:2: 1 fields, expected 2\n" },
	{ "a row that is long", "carriers", "carrier,tariff\nblue,blue,1\n",
	  "FILE:2: 3 fields, expected 2\n" },
	{ "a quote left open", "carriers", "carrier,tariff\n\"blue,blue\n",
	  "quote is left open" },
	{ "every error of a row", "rates",
	  "tariff,prefix,rate,increment\nnope,49a,x,0\n",
	  "FILE:2: tariff: \"nope\", expected a name from the table tariffs\n"
	  "FILE:2: prefix: \"49a\", expected up to 15 digits\n"
	  "FILE:2: rate: \"x\", expected an amount like 0.0125, with up to 8 "
	  "decimals\n"
	  "FILE:2: first_increment: \"0\", expected 1..86400\n"
	  "FILE:2: increment: \"0\", expected 1..86400\n" },
	{ "the file's own names of columns", "rates",
	  "tariff,Dial Code,price\nblue,x,1\n",
	  "FILE:2: Dial Code: \"x\", expected up to 15 digits\n" },
	{ "a reference that is missing", "gateways",
	  "gateway,carrier,uri\na,green,sip:a\n",
	  "FILE:2: carrier: \"green\", expected a name from the table "
	  "carriers\n" },
	{ "no reference where one is needed", "trunks",
	  "account,address\n,192.0.2.1\n",
	  "FILE:2: account: empty, expected a value\n" },
	{ "a trunk that nothing tells", "trunks",
	  "account,address,certificate\nacme,,\n",
	  "FILE:2: address: empty, expected an address, or a certificate\n" },
	{ "a certificate without TLS", "trunks",
	  "account,transport,certificate\nacme,udp,pbx.example.net\n",
	  "FILE:2: transport: \"udp\", expected tls or nothing beside a "
	  "certificate\n" },
	{ "a negative price", "rates",
	  "tariff,prefix,rate,connect_fee\nblue,49,-0.5,0\nblue,43,1,-1\n",
	  "FILE:2: rate: -0.5, expected 0 or more (the tariff blue does not "
	  "allow negative prices)\n"
	  "FILE:3: connect_fee: -1, expected 0 or more (the tariff blue does "
	  "not allow negative prices)\n" },
	{ "an end before the beginning", "rates",
	  "tariff,prefix,rate,valid_from,valid_until\n"
	  "blue,49,1,2026-02-01,2026-02-01\n",
	  "FILE:2: valid_until: \"2026-02-01\", expected a time after "
	  "valid_from\n" },
	{ "a key twice", "rates",
	  "tariff,prefix,rate\nblue,49,1\nblue,+49,2\nback,49,1\n",
	  "FILE:3: prefix: \"49\" has the same key as line 2, expected it "
	  "once\n" },
	{ "a key twice, of fields that are empty", "trunks",
	  "account,address,port\nacme,192.0.2.1,\nzeta,192.0.2.1/32,\n",
	  "FILE:3: address: \"192.0.2.1/32\" has the same key as line 2" },
	{ "a name twice", "carriers", "carrier\ngreen\ngreen\ngreen\n",
	  "FILE:3: carrier: \"green\" has the same key as line 2, expected it "
	  "once\n"
	  "FILE:4: carrier: \"green\" has the same key as line 2" },
	{ "bands that overlap", "rates",
	  "tariff,prefix,rate,band\nblue,49,1,mon-fri 08:00-18:00\n"
	  "blue,49,2,fri 17:00-20:00\nblue,49,2,sat\nblue,49,3,\n",
	  "FILE:3: band: \"fri 17:00-20:00\" of prefix \"49\" overlaps "
	  "\"mon-fri 08:00-18:00\" of line 2, expected bands apart\n" },
	{ "no password and no hash", "credentials",
	  "account,username,realm,ha1_md5\nacme,bob,example.net,\n",
	  "FILE:2: password: empty, expected a password or a hash (ha1_md5, "
	  "ha1_sha256 ...)\n" },
	{ "a password and a hash", "credentials",
	  "account,username,realm,ha1_md5,password\nacme,bob,example.net,"
	  "0123456789abcdef0123456789abcdef,sesame\n",
	  "FILE:2: password: given beside a hash, expected one or the "
	  "other\n" },
	{ "lines inside quotes are counted", "carriers",
	  "carrier,name\ngreen,\"a\nb\"\n,x\n",
	  "FILE:2: name: \"a?b\", expected up to 200 octets of UTF-8 on one "
	  "line\nFILE:4: carrier: empty, expected a value\n" },
};

static void
check_bad(struct store *store, const struct bad *bad)
{
	struct import_result result;
	char report[REPORT_MAX];
	int err =
	    db_import_with(store, bad->kind, bad->csv, &plain, &result, report);

	test_row(bad->what);
	CHECK(err == ERR_SYNTAX);
	CHECK(result.errors > 0);
	CHECK(strstr(report, bad->says) != NULL);
	CHECK(strstr(report, "sesame") == NULL);
	if (strstr(report, bad->says) == NULL && !test_starved())
		printf("\n    %s\n", report);
}

static void
a_bad_file_changes_nothing(struct store *store)
{
	if (!OK(db_import_basics(store)))
		return;
	for (size_t i = 0; i < N(bad_files); i++)
		check_bad(store, &bad_files[i]);
	test_row(NULL);
	ROWS(store,
	     "SELECT (SELECT count(*) FROM rates),"
	     " (SELECT count(*) FROM gateways), (SELECT count(*) FROM trunks),"
	     " (SELECT count(*) FROM credentials),"
	     " (SELECT count(*) FROM carriers)",
	     "iiiii", "0|0|0|0|2");
}
ON_BOTH(DB_TABLES, a_bad_file_changes_nothing)

static void
one_bad_row_keeps_the_good_ones_out(struct store *store)
{
	struct import_result result;
	char report[REPORT_MAX];

	if (!OK(db_import_basics(store)))
		return;
	CHECK(db_import_with(store, "rates",
			     "tariff,prefix,rate\nblue,49,1\nblue,x,1\n"
			     "blue,43,1\n",
			     &plain, &result, report) == ERR_SYNTAX);
	CHECK(counts_are(&result, "3 0 0 0 0 1"));
	ROWS(store, "SELECT count(*) FROM rates", "i", "0");
}
ON_BOTH(DB_TABLES, one_bad_row_keeps_the_good_ones_out)

static void
messages_are_bounded(struct store *store)
{
	const struct import_options few = { .max_errors = 2 };
	struct import_result result;
	char report[REPORT_MAX], csv[1024] = "carrier,weight\n";

	for (int i = 0; i < 25; i++)
		strcat(csv, "a,x\n");
	CHECK(db_import_with(store, "carriers", csv, &few, &result, report) ==
	      ERR_SYNTAX);
	CHECK(result.errors == 25);
	CHECK(strcmp(report, "FILE:2: weight: \"x\", expected 0..65535\n"
			     "FILE:3: weight: \"x\", expected 0..65535\n"
			     "FILE: and 23 more\n") == 0);
	CHECK(db_import_with(store, "carriers", csv, &plain, &result, report) ==
	      ERR_SYNTAX);
	CHECK(strstr(report, "FILE:21:") != NULL);
	CHECK(strstr(report, "FILE:22:") == NULL);
	CHECK(strstr(report, "and 5 more") != NULL);
}
ON_BOTH(DB_TABLES, messages_are_bounded)

static void
a_file_that_cannot_be_read_is_named(struct store *store)
{
	struct import_result result;
	char text[200] = "";
	FILE *report = fmemopen(text, sizeof(text), "w");

	if (report == NULL)
		return;
	CHECK(kind_import(kind_find("rates"), store, "/nosuch/rates.csv",
			  &plain, report, &result) == ERR_IO);
	fclose(report);
	CHECK(strstr(text, "/nosuch/rates.csv: ") != NULL);
	CHECK(strstr(text, "No such file") != NULL);
}
ON_BOTH(DB_TABLES, a_file_that_cannot_be_read_is_named)

static void
rates_are_imported_and_changed(struct store *store)
{
	if (!OK(db_import_basics(store)) ||
	    !OK(import_counting(store, "rates",
				"tariff,prefix,rate,band,valid_from\n"
				"blue,49,1,,\nblue,49,2,sat,\n"
				"blue,49,3,,2026-01-01\nblue,43,,,\n",
				&plain, "4 4 0 0 0 0")) ||
	    !OK(import_counting(store, "rates",
				"tariff,prefix,rate,band,valid_from\n"
				"blue,49,1,,\nblue,49,2.5,sat,\n"
				"blue,49,3,,2026-01-01T00:00:00Z\n"
				"blue,44,4,,\nback,49,-1,,\n",
				&plain, "5 2 1 2 0 0")))
		return;
	ROWS(store,
	     "SELECT t.tariff, prefix, rate, band, valid_from FROM rates"
	     " r JOIN tariffs t ON t.id = r.tariff"
	     " ORDER BY t.tariff, prefix, band,"
	     " CASE WHEN valid_from IS NULL THEN 0 ELSE 1 END",
	     "ssmst",
	     "back|49|-1||-\nblue|43|-||-\nblue|44|4||-\nblue|49|1||-\n"
	     "blue|49|3||1767225600000000\nblue|49|2.5|sat|-");
}
ON_BOTH(DB_TABLES, rates_are_imported_and_changed)

/* Lists and ranges count as their codes. */
static void
decks_have_codes_in_many_shapes(struct store *store)
{
	struct import_result result;
	char report[REPORT_MAX];

	if (!OK(db_import_basics(store)) ||
	    !OK(import_counting(store, "rates",
				"Country Code,Area Codes,Price\n"
				"49,\"30, 89\",1\n1,242-244,2\n"
				",\"=\"\"33\"\"\",3\n"
				"43,,5\n,7.495E+03,6\n",
				&of_blue, "8 8 0 0 0 0")))
		return;
	ROWS(store, "SELECT prefix, rate FROM rates ORDER BY prefix", "sm",
	     "1242|2\n1243|2\n1244|2\n33|3\n43|5\n4930|1\n4989|1\n7495|6");
	CHECK(db_import_with(store, "rates",
			     "code,price\n1.242E+11,1\n12-1234,1\n30-39,x\n",
			     &of_blue, &result, report) == ERR_SYNTAX);
	CHECK(test_starved() ||
	      strcmp(report,
		     "FILE:2: code: \"1.242E+11\", expected digits, with all "
		     "of them: a spreadsheet may have cut some\n"
		     "FILE:3: code: \"12-1234\", expected a range like "
		     "1242-1246\n"
		     "FILE:4: price: \"x\", expected an amount like 0.0125, "
		     "with up to 8 decimals\n") == 0);
}
ON_BOTH(DB_TABLES, decks_have_codes_in_many_shapes)

/* A second deck: up, down, the same, new, and one that is gone. */
static void
a_deck_takes_effect(struct store *store)
{
	const struct import_options from_june = { .tariff = "blue",
						  .replace = true,
						  .effective = "2026-06-01" };
	struct import_options dry = from_june;
	static const char deck[] =
	    "code,price\n1,2\n2,1\n3,5\n5,9\n7,\n";
	struct import_result result;
	char report[REPORT_MAX];

	dry.dry_run = true;
	if (!OK(db_import_basics(store)) ||
	    !OK(import_counting(store, "rates",
				"code,price\n1,1\n2,2\n3,5\n4,4\n7,7\n",
				&of_blue, "5 5 0 0 0 0")) ||
	    !OK(db_import_with(store, "rates", deck, &dry, &result, report)))
		return;
	CHECK(result.increased == 1 && result.decreased == 1);
	CHECK(result.same == 1 && result.followed == 3 && result.ended == 1);
	CHECK(result.inserted == 4 && result.unchanged == 1);
	CHECK(strcmp(result.example,
		     "a call of 35 s to 1 is billed as 35 s at 2 a minute, 0 "
		     "to connect: 1.16666667") == 0);
	ROWS(store, "SELECT count(*), count(valid_until) FROM rates", "ii",
	     "5|0");
	if (!OK(db_import_with(store, "rates", deck, &from_june, &result,
			       report)))
		return;
	CHECK(result.increased == 1 && result.ended == 1);
	/* 2026-06-01 in UTC, where blue is at home */
	ROWS(store,
	     "SELECT prefix, rate, valid_from, valid_until FROM rates"
	     " ORDER BY prefix, coalesce(rate, 0)",
	     "smtt",
	     "1|1|-|1780272000000000\n1|2|1780272000000000|-\n"
	     "2|1|1780272000000000|-\n2|2|-|1780272000000000\n"
	     "3|5|-|-\n4|4|-|1780272000000000\n5|9|1780272000000000|-\n"
	     "7|-|1780272000000000|-\n7|7|-|1780272000000000");
	/* once more: nothing is left to do */
	if (!OK(db_import_with(store, "rates", deck, &from_june, &result,
			       report)))
		return;
	CHECK(result.increased + result.decreased + result.ended == 0);
	CHECK(result.inserted == 0 && result.updated == 0);
	CHECK(result.unchanged == 5);
}
ON_BOTH(DB_TABLES, a_deck_takes_effect)

static void
rows_keep_their_ids(struct store *store)
{
	char before[200], after[200];
	const char *sql = "SELECT id FROM carriers ORDER BY carrier";

	if (!OK(db_import(store, "carriers", "carrier\nb\nd\n")) ||
	    !OK(db_rows(store, sql, "i", before, sizeof(before))) ||
	    !OK(import_counting(store, "carriers", "carrier,weight\nd,5\nb,6\n",
				&plain, "2 0 2 0 0 0")) ||
	    !OK(db_rows(store, sql, "i", after, sizeof(after))))
		return;
	CHECK(strcmp(before, after) == 0);
	/* Nor do rows that are there already use up ids. */
	if (!OK(db_import(store, "carriers", "carrier\nb\nd\ne\n")))
		return;
	ROWS(store, "SELECT max(id) - min(id) FROM carriers", "i", "2");
}
ON_BOTH(DB_TABLES, rows_keep_their_ids)

/* What a file does not speak of stays, but not in rates and credentials. */
static void
columns_that_are_not_in_the_file_stay(struct store *store)
{
	if (!OK(db_import_basics(store)) ||
	    !OK(db_import(
		store, "accounts",
		"account,name,channels,enabled\nacme,Acme,30,no\n")) ||
	    !OK(import_counting(store, "accounts",
				"account,cps\nacme,5\nnew,6\n", &plain,
				"2 1 1 0 0 0")))
		return;
	ROWS(store,
	     "SELECT a.account, name, channels, cps, enabled, t.tariff"
	     " FROM accounts a LEFT JOIN tariffs t ON t.id = a.tariff"
	     " WHERE a.account <> 'zeta' ORDER BY a.account",
	     "ssiibs", "acme|Acme|30|5|false|retail\nnew||-|6|true|-");
	if (!OK(import_counting(store, "accounts", "account,name\nacme,\n",
				&plain, "1 0 1 0 0 0")))
		return;
	ROWS(store,
	     "SELECT name, channels FROM accounts WHERE account = 'acme'", "si",
	     "|30");
	if (!OK(db_import(store, "rates",
			  "tariff,prefix,rate,connect_fee,increment\n"
			  "blue,49,1,0.5,60\n")) ||
	    !OK(db_import(store, "rates", "tariff,prefix,rate\nblue,49,1\n")))
		return;
	ROWS(store, "SELECT connect_fee, increment FROM rates", "mi", "0|1");
}
ON_BOTH(DB_TABLES, columns_that_are_not_in_the_file_stay)

static void
a_dry_run_counts_and_changes_nothing(struct store *store)
{
	const struct import_options dry = { .dry_run = true, .replace = true };

	if (!OK(db_import_basics(store)) ||
	    !OK(db_import(store, "rates",
			  "tariff,prefix,rate\nblue,1,1\nblue,2,1\n"
			  "blue,3,1\n")) ||
	    !OK(import_counting(store, "rates",
				"tariff,prefix,rate\nblue,2,1\nblue,3,2\n"
				"blue,4,1\nblue,5,1\n",
				&dry, "4 2 1 1 1 0")))
		return;
	ROWS(store, "SELECT prefix, rate FROM rates ORDER BY prefix", "sm",
	     "1|1\n2|1\n3|1");
}
ON_BOTH(DB_TABLES, a_dry_run_counts_and_changes_nothing)

static void
a_replacement_deletes_the_rest_of_its_tariffs(struct store *store)
{
	const struct import_options replace = { .replace = true };

	if (!OK(db_import_basics(store)) ||
	    !OK(db_import(store, "rates",
			  "tariff,prefix,rate,band,valid_from\n"
			  "blue,1,1,,\nblue,2,1,,\nblue,2,1,,2026-01-01\n"
			  "blue,2,1,sat 08:00-09:00,\nback,1,1,,\n")) ||
	    !OK(import_counting(store, "rates",
				"tariff,prefix,rate,band\nblue,2,2,\n"
				"blue,2,1,sat\n",
				&replace, "2 1 1 0 3 0")))
		return;
	ROWS(store,
	     "SELECT t.tariff, prefix, rate, band FROM rates r"
	     " JOIN tariffs t ON t.id = r.tariff"
	     " ORDER BY t.tariff, band",
	     "ssms", "back|1|1|\nblue|2|2|\nblue|2|1|sat");
}
ON_BOTH(DB_TABLES, a_replacement_deletes_the_rest_of_its_tariffs)

static void
bands_must_not_overlap_those_in_the_table(struct store *store)
{
	struct import_result result;
	char report[REPORT_MAX];

	if (!OK(db_import_basics(store)) ||
	    !OK(db_import(store, "rates",
			  "tariff,prefix,rate,band,valid_from,from_second\n"
			  "blue,49,1,mon-fri,,\nblue,49,1,sat,2026-01-01,\n"
			  "blue,49,1,sun,,60\n")))
		return;
	CHECK(db_import_with(store, "rates",
			     "tariff,prefix,rate,band\nblue,49,1,fri\n", &plain,
			     &result, report) == ERR_SYNTAX);
	CHECK(strcmp(report,
		     "FILE:2: band: \"fri\" of prefix \"49\" overlaps "
		     "\"mon-fri\" of the table, expected bands apart\n") == 0);
	/* Another validity, second, prefix or tariff is another matter, and a
	 * row that is replaced is not there any more. */
	CHECK(import_counting(store, "rates",
			      "tariff,prefix,rate,band\nblue,49,1,sat\n"
			      "blue,49,1,sun\nblue,4,1,mon\nback,49,1,mon\n"
			      "blue,49,2,mon-fri\n",
			      &plain, "5 4 1 0 0 0") == 0);
	/* What others let in is not the file's fault. */
	CHECK(store_exec(store,
			 "UPDATE rates SET band = 'mon'"
			 " WHERE band = 'sun' AND from_second = 0") == 0);
	CHECK(import_counting(store, "rates",
			      "tariff,prefix,rate,band\nblue,49,3,sat\n",
			      &plain, "1 0 1 0 0 0") == 0);
}
ON_BOTH(DB_TABLES, bands_must_not_overlap_those_in_the_table)

static const struct {
	const char *fields, *increments;
} increments[] = {
	{ ",", "1|1" },      { "60,6", "60|6" },      { ",60/1", "60|1" },
	{ "60/1,", "60|1" }, { ",30", "30|30" },      { "30,", "30|30" },
	{ " , 6 ", "6|6" },  { ", 30 / 6 ", "30|6" },
};

static void
increments_come_in_several_forms(struct store *store)
{
	char csv[200];

	if (!OK(db_import_basics(store)))
		return;
	for (size_t i = 0; i < N(increments); i++) {
		test_row(increments[i].fields);
		snprintf(csv, sizeof(csv),
			 "tariff,prefix,rate,Minimum,Interval\nblue,1,1,%s\n",
			 increments[i].fields);
		if (!OK(db_import(store, "rates", csv)))
			return;
		ROWS(store, "SELECT first_increment, increment FROM rates",
		     "ii", increments[i].increments);
	}
}
ON_BOTH(DB_TABLES, increments_come_in_several_forms)

static void
a_deck_takes_its_tariff_from_the_option(struct store *store)
{
	struct import_result result;
	char report[REPORT_MAX];

	if (!OK(db_import_basics(store)))
		return;
	if (!OK(db_import_with(store, "rates",
			       "\xEF\xBB\xBF"
			       "Dial Code;Code Name;Price;"
			       "Change\r\n49;\"Germany; all\";0.01;new\r\n"
			       ";;;\r\n",
			       &of_blue, &result, report)))
		return;
	CHECK(counts_are(&result, "1 1 0 0 0 0"));
	CHECK(strcmp(report, "FILE:1: note: column \"Change\" is not known "
			     "and was ignored\n") == 0);
	/* A column of the file goes first. */
	if (!OK(import_counting(store, "rates",
				"tariff,prefix,rate\nback,49,1\n,43,1\n",
				&of_blue, "2 2 0 0 0 0")))
		return;
	ROWS(store,
	     "SELECT t.tariff, prefix, destination, rate FROM rates r"
	     " JOIN tariffs t ON t.id = r.tariff"
	     " ORDER BY t.tariff, prefix",
	     "sssm", "back|49||1\nblue|43||1\nblue|49|Germany; all|0.01");
}
ON_BOTH(DB_TABLES, a_deck_takes_its_tariff_from_the_option)

static void
dates_begin_at_midnight_of_the_tariff(struct store *store)
{
	if (!OK(db_import_basics(store)) ||
	    !OK(db_import(store, "rates",
			  "tariff,prefix,rate,valid_from,valid_until\n"
			  "retail,1,1,2026-07-01,2027-01-01\n"
			  "blue,1,1,2026-07-01,2026-07-01T00:00:01Z\n")))
		return;
	/* Berlin: 2 hours east of UTC in summer, 1 in winter. */
	ROWS(store,
	     "SELECT valid_from, valid_until FROM rates"
	     " ORDER BY valid_from",
	     "tt",
	     "1782856800000000|1798758000000000\n"
	     "1782864000000000|1782864001000000");
}
ON_BOTH(DB_TABLES, dates_begin_at_midnight_of_the_tariff)

static void
a_zone_that_is_not_known_here_is_an_error(struct store *store)
{
	struct import_result result;
	char report[REPORT_MAX];

	if (!OK(db_import_basics(store)) ||
	    !OK(store_exec(store, "UPDATE tariffs SET timezone = 'Nowhere/X'"
				  " WHERE tariff = 'blue'")))
		return;
	CHECK(db_import_with(store, "rates",
			     "tariff,prefix,rate,valid_from\n"
			     "blue,1,1,2026-01-01\n",
			     &plain, &result, report) == ERR_SYNTAX);
	CHECK(strcmp(report, "FILE:2: valid_from: the tariff's time zone "
			     "\"Nowhere/X\" is not known here, expected an "
			     "IANA name\n") == 0);
}
ON_BOTH(DB_TABLES, a_zone_that_is_not_known_here_is_an_error)

/* The hashes of RFC 7616, 3.9.1 (Mufasa), and of RFC 2617, 3.5. */
static void
passwords_are_stored_as_hashes(struct store *store)
{
	if (!OK(db_import_basics(store)) ||
	    !OK(db_import(store, "credentials",
			  "account,username,realm,password\n"
			  "acme,Mufasa,http-auth@example.org,Circle of Life\n"
			  "acme,Mufasa,testrealm@host.com,Circle Of Life\n")))
		return;
	ROWS(store,
	     "SELECT ha1_md5, ha1_sha256 FROM credentials"
	     " WHERE realm = 'http-auth@example.org'",
	     "ss",
	     "3d78807defe7de2157e2b0b6573a855f|7987c64c30e25f1b74be53f966b49b90"
	     "f2808aa92faf9a00262392d7b4794232");
	ROWS(store,
	     "SELECT ha1_md5 FROM credentials"
	     " WHERE realm = 'testrealm@host.com'",
	     "s", "939e7578ed9e3c518a452acee763bce9");
	if (!OK(db_import(store, "gateways",
			  "gateway,carrier,uri\ng1,blue,sip:192.0.2.9\n")) ||
	    !OK(db_import(store, "gateway_credentials",
			  "gateway,realm,username,password\n"
			  "g1,http-auth@example.org,Mufasa,Circle of Life\n")))
		return;
	ROWS(store,
	     "SELECT ha1_md5, ha1_sha256, ha1_sha512_256"
	     " FROM gateway_credentials",
	     "sss",
	     "3d78807defe7de2157e2b0b6573a855f|7987c64c30e25f1b74be53f966b49b90"
	     "f2808aa92faf9a00262392d7b4794232|fb174f5c3c7802721517cae13b98e2b8"
	     "dae2e0118cb705d94ee29946319204ce");
	/* One hash given alone takes the other, older one away. */
	if (!OK(db_import(store, "credentials",
			  "account,username,realm,ha1_md5\nacme,Mufasa,"
			  "testrealm@host.com,"
			  "0123456789abcdef0123456789abcdef\n")))
		return;
	ROWS(store,
	     "SELECT ha1_md5, ha1_sha256 FROM credentials"
	     " WHERE realm = 'testrealm@host.com'",
	     "ss", "0123456789abcdef0123456789abcdef|-");
}
ON_BOTH(DB_TABLES, passwords_are_stored_as_hashes)

static void
options_of_rates_are_for_rates(struct store *store)
{
	const struct import_options replace = { .replace = true };
	struct import_result result;
	char report[REPORT_MAX];

	CHECK(db_import_with(store, "carriers", "carrier\nb\n", &of_blue,
			     &result, report) == ERR_INVAL);
	CHECK(strstr(report, "option tariff") != NULL);
	CHECK(db_import_with(store, "carriers", "carrier\nb\n", &replace,
			     &result, report) == ERR_INVAL);
	CHECK(strstr(report, "option replace") != NULL);
	ROWS(store, "SELECT count(*) FROM carriers", "i", "0");
}
ON_BOTH(DB_TABLES, options_of_rates_are_for_rates)

struct seen {
	uint64_t calls, last;
};

static void
see(void *arg, uint64_t rows)
{
	struct seen *seen = arg;

	seen->calls++;
	seen->last = rows;
}

static void
many_rows_go_in_and_show_progress(struct store *store)
{
	static char csv[160000];
	struct seen seen = { 0, 0 };
	const struct import_options options = { .progress = see,
						.progress_arg = &seen };
	size_t len = 0;

	if (!OK(db_import_basics(store)))
		return;
	len += (size_t)snprintf(csv, sizeof(csv), "tariff,prefix,rate\n");
	for (int i = 10000; i < 15000; i++)
		len += (size_t)snprintf(csv + len, sizeof(csv) - len,
					"blue,%d,0.%d\n", i, i);
	if (!OK(import_counting(store, "rates", csv, &options,
				"5000 5000 0 0 0 0")))
		return;
	CHECK(seen.calls == 4 && seen.last == 4096);
	ROWS(store,
	     "SELECT count(*), sum(rate), min(prefix), max(prefix)"
	     " FROM rates",
	     "imss", "5000|624.975|10000|14999");
}
ON_BOTH(DB_TABLES, many_rows_go_in_and_show_progress)

/* An import that died must not be in the way of the next. */
static void
a_stage_left_behind_is_no_obstacle(struct store *store)
{
	if (!OK(store_exec(store, "CREATE TEMP TABLE import_stage"
				  " (x integer)")) ||
	    !OK(db_import(store, "carriers", "carrier\nb\n")))
		return;
	ROWS(store, "SELECT count(*) FROM carriers", "i", "1");
	CHECK(store_exec(store, "SELECT 1 FROM import_stage") == ERR_DB);
}
ON_BOTH(DB_TABLES, a_stage_left_behind_is_no_obstacle)

/* One row through every path there is, for the allocation sweep. */
static void
the_whole_way_of_a_row(struct store *store)
{
	const struct import_options replace = { .replace = true };

	if (!OK(store_exec(store, "INSERT INTO tariffs (id, tariff, currency,"
				  " timezone) VALUES (1, 'blue', 'EUR',"
				  " 'Europe/Berlin');"
				  "INSERT INTO rates (tariff, prefix) VALUES"
				  " (1, '1'), (1, '2');"
				  "INSERT INTO accounts (id, account) VALUES"
				  " (1, 'acme')")) ||
	    !OK(import_counting(store, "rates",
				"tariff,prefix,rate,band,valid_from\n"
				"blue,1,1,,\nblue,3,1,sat,2026-01-01\n"
				"blue,3,1,sun,2026-01-01\n",
				&replace, "3 2 1 0 1 0")) ||
	    !OK(import_counting(store, "credentials",
				"account,username,realm,password\n"
				"acme,bob,a,b\n",
				&plain, "1 1 0 0 0 0")))
		return;
	ROWS(store,
	     "SELECT (SELECT count(*) FROM rates),"
	     " (SELECT count(*) FROM credentials)",
	     "ii", "3|1");
}
ON_BOTH(DB_TABLES, the_whole_way_of_a_row)

static const struct test tests[] = {
	BOTH("the whole way of a row", the_whole_way_of_a_row),
	BOTH_ONCE("a bad file changes nothing", a_bad_file_changes_nothing),
	BOTH_ONCE("one bad row keeps the good ones out",
		  one_bad_row_keeps_the_good_ones_out),
	BOTH("messages are bounded", messages_are_bounded),
	BOTH("a file that cannot be read is named",
	     a_file_that_cannot_be_read_is_named),
	BOTH_ONCE("rates are imported and changed",
		  rates_are_imported_and_changed),
	BOTH("decks have codes in many shapes",
	     decks_have_codes_in_many_shapes),
	BOTH_ONCE("a deck takes effect", a_deck_takes_effect),
	BOTH("rows keep their ids", rows_keep_their_ids),
	BOTH_ONCE("columns that are not in the file stay",
		  columns_that_are_not_in_the_file_stay),
	BOTH_ONCE("a dry run counts and changes nothing",
		  a_dry_run_counts_and_changes_nothing),
	BOTH_ONCE("a replacement deletes the rest of its tariffs",
		  a_replacement_deletes_the_rest_of_its_tariffs),
	BOTH_ONCE("bands must not overlap those in the table",
		  bands_must_not_overlap_those_in_the_table),
	BOTH_ONCE("increments come in several forms",
		  increments_come_in_several_forms),
	BOTH_ONCE("a deck takes its tariff from the option",
		  a_deck_takes_its_tariff_from_the_option),
	BOTH_ONCE("dates begin at midnight of the tariff",
		  dates_begin_at_midnight_of_the_tariff),
	BOTH_ONCE("a zone that is not known here is an error",
		  a_zone_that_is_not_known_here_is_an_error),
	BOTH_ONCE("passwords are stored as hashes",
		  passwords_are_stored_as_hashes),
	BOTH("options of rates are for rates", options_of_rates_are_for_rates),
	BOTH_ONCE("many rows go in and show progress",
		  many_rows_go_in_and_show_progress),
	BOTH_ONCE("a stage left behind is no obstacle",
		  a_stage_left_behind_is_no_obstacle),
};

const struct test_suite suite_import = TEST_SUITE("import", tests);
