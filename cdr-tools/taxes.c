/* taxes.c - which tax an account pays on which day, and sums by tax */
#include "cdr-tools/taxes.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "route/table_rows.h"

#define NAME_MAX_LEN 255

static const char taxes_sql[] =
    "SELECT coalesce(a.account, ''), t.tax, t.percent, t.valid_from,"
    " t.valid_until FROM taxes t LEFT JOIN accounts a ON a.id = t.account"
    " ORDER BY 1, coalesce(t.valid_from, '')";

/* A day, or otherwise when there is none. */
static int64_t
read_day(struct row *row, int column, const char *name, int64_t otherwise)
{
	struct str text = store_col_text(row->stmt, column);
	int year, month, day;

	if (text.p == NULL)
		return otherwise;
	if (date_parse(text, &year, &month, &day) == 0)
		return days_from_date(year, month, day);
	row_fail(row, "%s is \"%.*s\", expected YYYY-MM-DD", name,
		 STR_ARG(text));
	return otherwise;
}

static int
read_tax(void *arg, struct row *row)
{
	struct taxes *taxes = arg;
	struct str account = row_text(row, 0, "account", NAME_MAX_LEN);
	struct tax tax = { .percent = store_col_money(row->stmt, 2) };
	int err;

	row->key = row_text(row, 1, "tax", NAME_MAX_LEN);
	tax.from_day = read_day(row, 3, "valid_from", INT64_MIN);
	tax.until_day = read_day(row, 4, "valid_until", INT64_MAX);
	if (tax.percent < 0 || tax.percent > 100 * MONEY_ONE)
		row_fail(row, "percent is out of range, expected 0 to 100");
	if (row->err != 0)
		return row->err;
	err = mem_grow((void **)&taxes->items, &taxes->cap, taxes->n,
		       sizeof(*taxes->items));
	if (err != 0)
		return err;
	tax.account = arena_strndup(&taxes->texts, account.p, account.len);
	tax.name = arena_strndup(&taxes->texts, row->key.p, row->key.len);
	if (tax.account == NULL || tax.name == NULL)
		return ERR_NOMEM;
	taxes->items[taxes->n++] = tax;
	return 0;
}

int
taxes_load(struct taxes *taxes, struct store *store,
	   char error[STORE_ERROR_MAX])
{
	memset(taxes, 0, sizeof(*taxes));
	arena_init(&taxes->texts, NULL, 0, 0);
	return rows_read(store, "taxes", taxes_sql, read_tax, taxes, error);
}

void
taxes_fini(struct taxes *taxes)
{
	mem_free(taxes->items);
	arena_fini(&taxes->texts);
	memset(taxes, 0, sizeof(*taxes));
}

/* The first row of an account; n when it has none. */
static size_t
first_of(const struct taxes *taxes, const char *account)
{
	size_t low = 0, high = taxes->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(taxes->items[middle].account, account) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < taxes->n && strcmp(taxes->items[low].account, account) == 0)
		return low;
	return taxes->n;
}

const struct tax *
taxes_find(const struct taxes *taxes, const char *account, int64_t day)
{
	const struct tax *found = NULL;
	size_t i;

	if (taxes == NULL || taxes->n == 0)
		return NULL;
	i = first_of(taxes, account);
	if (i == taxes->n) {
		account = "";
		i = first_of(taxes, account);
	}
	for (; i < taxes->n && strcmp(taxes->items[i].account, account) == 0;
	     i++) {
		if (taxes->items[i].from_day <= day &&
		    day < taxes->items[i].until_day)
			found = &taxes->items[i];
	}
	return found;
}

int
tax_groups_find(struct tax_groups *groups, struct str name, money_e8 percent,
		struct arena *arena, size_t *index)
{
	char *copy = NULL;

	for (size_t i = 0; i < groups->n; i++) {
		if (groups->items[i].percent == percent &&
		    str_eq_text(name, groups->items[i].name)) {
			*index = i;
			return 0;
		}
	}
	if (groups->n == TAX_MAX_GROUPS)
		return ERR_LIMIT;
	if (name.len > 0) {
		copy = arena_strndup(arena, name.p, name.len);
		if (copy == NULL)
			return ERR_NOMEM;
	}
	*index = groups->n++;
	groups->items[*index] = (struct tax_group){
		.name = copy != NULL ? copy : "",
		.percent = percent,
	};
	return 0;
}

int
tax_groups_add(struct tax_groups *groups, size_t index, money_e8 amount,
	       money_e8 *tax)
{
	struct tax_group *group = &groups->items[index];
	money_e8 whole;

	if (__builtin_add_overflow(group->net, amount, &group->net) ||
	    money_percent(group->net, group->percent, TAX_DECIMALS, &whole) !=
		0 ||
	    __builtin_sub_overflow(whole, group->tax, tax))
		return ERR_RANGE;
	group->tax = whole;
	return 0;
}
