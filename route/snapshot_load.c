/* snapshot_load.c - the store's tables into a snapshot: the whole, accounts
 * and their credentials */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "route/snapshot_private.h"

#define TEXT_MAX 255

static const char accounts_sql[] =
    "SELECT id, account, tariff, country_code, international_prefix,"
    " national_prefix, international, channels, cps, max_hops, strategy,"
    " min_margin, timezone, enabled, tolerance, min_margin_percent, max_loss,"
    " expected_duration_s, trusted, account_group, secure FROM accounts"
    " ORDER BY id";

static const char logins_sql[] =
    "SELECT account, username, realm, ha1_md5, ha1_sha256 FROM credentials";

int
snapshot_keep(struct snapshot *snapshot, struct str text, const char **out)
{
	if (text.len == 0) {
		*out = "";
		return 0;
	}
	*out = arena_strndup(&snapshot->texts, text.p, text.len);
	return *out != NULL ? 0 : ERR_NOMEM;
}

/* What callers dial, at most cap - 1 of it; NULL leaves what is in out. */
static void
read_dialled(struct row *row, int column, const char *name, char *out,
	     size_t cap)
{
	struct str text = store_col_text(row->stmt, column);
	bool is_good = text.len < cap;

	if (text.p == NULL)
		return;
	for (size_t i = 0; i < text.len; i++)
		is_good = is_good && strchr("0123456789*#+", text.p[i]) != NULL;
	if (is_good)
		(void)str_copy(text, out, cap);
	else
		row_fail(row,
			 "%s is \"%.*s\", expected at most %zu "
			 "of 0-9 * # +",
			 name, STR_ARG(text), cap - 1);
}

static void
read_dial_plan(struct row *row, struct dial_plan *out)
{
	read_dialled(row, 3, "country_code", out->country_code,
		     sizeof(out->country_code));
	read_dialled(row, 4, "international_prefix", out->international_prefix,
		     sizeof(out->international_prefix));
	read_dialled(row, 5, "national_prefix", out->national_prefix,
		     sizeof(out->national_prefix));
}

static const char *const strategy_texts[] = {
	[ROUTE_LEAST_COST] = "least_cost", [ROUTE_PRIORITY] = "priority",
	[ROUTE_QUALITY] = "quality",	   [ROUTE_LOAD_SHARE] = "load_share",
	[ROUTE_TOLERANCE] = "tolerance",
};

#define N_STRATEGIES (sizeof(strategy_texts) / sizeof(strategy_texts[0]))

const char *
route_strategy_text(enum route_strategy strategy)
{
	return strategy_texts[strategy];
}

static enum route_strategy
read_strategy(struct row *row)
{
	struct str text = store_col_text(row->stmt, 10);

	for (size_t i = 0; i < N_STRATEGIES; i++) {
		if (str_eq_text(text, strategy_texts[i]))
			return (enum route_strategy)i;
	}
	if (text.len > 0)
		row_fail(row,
			 "strategy is \"%.*s\", expected least_cost, "
			 "priority, quality, load_share or tolerance",
			 STR_ARG(text));
	return ROUTE_LEAST_COST;
}

/* What the account's plans must keep to. */
static void
read_policy(struct row *row, struct account *out)
{
	out->max_hops = (int32_t)row_int(row, 9, "max_hops", 0, INT32_MAX, 0);
	out->strategy = read_strategy(row);
	out->has_min_margin = !store_col_is_null(row->stmt, 11);
	out->min_margin = store_col_money(row->stmt, 11);
	out->tolerance = store_col_money(row->stmt, 14);
	out->has_min_margin_percent = !store_col_is_null(row->stmt, 15);
	out->min_margin_percent = store_col_money(row->stmt, 15);
	out->max_loss = store_col_money(row->stmt, 16);
	/* a margin below 0 is a loss that was allowed */
	if (store_col_is_null(row->stmt, 16) && out->min_margin < 0)
		out->max_loss = -out->min_margin;
	out->expected_duration_s = (int32_t)row_int(
	    row, 17, "expected_duration_s", 0, INT32_MAX, 0);
	if (out->tolerance < 0 || out->max_loss < 0)
		row_fail(row, "tolerance or max_loss is below 0");
}

