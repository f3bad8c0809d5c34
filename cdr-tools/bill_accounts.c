/* bill_accounts.c - whose bills there are to make */
#include "cdr-tools/bill_accounts.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

/* A period begins somewhere on Earth up to this long before or after it does
 * in UTC. */
#define ZONE_SPAN_US (INT64_C(15) * 3600 * US_PER_S)

static const char accounts_sql[] =
    "SELECT account FROM cdr WHERE answer_time >= ?"
    " AND answer_time < ? AND account IS NOT NULL"
    " AND status IN ('open', 'answered', 'swept')"
    " UNION SELECT account FROM cdr WHERE late = 0 AND late IS NOT NULL"
    " AND account IS NOT NULL"
    " UNION SELECT account FROM rating_history WHERE bill IS NOT NULL"
    " AND credit IS NULL AND account IS NOT NULL"
    " UNION SELECT account FROM bills WHERE period = ? ORDER BY 1";
static const char nobody_sql[] =
    "SELECT number, destination FROM cdr WHERE account IS NULL"
    " AND answer_time >= ? AND answer_time < ?"
    " AND status IN ('answered', 'swept') ORDER BY answer_time";
static const char known_sql[] =
    "SELECT count(*) FROM accounts WHERE account = ?";

static int
add(struct bill_accounts *accounts, struct str name)
{
	char *copy = arena_strndup(&accounts->texts, name.p, name.len);
	int err = copy == NULL ? ERR_NOMEM : 0;

	if (err == 0)
		err = mem_grow((void **)&accounts->names, &accounts->cap,
			       accounts->n, sizeof(char *));
	if (err == 0)
		accounts->names[accounts->n++] = copy;
	return err;
}

static int
take(struct bill_accounts *accounts, struct store *store,
     struct store_stmt *stmt)
{
	struct str account = store_col_text(stmt, 0);

	if (!store_is_damaged(stmt))
		return add(accounts, account);
	fprintf(stderr,
		"cdr: %s; such calls are not billed, lcrdb check names them\n",
		store_error(store));
	return 0;
}

static int
read_all(struct bill_accounts *accounts, struct store *store,
	 const struct period *period)
{
	char text[PERIOD_TEXT_MAX];
	time_us from, until;
	struct store_stmt *stmt;
	int err = store_prepare(store, accounts_sql, &stmt);

	period_span(period, NULL, &from, &until);
	if (err == 0) {
		const struct store_value params[] = {
			store_time(from - ZONE_SPAN_US),
			store_time(until + ZONE_SPAN_US),
			store_text(period_format(period, text)),
		};

		err = store_start(stmt, params, 3);
	}
	while (err == 0) {
		err = store_next(stmt);
		if (err == 0)
			err = take(accounts, store, stmt);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

/* Leave only one. */
static int
keep_one(struct bill_accounts *accounts, struct store *store, const char *only,
	 char *error)
{
	const struct store_value key = store_text(only);
	int64_t n = 0;
	int err = 0;

	for (size_t i = 0; i < accounts->n && n == 0; i++)
		n = strcmp(accounts->names[i], only) == 0;
	accounts->n = 0;
	if (n == 0)
		err = store_get_int(store, known_sql, &key, 1, &n);
	if (err == 0 && n > 0)
		return add(accounts, str_of(only));
	if (err != 0)
		return err;
	snprintf(error, STORE_ERROR_MAX,
		 "account %.200s: no such account, expected one of the table "
		 "or of the call records",
		 only);
	return ERR_NOTFOUND;
}

int
bill_accounts_find(struct bill_accounts *accounts, struct store *store,
		   const struct period *period, const char *only,
		   char error[STORE_ERROR_MAX])
{
	int err;

	memset(accounts, 0, sizeof(*accounts));
	arena_init(&accounts->texts, NULL, 0, 0);
	error[0] = '\0';
	err = read_all(accounts, store, period);
	return err != 0 || only == NULL
		   ? err
		   : keep_one(accounts, store, only, error);
}

void
bill_accounts_fini(struct bill_accounts *accounts)
{
	mem_free(accounts->names);
	arena_fini(&accounts->texts);
	memset(accounts, 0, sizeof(*accounts));
}

int
bill_accounts_nobody(struct store *store, const struct period *period,
		     const char *zone_name, struct unpriced *tally,
		     uint64_t *n_out)
{
	struct store_stmt *stmt = NULL;
	time_us from, until;
	struct zone *zone;
	int err = zone_new(zone_name, &zone);

	if (err != 0)
		return err;
	period_span(period, zone, &from, &until);
	zone_free(zone);
	err = store_prepare(store, nobody_sql, &stmt);
	if (err == 0) {
		const struct store_value params[] = { store_time(from),
						      store_time(until) };

		err = store_start(stmt, params, 2);
	}
	while (err == 0) {
		err = store_next(stmt);
		if (err != 0)
			break;
		++*n_out;
		err = unpriced_add(tally, "no account", str_make("", 0),
				   store_col_text(stmt, 1),
				   store_col_text(stmt, 0));
		(void)store_is_damaged(stmt); /* counted all the same */
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}
