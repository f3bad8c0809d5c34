/* kind_check.c - what the tables' own checks cannot see */
#include "db/kind.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/zone.h"
#include "db/check_records.h"
#include "db/dialect.h"
#include "db/kind_bands.h"

struct report {
	FILE *out;
	int n_errors, n_warnings;
};

/* A query whose rows are findings: name of the thing, and what is wrong. */
struct check {
	bool is_error;
	const char *what;
	const char *sql; /* for dialect_expand */
};

/* Through a third currency, a (route/exchange.h). */
#define EITHER_WAY                                    \
	"SELECT base AS a, currency AS b FROM exchange_rates" \
	" UNION SELECT currency, base FROM exchange_rates"

static const struct check checks[] = {
	{ true, "rate",
	  "SELECT t.tariff || '/' || r.prefix,"
	  " 'valid_until is not after valid_from, so it is never in force'"
	  " FROM rates r JOIN tariffs t ON t.id = r.tariff"
	  " WHERE r.valid_until <= r.valid_from ORDER BY 1" },
	{ true, "rate",
	  "SELECT t.tariff || '/' || r.prefix,"
	  " 'a price is below 0, but the tariff does not allow that'"
	  " FROM rates r JOIN tariffs t ON t.id = r.tariff"
	  " WHERE NOT t.allow_negative AND (r.rate < 0 OR r.connect_fee < 0)"
	  " ORDER BY 1" },
	{ true, "rate",
	  "SELECT t.tariff || '/' || r.prefix,"
	  " 'an increment is below 1 second'"
	  " FROM rates r JOIN tariffs t ON t.id = r.tariff"
	  " WHERE r.first_increment < 1 OR r.increment < 1 ORDER BY 1" },
	/* a row without an end is simply followed by the next one */
	{ false, "rate",
	  "SELECT t.tariff || '/' || r.prefix, 'its periods overlap; where they"
	  " do, the row that begins later counts' FROM (SELECT tariff, prefix,"
	  " valid_from, lag(valid_until) OVER (PARTITION BY tariff, prefix,"
	  " from_second, coalesce(band, '') ORDER BY valid_from IS NOT NULL,"
	  " valid_from) AS former FROM rates) r"
	  " JOIN tariffs t ON t.id = r.tariff WHERE r.former > r.valid_from"
	  " GROUP BY t.tariff, r.prefix ORDER BY 1" },
	{ false, "tax",
	  "SELECT t.tax || ' of ' || coalesce(a.account, 'all accounts'),"
	  " 'from ' || t.valid_from || ' on it overlaps the one before; where"
	  " they do, the one that begins later counts' FROM (SELECT tax, account,"
	  " valid_from, lag(valid_until) OVER (PARTITION BY account"
	  " ORDER BY valid_from IS NOT NULL, valid_from) AS former FROM taxes) t"
	  " LEFT JOIN accounts a ON a.id = t.account"
	  " WHERE t.former > t.valid_from ORDER BY 1" },
	{ true, "credential",
	  "SELECT username || '@' || realm, 'there is no hash, so nobody can"
	  " log in with it' FROM credentials"
	  " WHERE ha1_md5 IS NULL AND ha1_sha256 IS NULL ORDER BY 1" },
	{ true, "trunk",
	  "SELECT a.account, 'there is neither an address nor a certificate, so"
	  " the proxy refuses the tables' FROM trunks t"
	  " JOIN accounts a ON a.id = t.account"
	  " WHERE t.address = '' AND t.certificate = '' ORDER BY 1" },
	{ true, "trunk",
	  "SELECT t.certificate, 'needs a certificate, but is not for tls, so"
	  " nobody can be it' FROM trunks t WHERE t.certificate <> ''"
	  " AND t.transport <> 'tls' ORDER BY 1" },
	{ false, "tariff",
	  "SELECT t.tariff, 'rates that are 0, so that calls are free: ' ||"
	  " CAST(count(*) AS text) FROM rates r"
	  " JOIN tariffs t ON t.id = r.tariff"
	  " WHERE r.rate = 0 AND r.connect_fee = 0"
	  " GROUP BY t.tariff ORDER BY 1" },
	{ false, "tariff",
	  "SELECT tariff, 'there are no rates in it' FROM tariffs t"
	  " WHERE NOT EXISTS (SELECT 1 FROM rates r WHERE r.tariff = t.id)"
	  " ORDER BY 1" },
	{ false, "carrier",
	  "SELECT carrier, 'there is no tariff, so it gets no calls'"
	  " FROM carriers WHERE tariff IS NULL AND enabled ORDER BY 1" },
	{ false, "carrier",
	  "SELECT carrier, 'there is no gateway that is enabled, so it gets no"
	  " calls' FROM carriers c WHERE enabled AND NOT EXISTS (SELECT 1"
	  " FROM gateways g WHERE g.carrier = c.id AND g.enabled) ORDER BY 1" },
	{ false, "gateway",
	  "SELECT g.gateway, 'carrier ' || c.carrier || ' has no tariff, so it"
	  " gets no calls' FROM gateways g JOIN carriers c ON c.id = g.carrier"
	  " WHERE c.tariff IS NULL AND g.enabled ORDER BY 1" },
	{ false, "account",
	  "SELECT account, 'there is no tariff, so its calls are not charged'"
	  " FROM accounts WHERE tariff IS NULL AND enabled ORDER BY 1" },
	{ false, "account",
	  "SELECT account, 'there are neither trunks nor credentials, so"
	  " nobody can call' FROM accounts a WHERE enabled"
	  " AND NOT EXISTS (SELECT 1 FROM trunks t WHERE t.account = a.id)"
	  " AND NOT EXISTS (SELECT 1 FROM credentials c"
	  "  WHERE c.account = a.id) ORDER BY 1" },
	{ false, "account",
	  "SELECT a.account, 'pays in ' || ta.currency || ', which no carrier"
	  " sells in, and there is no exchange rate' FROM accounts a"
	  " JOIN tariffs ta ON ta.id = a.tariff"
	  " WHERE EXISTS (SELECT 1 FROM carriers WHERE tariff IS NOT NULL)"
	  " AND NOT EXISTS (SELECT 1 FROM carriers c"
	  "  JOIN tariffs tc ON tc.id = c.tariff"
	  "  WHERE tc.currency = ta.currency"
	  "  OR EXISTS (SELECT 1 FROM exchange_rates x"
	  "   WHERE (x.currency = tc.currency AND x.base = ta.currency)"
	  "   OR (x.currency = ta.currency AND x.base = tc.currency))"
	  "  OR EXISTS (SELECT 1 FROM (" EITHER_WAY ") x"
	  "   JOIN (" EITHER_WAY ") y ON y.a = x.a"
	  "   WHERE x.b = tc.currency AND y.b = ta.currency)) ORDER BY 1" },
	{ false, "account",
	  "SELECT a.account, 'shares its calls by percentages that do not add"
	  " up to 100: ' || CAST(coalesce(sum(s.percent), 0) AS text)"
	  " FROM accounts a LEFT JOIN shares s ON s.account = a.id"
	  " WHERE a.strategy = 'load_share' GROUP BY a.account"
	  " HAVING coalesce(sum(s.percent), 0) <> 100 ORDER BY 1" },
};

