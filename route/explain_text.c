/* explain_text.c - a decision as a table */
#include <string.h>

#include "base/timefmt.h"
#include "route/explain_private.h"
#include "tel/media.h"

#define CELL_MAX 320 /* a name of 255 octets and more */
#define DECIMALS 4   /* at least */

/* One function per column. */

struct table {
	const struct snapshot *snapshot;
	const struct plan *plan;
};

typedef void cell_fn(const struct table *table, const struct plan_candidate *c,
		     char out[CELL_MAX]);

static void
put_text(char *out, const char *text)
{
	snprintf(out, CELL_MAX, "%s", text != NULL ? text : "");
}

static void
put_money(char *out, bool is_known, money_e8 amount)
{
	char text[MONEY_TEXT_MAX];

	put_text(out, is_known ? money_format(amount, DECIMALS, text) : "");
}

static void
rank_cell(const struct table *table, const struct plan_candidate *c, char *out)
{
	(void)table;
	if (c->rank > 0)
		snprintf(out, CELL_MAX, "%u", c->rank);
	else
		put_text(out, "-");
}

static void
carrier_cell(const struct table *table, const struct plan_candidate *c,
	     char *out)
{
	(void)table;
	put_text(out, c->carrier->name);
}

static void
gateway_cell(const struct table *table, const struct plan_candidate *c,
	     char *out)
{
	(void)table;
	put_text(out, c->gateway->name);
}

static void
prefix_cell(const struct table *table, const struct plan_candidate *c,
	    char *out)
{
	char prefix[PREFIX_MAX + 1];

	(void)table;
	if (explain_has_prefix(c))
		prefix_format(c->prefix, prefix);
	else
		prefix[0] = '\0';
	put_text(out, explain_has_prefix(c) && prefix[0] == '\0' ? "\"\"" : prefix);
}

static void
rate_cell(const struct table *table, const struct plan_candidate *c, char *out)
{
	bool is_sold = c->rate != NULL && !c->terms->not_sold;

	(void)table;
	put_money(out, is_sold, is_sold ? c->rate->per_min : 0);
}

static void
fee_cell(const struct table *table, const struct plan_candidate *c, char *out)
{
	bool is_sold = c->rate != NULL && !c->terms->not_sold;

	(void)table;
	put_money(out, is_sold, is_sold ? c->terms->connect_fee : 0);
}

static void
increments_cell(const struct table *table, const struct plan_candidate *c,
		char *out)
{
	(void)table;
	put_text(out, "");
	if (c->rate != NULL)
		snprintf(out, CELL_MAX, "%d/%d", c->terms->first_increment_s,
			 c->terms->increment_s);
}

static void
cost_cell(const struct table *table, const struct plan_candidate *c, char *out)
{
	(void)table;
	put_money(out, c->has_cost, c->cost);
}

static void
currency_cell(const struct table *table, const struct plan_candidate *c,
	      char *out)
{
	put_text(out, c->has_cost ? explain_currency(table->snapshot, c) : "");
}

static void
margin_cell(const struct table *table, const struct plan_candidate *c,
	    char *out)
{
	money_e8 margin;
	bool is_known = explain_margin(table->plan, c, &margin);

	put_money(out, is_known, margin);
}

static void
excluded_cell(const struct table *table, const struct plan_candidate *c,
	      char *out)
{
	(void)table;
	put_text(out, plan_exclusion_text(c->excluded));
}

