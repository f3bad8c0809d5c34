/* margin.c - what the accounts of a month brought and cost */
#include "cdr-tools/margin.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define NAME_MIN 8 /* columns of the account at least */

void
margin_init(struct margin_list *list)
{
	memset(list, 0, sizeof(*list));
	arena_init(&list->texts, NULL, 0, 0);
}

void
margin_fini(struct margin_list *list)
{
	mem_free(list->rows);
	arena_fini(&list->texts);
	memset(list, 0, sizeof(*list));
}

int
margin_add(struct margin_list *list, const struct bill *bill)
{
	struct margin_row *row;
	char *account;
	int err = mem_grow((void **)&list->rows, &list->cap, list->n,
			   sizeof(*list->rows));

	if (err != 0)
		return err;
	account =
	    arena_strndup(&list->texts, bill->account, strlen(bill->account));
	if (account == NULL)
		return ERR_NOMEM;
	row = &list->rows[list->n++];
	*row = (struct margin_row){ .account = account, .sums = bill->margin };
	(void)str_copy(str_of(bill->currency), row->currency,
		       sizeof(row->currency));
	return 0;
}

const char *
margin_percent(money_e8 margin, money_e8 revenue, char out[MARGIN_PERCENT_MAX])
{
	money_e8 tenths;

	if (revenue <= 0 ||
	    money_mul_div(margin, 1000, revenue, MONEY_HALF_UP, &tenths) != 0) {
		snprintf(out, MARGIN_PERCENT_MAX, "-");
		return out;
	}
	snprintf(out, MARGIN_PERCENT_MAX, "%s%" PRId64 ".%" PRId64 " %%",
		 tenths < 0 ? "-" : "", (tenths < 0 ? -tenths : tenths) / 10,
		 (tenths < 0 ? -tenths : tenths) % 10);
	return out;
}

static int
name_width(const struct margin_list *list)
{
	size_t width = NAME_MIN;

	for (size_t i = 0; i < list->n; i++) {
		size_t len = strlen(list->rows[i].account);

		if (len > width && len < 64)
			width = len;
	}
	return (int)width;
}

static void
print_row(const struct margin_row *row, int width, FILE *out)
{
	char revenue[MONEY_TEXT_MAX], cost[MONEY_TEXT_MAX];
	char margin[MONEY_TEXT_MAX], percent[MARGIN_PERCENT_MAX];
	const struct bill_margin *s = &row->sums;

	fprintf(out, "%-*s %8" PRIu64 " %14s %14s %14s %9s  %s\n", width,
		row->account, s->calls, money_format(s->revenue, 2, revenue),
		money_format(s->cost, 2, cost),
		money_format(s->margin, 2, margin),
		margin_percent(s->margin, s->revenue, percent), row->currency);
}

static void
print_note(const struct margin_row *row, uint64_t calls, const char *what,
	   FILE *out)
{
	if (calls > 0)
		fprintf(out, "%s: %" PRIu64 " more call%s %s\n", row->account,
			calls, calls == 1 ? "" : "s", what);
}

/* The sum over all rows of a currency. */
static int
sum_up(const struct margin_list *list, const char *currency,
       struct margin_row *out)
{
	*out = (struct margin_row){ .account = "all" };
	(void)str_copy(str_of(currency), out->currency, sizeof(out->currency));
	for (size_t i = 0; i < list->n; i++) {
		const struct bill_margin *s = &list->rows[i].sums;

		if (strcmp(list->rows[i].currency, currency) != 0)
			continue;
		out->sums.calls += s->calls;
		if (__builtin_add_overflow(out->sums.revenue, s->revenue,
					   &out->sums.revenue) ||
		    __builtin_add_overflow(out->sums.cost, s->cost,
					   &out->sums.cost) ||
		    __builtin_add_overflow(out->sums.margin, s->margin,
					   &out->sums.margin))
			return ERR_RANGE;
	}
	return 0;
}

/* Whether row i is the first of its currency. */
static bool
is_first(const struct margin_list *list, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(list->rows[k].currency, list->rows[i].currency) == 0)
			return false;
	}
	return *list->rows[i].currency != '\0';
}

int
margin_print(const struct margin_list *list, FILE *out)
{
	int width = name_width(list);

	fprintf(out, "%-*s %8s %14s %14s %14s %9s\n", width, "account", "calls",
		"revenue", "cost", "margin", "");
	for (size_t i = 0; i < list->n; i++)
		print_row(&list->rows[i], width, out);
	for (size_t i = 0; i < list->n; i++) {
		struct margin_row sum;

		if (!is_first(list, i))
			continue;
		if (sum_up(list, list->rows[i].currency, &sum) != 0)
			return ERR_RANGE;
		print_row(&sum, width, out);
	}
	for (size_t i = 0; i < list->n; i++) {
		const struct margin_row *row = &list->rows[i];

		print_note(row, row->sums.no_cost,
			   "with revenue, of unknown cost", out);
		print_note(row, row->sums.no_price, "with cost, not priced",
			   out);
		print_note(row, row->sums.mixed,
			   "with revenue and cost in currencies without an "
			   "exchange rate", out);
	}
	return 0;
}

static json_t *
money_json(money_e8 amount)
{
	char text[MONEY_TEXT_MAX];

	return json_string(money_format(amount, 0, text));
}

json_t *
margin_json(const struct margin_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n && array != NULL; i++) {
		const struct margin_row *row = &list->rows[i];
		const struct bill_margin *s = &row->sums;
		json_t *object = json_pack(
		    "{s:s,s:I,s:o,s:o,s:o,s:s,s:I,s:I,s:I}", "account",
		    row->account, "calls", (json_int_t)s->calls, "revenue",
		    money_json(s->revenue), "cost", money_json(s->cost),
		    "margin", money_json(s->margin), "currency", row->currency,
		    "calls_without_cost", (json_int_t)s->no_cost,
		    "calls_without_price", (json_int_t)s->no_price,
		    "calls_in_two_currencies", (json_int_t)s->mixed);

		if (json_array_append_new(array, object) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}