/* False when the account has a tariff that is not there. */
static bool
read_account_tariff(struct snapshot_loader *loader, struct row *row,
		    struct account *out)
{
	int64_t id;

	out->tariff = PRICEBOOK_NO_TARIFF;
	if (store_col_is_null(row->stmt, 2))
		return true;
	id = store_col_int(row->stmt, 2);
	out->tariff = pricebook_find_tariff_id(loader->snapshot->prices, id);
	if (out->tariff != PRICEBOOK_NO_TARIFF)
		return true;
	snapshot_warn(loader,
		      "account %.*s: left out, its tariff does not exist, "
		      "tariff_id=%lld",
		      STR_ARG(row->key), (long long)id);
	return false;
}

static int
add_account(struct snapshot_loader *loader, struct row *row,
	    struct account *account)
{
	struct snapshot *snapshot = loader->snapshot;
	struct str zone = row_text(row, 12, "timezone", TEXT_MAX);
	struct str group = row_text(row, 19, "account_group", TEXT_MAX);

	if (row->err != 0)
		return row->err;
	if (snapshot_keep(snapshot, row->key, &account->name) != 0 ||
	    snapshot_keep(snapshot, zone, &account->zone_name) != 0 ||
	    snapshot_keep(snapshot, group, &account->group) != 0)
		return ERR_NOMEM;
	if (account->strategy == ROUTE_LOAD_SHARE &&
	    account_states_get(loader->settings->states, account->id,
			       &account->state) != 0)
		return ERR_NOMEM;
	if (mem_grow((void **)&snapshot->accounts, &snapshot->accounts_cap,
		     snapshot->n_accounts, sizeof(*account)) != 0)
		return ERR_NOMEM;
	snapshot->accounts[snapshot->n_accounts++] = *account;
	return 0;
}

static int
read_account(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct account account = { .plan = loader->settings->numbering };

	row->key = row_text(row, 1, "account", TEXT_MAX);
	account.id = (uint32_t)row_int(row, 0, "id", 1, UINT32_MAX, 0);
	if (!read_account_tariff(loader, row, &account))
		return 0;
	read_dial_plan(row, &account.plan);
	account.international = store_col_bool(row->stmt, 6);
	account.channels =
	    (int32_t)row_int(row, 7, "channels", 0, INT32_MAX, -1);
	account.cps = (int32_t)row_int(row, 8, "cps", 0, INT32_MAX, -1);
	read_policy(row, &account);
	account.trusted = store_col_bool(row->stmt, 18);
	account.secure = store_col_bool(row->stmt, 20);
	account.enabled = store_col_bool(row->stmt, 13);
	return add_account(loader, row, &account);
}

static const struct account *
find_account(const struct snapshot *snapshot, int64_t id)
{
	return id > 0 && id <= UINT32_MAX
		   ? snapshot_account_by_id(snapshot, (uint32_t)id)
		   : NULL;
}

static int
read_login(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	const struct account *account;
	struct str realm = row_text(row, 2, "realm", TEXT_MAX);
	int64_t id = store_col_int(row->stmt, 0);
	int err;

	row->key = row_text(row, 1, "username", TEXT_MAX);
	if (row->err != 0)
		return row->err;
	account = find_account(loader->snapshot, id);
	if (account == NULL) {
		snapshot_warn(loader,
			      "credentials of %.*s: left out, their account "
			      "does not exist, account_id=%lld",
			      STR_ARG(row->key), (long long)id);
		return 0;
	}
	err = logins_add(&loader->snapshot->logins,
			 (uint32_t)(account - loader->snapshot->accounts),
			 row->key, realm, store_col_text(row->stmt, 3),
			 store_col_text(row->stmt, 4));
	if (err != ERR_SYNTAX)
		return err;
	row_fail(row, "no hash can be read, expected 32 hexadecimal digits in "
		      "ha1_md5 or 64 in ha1_sha256");
	return row->err;
}