static const struct column {
	const char *title;
	bool is_number; /* flush right */
	cell_fn *cell;
} columns[] = {
	{ "RANK", true, rank_cell },
	{ "CARRIER", false, carrier_cell },
	{ "GATEWAY", false, gateway_cell },
	{ "PREFIX", false, prefix_cell },
	{ "RATE", true, rate_cell },
	{ "FEE", true, fee_cell },
	{ "INCREMENTS", false, increments_cell },
	{ "COST", true, cost_cell },
	{ "CURRENCY", false, currency_cell },
	{ "MARGIN", true, margin_cell },
	{ "EXCLUDED", false, excluded_cell },
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void
measure(const struct table *table, int widths[N_COLUMNS])
{
	char text[CELL_MAX];

	for (size_t k = 0; k < N_COLUMNS; k++) {
		widths[k] = (int)strlen(columns[k].title);
		for (size_t i = 0; i < table->plan->n_candidates; i++) {
			columns[k].cell(table, &table->plan->candidates[i],
					text);
			if ((int)strlen(text) > widths[k])
				widths[k] = (int)strlen(text);
		}
	}
}

/* One line; NULL is the line of titles. Nothing is padded at its end. */
static void
print_line(FILE *out, const struct table *table, const struct plan_candidate *c,
	   const int widths[N_COLUMNS])
{
	char text[CELL_MAX];
	int pad = 0;

	for (size_t k = 0; k < N_COLUMNS; k++) {
		int spare;

		if (c != NULL)
			columns[k].cell(table, c, text);
		else
			put_text(text, columns[k].title);
		spare = widths[k] - (int)strlen(text);
		if (columns[k].is_number)
			pad += spare;
		if (text[0] != '\0')
			fprintf(out, "%*s%s", pad, "", text);
		pad = (text[0] != '\0' ? 0 : pad) + 2;
		if (!columns[k].is_number)
			pad += spare;
	}
	fputc('\n', out);
}

static void
print_policy(FILE *out, const struct account *account)
{
	char text[MONEY_TEXT_MAX];

	fprintf(out, "policy %s", route_strategy_text(account->strategy));
	if (account->strategy == ROUTE_TOLERANCE)
		fprintf(out, " %s %%",
			money_format(account->tolerance, 0, text));
	if (account->has_min_margin)
		fprintf(out, ", margin at least %s",
			money_format(account->min_margin, DECIMALS, text));
	if (account->has_min_margin_percent)
		fprintf(out, ", margin at least %s %%",
			money_format(account->min_margin_percent, 0, text));
	if (account->max_loss > 0)
		fprintf(out, ", loss at most %s",
			money_format(account->max_loss, DECIMALS, text));
	fputc('\n', out);
}

static void
print_caller(FILE *out, const struct snapshot *snapshot,
	     const struct plan_query *query)
{
	struct number shown = query->caller;
	const char *verdict = explain_caller(snapshot, query, &shown);

	fprintf(out, "caller %s (%s)", query->caller.digits, verdict);
	if (shown.len == 0)
		fprintf(out, ": refused");
	else if (strcmp(shown.digits, query->caller.digits) != 0)
		fprintf(out, ", shown as %s", shown.digits);
	fputc('\n', out);
}

static void
print_head(FILE *out, const struct snapshot *snapshot,
	   const struct plan_query *query, const struct plan *plan)
{
	const char *refusal = explain_refusal(query, plan);
	char at[TIMEFMT_MAX], sell[MONEY_TEXT_MAX], prefix[PREFIX_MAX + 1];
	char media[MEDIA_TEXT_MAX];

	time_format(query->at, at);
	fprintf(out, "number %s (%s, %s), %lld s at %s, generation %u\n",
		query->number.digits, explain_class(snapshot, query),
		number_class_text(plan->class), (long long)plan->duration_s, at,
		snapshot_generation(snapshot));
	if (query->porting.rn[0] != '\0')
		fprintf(out, "ported, routing number %s (%s)\n",
			query->porting.rn,
			porting_source_text(query->porting.source));
	if (query->caller.len > 0)
		print_caller(out, snapshot, query);
	if (query->media != 0)
		fprintf(out, "media %s\n", media_format(query->media, media));
	if (query->account != NULL)
		fprintf(out, "account %s", query->account->name);
	if (query->account != NULL && plan->has_sell) {
		prefix_format(plan->sell_prefix, prefix);
		fprintf(out, " pays %s %s (prefix \"%s\")",
			money_format(plan->sell, DECIMALS, sell),
			plan->currency, prefix);
	}
	if (query->account != NULL)
		fputc('\n', out);
	if (query->account != NULL)
		print_policy(out, query->account);
	if (refusal != NULL)
		fprintf(out, "no plan: %s\n", refusal);
}

/* What each gateway is told of the caller. */
static void
print_from(FILE *out, const struct table *table, const struct plan_query *query)
{
	char from[EXPLAIN_USER_MAX];

	for (size_t i = 0; i < table->plan->n_candidates; i++) {
		const struct gateway *gateway =
		    table->plan->candidates[i].gateway;

		if (explain_from(table->snapshot, query, gateway, from))
			fprintf(out, "%sgateway %s: From %s, identity %s\n",
				i == 0 ? "\n" : "", gateway->name, from,
				explain_identity(table->snapshot, query,
						 gateway));
	}
}

void
route_explain_text(FILE *out, const struct snapshot *snapshot,
		   const struct plan_query *query, const struct plan *plan)
{
	struct table table = { snapshot, plan };
	int widths[N_COLUMNS];

	print_head(out, snapshot, query, plan);
	if (plan->n_candidates == 0)
		return;
	fputc('\n', out);
	measure(&table, widths);
	print_line(out, &table, NULL, widths);
	for (size_t i = 0; i < plan->n_candidates; i++)
		print_line(out, &table, &plan->candidates[i], widths);
	print_from(out, &table, query);
}