static void
find(struct report *report, bool is_error, const char *what, struct str name,
     struct str text)
{
	fprintf(report->out, "%s: %s %.*s: %.*s\n",
		is_error ? "error" : "warning", what, STR_ARG(name),
		STR_ARG(text));
	if (is_error)
		report->n_errors++;
	else
		report->n_warnings++;
}

/* Call found for each row of a query. */
typedef int row_fn(struct report *report, const struct check *check,
		   struct store_stmt *stmt);

static int
for_each_row(struct store *store, const struct check *check, row_fn *found,
	     struct report *report)
{
	struct store_stmt *stmt = NULL;
	char *text;
	int err = dialect_expand(store_dialect(store), check->sql, &text);

	if (err == 0)
		err = store_prepare(store, text, &stmt);
	if (err == 0)
		err = store_start(stmt, NULL, 0);
	while (err == 0) {
		err = store_next(stmt);
		if (err == 0)
			err = found(report, check, stmt);
	}
	store_finish(stmt);
	mem_free(text);
	return err == ERR_END ? 0 : err;
}

static int
report_row(struct report *report, const struct check *check,
	   struct store_stmt *stmt)
{
	find(report, check->is_error, check->what, store_col_text(stmt, 0),
	     store_col_text(stmt, 1));
	return 0;
}

static const struct check zone_checks[] = {
	{ true, "tariff", "SELECT tariff, timezone FROM tariffs ORDER BY 1" },
	{ true, "account",
	  "SELECT account, timezone FROM accounts"
	  " WHERE timezone IS NOT NULL ORDER BY 1" },
};

/* The zone files of this system may not be those of the import. */
static int
check_zone(struct report *report, const struct check *check,
	   struct store_stmt *stmt)
{
	struct zone *zone = NULL;
	char text[200];
	char *name = str_dup(store_col_text(stmt, 1));
	int err;

	if (name == NULL)
		return ERR_NOMEM;
	err = zone_new(name, &zone);
	if (err == ERR_NOTFOUND) {
		snprintf(text, sizeof(text),
			 "time zone \"%.80s\" is not known "
			 "on this system",
			 name);
		find(report, check->is_error, check->what,
		     store_col_text(stmt, 0), str_of(text));
		err = 0;
	}
	zone_free(zone);
	mem_free(name);
	return err;
}

static void
report_bands(void *arg, const struct kind_band_row *row,
	     const struct kind_band_row *with)
{
	char name[100], text[200];

	snprintf(name, sizeof(name), "%s/%s", row->tariff, row->prefix);
	snprintf(text, sizeof(text), "band \"%s\" overlaps \"%s\"", row->band,
		 with->band);
	find(arg, true, "rate", str_of(name), str_of(text));
}

int
kind_check_all(struct store *store, FILE *out, int *n_errors, int *n_warnings)
{
	struct report report = { .out = out };
	int err = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && err == 0;
	     i++)
		err = for_each_row(store, &checks[i], report_row, &report);
	for (size_t i = 0; i < 2 && err == 0; i++)
		err = for_each_row(store, &zone_checks[i], check_zone, &report);
	if (err == 0)
		err = kind_bands_check(store, kind_bands_all_sql, report_bands,
				       &report);
	if (err == 0)
		err = check_records(store, out, &report.n_errors);
	*n_errors = report.n_errors;
	*n_warnings = report.n_warnings;
	return err;
}