static int
load_prices(struct snapshot_loader *loader)
{
	struct snapshot *snapshot = loader->snapshot;
	int err =
	    pricebook_load(loader->store, &snapshot->prices, loader->error);

	if (err != 0)
		return err;
	if (pricebook_n_orphans(snapshot->prices) > 0)
		snapshot_warn(loader,
			      "rates and holidays: rows left out, their tariff "
			      "does not exist, rows=%zu",
			      pricebook_n_orphans(snapshot->prices));
	return 0;
}

/* What fails here has described itself already. */
static int
load_tables(struct snapshot_loader *loader)
{
	int err = load_prices(loader);

	if (err == 0)
		err = rows_read(loader->store, "accounts", accounts_sql,
				read_account, loader, loader->error);
	if (err == 0)
		err = snapshot_load_trunks(loader);
	if (err == 0)
		err = rows_read(loader->store, "credentials", logins_sql,
				read_login, loader, loader->error);
	if (err == 0)
		err = snapshot_load_limits(loader);
	if (err == 0)
		err = snapshot_load_callers(loader);
	if (err == 0)
		err = snapshot_load_users(loader);
	if (err == 0)
		err = snapshot_load_carriers(loader);
	if (err == 0)
		err = snapshot_load_gateways(loader);
	if (err == 0)
		err = snapshot_load_gateway_logins(loader);
	if (err == 0)
		err = snapshot_load_enrolments(loader);
	if (err == 0)
		err = snapshot_load_blocks(loader);
	if (err == 0)
		err = snapshot_load_rules(loader);
	if (err == 0)
		err = snapshot_load_emergencies(loader);
	if (err == 0)
		err = snapshot_load_portability(loader);
	return err;
}

static int
load_in_transaction(struct snapshot_loader *loader)
{
	int err = store_begin(loader->store);

	if (err != 0)
		return rows_fail(loader->error, err, "store: %s",
				 store_error(loader->store));
	err = load_tables(loader);
	store_rollback(loader->store); /* nothing was changed */
	return err;
}

static int
finish(struct snapshot_loader *loader)
{
	int err = logins_finish(&loader->snapshot->logins);

	if (err == 0)
		err = snapshot_index(loader->snapshot);
	if (err != 0)
		return rows_fail(loader->error, err, "snapshot: %s",
				 err_text(err));
	return 0;
}

static size_t
count_bytes(const struct snapshot *snapshot)
{
	size_t bytes = sizeof(*snapshot) + snapshot->texts.used;

	bytes += pricebook_bytes(snapshot->prices);
	bytes += trunks_bytes(&snapshot->trunks);
	bytes += logins_bytes(&snapshot->logins);
	bytes += limits_bytes(&snapshot->limits);
	bytes += snapshot->callers.cap * sizeof(struct caller);
	bytes += users_bytes(&snapshot->users);
	bytes += snapshot->emergencies.cap * sizeof(struct emergency);
	bytes += snapshot->accounts_cap * sizeof(*snapshot->accounts);
	bytes += snapshot->n_accounts * sizeof(*snapshot->accounts_by_name);
	bytes += snapshot->carriers_cap * sizeof(*snapshot->carriers);
	bytes += snapshot->gateways_cap * sizeof(*snapshot->gateways);
	bytes += snapshot->gateway_logins_cap *
		 sizeof(*snapshot->gateway_logins);
	bytes += 3 * snapshot->n_gateways * sizeof(struct gateway *);
	bytes += snapshot->exchange.n * sizeof(*snapshot->exchange.items);
	bytes += snapshot->blocks.cap * sizeof(*snapshot->blocks.list);
	bytes += snapshot->durations.cap * sizeof(*snapshot->durations.list);
	bytes += snapshot->measured.cap * sizeof(*snapshot->measured.list);
	bytes += portability_bytes(&snapshot->portability);
	bytes += snapshot->shares_cap * sizeof(*snapshot->shares);
	return bytes + snapshot->n_carriers * sizeof(uint32_t);
}

