/* test_kind_value.c - fields of CSV files to values, one type after another */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "db/kind_table.h"
#include "tests/unit/harness.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LONG_64 \
	"0123456789012345678901234567890123456789012345678901234567890123"

/* value: the stored text or number; NULL for NULL. expected: what the message
 * says instead. */
static const struct row {
	const char *kind, *column, *field, *value, *expected;
} rows[] = {
	{ "accounts", "account", " acme ", "acme", NULL },
	{ "accounts", "account", "Acme & S\xC3\xB6hne", "Acme & S\xC3\xB6hne",
	  NULL },
	{ "accounts", "account", LONG_64, LONG_64, NULL },
	{ "accounts", "account", LONG_64 "4", NULL, "64 octets" },
	{ "accounts", "account", "a/b", NULL, "without '/'" },
	{ "accounts", "account", ".a", NULL, "beginning with '.'" },
	{ "accounts", "account", "a\nb", NULL, "\"a?b\"" },
	{ "accounts", "account", "\xFF", NULL, "UTF-8" },
	{ "accounts", "account", " ", NULL, "empty, expected a value" },
	{ "accounts", "name", "", "", NULL },
	{ "accounts", "name", "Acme, \"the\" Ltd", "Acme, \"the\" Ltd", NULL },
	{ "accounts", "name", "a\x01", NULL, "octets of UTF-8 on one line" },
	{ "accounts", "country_code", "", NULL, NULL },
	{ "accounts", "country_code", "49", "49", NULL },
	{ "accounts", "country_code", "+49", NULL, "1..3 digits" },
	{ "accounts", "country_code", "4912", NULL, "1..3 digits" },
	{ "accounts", "national_prefix", "", NULL, NULL },
	{ "accounts", "national_prefix", "None", "", NULL },
	{ "accounts", "national_prefix", "0", "0", NULL },
	{ "accounts", "national_prefix", "12345678", NULL, "up to 7 of" },
	{ "accounts", "national_prefix", "0a", NULL, "or none" },
	{ "gateways", "prefix", "", "", NULL },
	{ "gateways", "prefix", "+*#1", "+*#1", NULL },
	{ "accounts", "international", "", "0", NULL },
	{ "accounts", "international", "YES", "1", NULL },
	{ "accounts", "international", "maybe", NULL, "true or false" },
	{ "accounts", "channels", "", NULL, NULL },
	{ "accounts", "channels", "0", "0", NULL },
	{ "accounts", "channels", "-1", NULL, "0..1000000" },
	{ "accounts", "channels", "1.5", NULL, "0..1000000" },
	{ "accounts", "channels", "ten", NULL, "\"ten\", expected" },
	{ "accounts", "strategy", "", "least_cost", NULL },
	{ "accounts", "strategy", "Priority", "priority", NULL },
	{ "accounts", "strategy", "random", NULL,
	  "one of least_cost priority" },
	{ "accounts", "min_margin", "-0.5", "-50000000", NULL },
	{ "accounts", "min_margin", "1e3", NULL, "amount like 0.0125" },
	{ "accounts", "timezone", "Europe/London", "Europe/London", NULL },
	{ "accounts", "timezone", "", NULL, NULL },
	{ "accounts", "timezone", "Mars/Olympus", NULL, "IANA time zone" },
	{ "accounts", "timezone", LONG_64, NULL, "IANA time zone" },
	{ "tariffs", "timezone", "", "UTC", NULL },
	{ "tariffs", "currency", "EUR", "EUR", NULL },
	{ "tariffs", "currency", "eur", NULL, "three capital letters" },
	{ "tariffs", "currency", "EURO", NULL, "three capital letters" },
	{ "tariffs", "decimals", "", "6", NULL },
	{ "tariffs", "decimals", "9", NULL, "0..8" },
	{ "tariffs", "rounding", "", "half_up", NULL },
	{ "tariffs", "duration_rounding", "exact", "exact", NULL },
	{ "tariffs", "round_at", "BILL", "bill", NULL },
	{ "tariffs", "attempt_fee", "0.00000001", "1", NULL },
	{ "tariffs", "attempt_fee", "0.000000001", NULL, "8 decimals" },
	{ "tariffs", "attempt_fee", "-0.1", NULL, "0 or more" },
	{ "tariffs", "minimum_charge", "92233720369", NULL, "amount" },
	{ "rates", "prefix", "", "", NULL },
	{ "rates", "prefix", "+4930", "4930", NULL },
	{ "rates", "prefix", "0123456789012345", NULL, "up to 15 digits" },
	{ "rates", "prefix", "49x", NULL, "up to 15 digits" },
	{ "rates", "prefix", "4 9", NULL, "up to 15 digits" },
	{ "rates", "rate", "", NULL, NULL },
	{ "rates", "rate", "0", "0", NULL },
	{ "rates", "connect_fee", "", "0", NULL },
	{ "rates", "increment", "0", NULL, "1..86400" },
	{ "rates", "increment", "86401", NULL, "1..86400" },
	{ "rates", "from_second", "", "0", NULL },
	{ "rates", "band", "", "", NULL },
	{ "rates", "band", "Mon-Fri 8:00-18:00", "mon-fri 08:00-18:00", NULL },
	{ "rates", "band", "SAT,sun", "sat,sun", NULL },
	{ "rates", "band", "holidays", "holidays", NULL },
	{ "rates", "band", "weekends", NULL, "mon-fri 08:00-18:00" },
	{ "rates", "valid_from", "", NULL, NULL },
	{ "rates", "valid_from", "1970-01-02", "86400000000", NULL },
	{ "rates", "valid_from", "1970-01-01T01:00:00.5+01:00", "500000",
	  NULL },
	{ "rates", "valid_from", "01.02.2026", NULL, "2026-11-23" },
	{ "rates", "valid_until", "2026-02-29", NULL, "2026-11-23" },
	{ "holidays", "date", "2026-12-25", "2026-12-25", NULL },
	{ "holidays", "date", "2026-12-32", NULL, "2026-11-23" },
	{ "limits", "hours", "Mon-Fri 8:00-18:00", "mon-fri 08:00-18:00",
	  NULL },
	{ "limits", "window_s", "7", NULL, "8..604800" },
	{ "limits", "mode", "OBSERVE", "observe", NULL },
	{ "limits", "class", "domestic", NULL, "one of national international unknown" },
	{ "limits", "spend_day", "-1", NULL, "0 or more" },
	{ "blocks", "verdict", "", "blocked", NULL },
	{ "trunks", "address", "192.0.2.0/24", "192.0.2.0/24", NULL },
	{ "trunks", "address", "192.0.2.7", "192.0.2.7/32", NULL },
	{ "trunks", "address", "2001:DB8::/32", "2001:db8::/32", NULL },
	{ "trunks", "address", "192.0.2.7/24", NULL, "behind the mask" },
	{ "trunks", "address", "host.example", NULL, "an address" },
	{ "trunks", "address", "", "", NULL },
	{ "trunks", "certificate", "PBX-1.Example.NET", "pbx-1.example.net",
	  NULL },
	{ "trunks", "certificate", "", "", NULL },
	{ "trunks", "certificate", "*.example.net", NULL, "a domain name" },
	{ "trunks", "certificate", "example.net.", NULL, "final dot" },
	{ "trunks", "certificate", "a..b", NULL, "a domain name" },
	{ "trunks", "certificate", "192.0.2.1", NULL, "a domain name" },
	{ "trunks", "certificate", "sip:example.net", NULL, "a domain name" },
	{ "trunks", "port", "0", NULL, "1..65535" },
	{ "trunks", "transport", "TLS", "tls", NULL },
	{ "trunks", "transport", "sctp", NULL, "one of udp tcp tls" },
	{ "credentials", "username", "bob", "bob", NULL },
	{ "credentials", "username", "b:ob", NULL, "without ':'" },
	{ "credentials", "ha1_md5", "0123456789ABCDEF0123456789abcdef",
	  "0123456789abcdef0123456789abcdef", NULL },
	{ "credentials", "ha1_md5", "sesame", NULL, "32 hex digits" },
	{ "credentials", "ha1_sha256", "0123456789abcdef0123456789abcdef", NULL,
	  "64 hex digits" },
	{ "credentials", "password", " with spaces ", " with spaces ", NULL },
	{ "credentials", "password", "sesame\x7F", NULL, "not shown" },
	{ "gateways", "uri", "sip:192.0.2.1", "sip:192.0.2.1", NULL },
	{ "gateways", "uri", "SIP:gw-1.example.net:5070",
	  "SIP:gw-1.example.net:5070", NULL },
	{ "gateways", "uri", "sips:[2001:db8::1]:5061;transport=tls;lr",
	  "sips:[2001:db8::1]:5061;transport=tls;lr", NULL },
	{ "gateways", "uri", "sip:[2001:db8::1]", "sip:[2001:db8::1]", NULL },
	{ "gateways", "uri", "192.0.2.1", NULL, "sip:HOST" },
	{ "gateways", "uri", "tel:+4930", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:;transport=udp", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:bob@host", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:host:0", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:host:65536", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:host:", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:[192.0.2.1]", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:[2001:db8::1", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:[2001:db8::1]5060", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:ho st", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:host;", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:host;=x", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:host;a=", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:host;a=b c", NULL, "sip:HOST" },
	{ "gateways", "uri", "sip:host?a=b", NULL, "sip:HOST" },
};

static void
check_value(const struct store_value *value, const char *expected)
{
	char number[32];

	CHECK(value->is_null == (expected == NULL));
	if (value->is_null || expected == NULL)
		return;
	snprintf(number, sizeof(number), "%" PRId64, value->number);
	if (value->type == STORE_TEXT)
		CHECK(str_eq_text(value->text, expected));
	else
		CHECK(strcmp(number, expected) == 0);
}

static void
check_row(const struct row *r, struct arena *arena)
{
	struct kind_row row = { .kind = kind_find(r->kind), .arena = arena };
	size_t i = kind_column_index(row.kind, r->column);
	int err;

	test_row(r->field);
	row.fields[i] = str_of(r->field);
	err = kind_parse(&row, i);
	if (err == ERR_SYNTAX && r->expected != NULL) {
		CHECK(row.bad == i);
		CHECK(strstr(row.why, r->expected) != NULL);
		CHECK(strstr(row.why, "sesame") == NULL);
		CHECK(strstr(row.why, "expected") != NULL);
	} else if (OK(err)) {
		CHECK(r->expected == NULL);
		CHECK(row.values[i].type ==
		      kind_store_type(&row.kind->columns[i]));
		check_value(&row.values[i], r->value);
	}
}

static void
fields_become_values_or_are_refused(void)
{
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < N(rows); i++) {
		arena_reset(&arena);
		check_row(&rows[i], &arena);
	}
	arena_fini(&arena);
}

static void
long_values_are_cut_in_messages(void)
{
	struct kind_row row = { .kind = kind_find("rates") };
	size_t i = kind_column_index(row.kind, "prefix");

	row.fields[i] = str_of("x" LONG_64 LONG_64 LONG_64 LONG_64 LONG_64);
	CHECK(kind_parse(&row, i) == ERR_SYNTAX);
	CHECK(strstr(row.why, "8...\", expected up to 15 digits") != NULL);
}

static const struct test tests[] = {
	{ .name = "fields become values or are refused",
	  .run = fields_become_values_or_are_refused },
	{ .name = "long values are cut in messages",
	  .run = long_values_are_cut_in_messages },
};

const struct test_suite suite_kind_value = TEST_SUITE("kind_value", tests);