static int
fill_report(struct snapshot *snapshot, time_us now)
{
	struct snapshot_report *report = &snapshot->report;

	report->accounts = snapshot->n_accounts;
	report->trunks = snapshot->trunks.n;
	report->logins = snapshot->logins.n;
	report->limits = snapshot->limits.n;
	report->users = snapshot->users.n;
	report->carriers = snapshot->n_carriers;
	report->gateways = snapshot->n_gateways;
	report->tariffs = pricebook_n_tariffs(snapshot->prices);
	report->rates = pricebook_n_rates(snapshot->prices);
	report->blocks = snapshot->blocks.n;
	report->durations = snapshot->durations.n;
	report->measured_durations = snapshot->measured.n;
	report->ported = snapshot->portability.n;
	report->shares = snapshot->n_shares;
	report->exchange_rates = snapshot->exchange.n;
	report->bytes = count_bytes(snapshot);
	if (pricebook_survey(snapshot->prices, now, &report->prices) != 0)
		return ERR_NOMEM;
	report->checksum = snapshot_checksum(snapshot);
	return 0;
}

static struct snapshot *
make_empty(const struct snapshot_settings *settings, uint32_t generation)
{
	struct snapshot *snapshot = mem_zalloc(1, sizeof(*snapshot));

	if (snapshot == NULL)
		return NULL;
	atomic_init(&snapshot->n_refs, 1);
	snapshot->generation = generation;
	snapshot->numbering = settings->numbering;
	snapshot->states = settings->states;
	snapshot->nobody = (struct account){
		.name = "",
		.group = "",
		.tariff = PRICEBOOK_NO_TARIFF,
		.plan = settings->numbering,
		.channels = -1,
		.cps = -1,
		.trusted = true,
		.zone_name = "",
		.enabled = true,
	};
	arena_init(&snapshot->texts, NULL, 0, 0);
	return snapshot;
}

int
snapshot_load(struct store *store, const struct snapshot_settings *settings,
	      uint32_t generation, struct log *log, struct snapshot **out,
	      char error[STORE_ERROR_MAX])
{
	struct snapshot_loader loader = {
		.store = store, .settings = settings, .log = log, .error = error
	};
	struct clock clock;
	int64_t began_ms;
	int err;

	error[0] = '\0';
	clock_init_system(&clock);
	began_ms = clock_mono_ms(&clock);
	loader.snapshot = make_empty(settings, generation);
	if (loader.snapshot == NULL)
		return rows_fail(error, ERR_NOMEM, "snapshot: out of memory");
	err = trunks_init(&loader.snapshot->trunks);
	if (err == 0)
		err = logins_init(&loader.snapshot->logins);
	if (settings->proof_key != NULL)
		loader.snapshot->trunks.proof_key = *settings->proof_key;
	if (err != 0)
		rows_fail(error, err, "snapshot: %s", err_text(err));
	if (err == 0)
		err = load_in_transaction(&loader);
	if (err == 0)
		err = finish(&loader);
	mem_free(loader.carrier_ids);
	if (err == 0 && snapshot_find_account_states(loader.snapshot) != 0)
		err = rows_fail(error, ERR_NOMEM, "snapshot: out of memory");
	if (err == 0 &&
	    fill_report(loader.snapshot, clock_wall(&clock)) != 0)
		err = rows_fail(error, ERR_NOMEM, "snapshot: out of memory");
	if (err != 0) {
		snapshot_unref(loader.snapshot);
		return err;
	}
	loader.snapshot->report.load_ms = clock_mono_ms(&clock) - began_ms;
	*out = loader.snapshot;
	return 0;
}
