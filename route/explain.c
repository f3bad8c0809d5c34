/* explain.c - a decision as JSON and as a table */
#include "route/explain.h"

#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"

#define RULE "built-in"
#define SOURCE "static"
#define CELL_MAX 320 /* a name of 255 octets and more */
#define DECIMALS 4   /* at least, in the table */

static const char *
class_of(const struct snapshot *snapshot, const struct plan_query *query)
{
	const struct dial_plan *plan = query->account != NULL
					   ? &query->account->plan
					   : snapshot_numbering(snapshot);

	return number_is_national(&query->number, plan) ? "national"
							: "international";
}

/* Why there is no plan; NULL when there is one. */
static const char *
refusal_of(const struct plan_query *query, const struct plan *plan)
{
	if (plan->n_hops > 0)
		return NULL;
	if (query->account != NULL && !plan->has_sell &&
	    query->account->tariff != PRICEBOOK_NO_TARIFF)
		return plan_exclusion_text(PLAN_UNBILLABLE);
	return err_text(ERR_NOROUTE);
}

static const char *
currency_of(const struct snapshot *snapshot, const struct plan_candidate *c)
{
	return pricebook_tariff(snapshot_prices(snapshot), c->carrier->tariff)
	    ->currency;
}

/* What remains of sell after cost, where both are known in one currency. */
static bool
margin_of(const struct plan *plan, const struct plan_candidate *c,
	  money_e8 *out)
{
	*out = 0;
	return plan->has_sell && c->has_value &&
	       !__builtin_sub_overflow(plan->sell, c->value, out);
}

/* --- JSON: a value that cannot be made is NULL, and setting it fails --- */

struct object {
	json_t *json;
	bool failed;
};

static void
set(struct object *object, const char *key, json_t *value)
{
	if (json_object_set_new(object->json, key, value) != 0)
		object->failed = true;
}

static json_t *
json_money(money_e8 amount)
{
	char text[MONEY_TEXT_MAX];

	return json_string(money_format(amount, 0, text));
}

static json_t *
json_money_if(bool is_known, money_e8 amount)
{
	return is_known ? json_money(amount) : json_null();
}

static json_t *
json_text_if(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

static void
set_rate(struct object *object, const struct plan_candidate *c)
{
	const struct rate_terms *terms = c->terms;
	char prefix[PREFIX_MAX + 1];

	prefix_format(c->prefix, prefix);
	set(object, "prefix", json_string(prefix));
	set(object, "rate", json_money_if(!terms->not_sold, c->rate->per_min));
	set(object, "connect_fee", json_money(terms->connect_fee));
	set(object, "first_increment", json_integer(terms->first_increment_s));
	set(object, "increment", json_integer(terms->increment_s));
}

static void
set_no_rate(struct object *object)
{
	static const char *const keys[] = { "prefix", "rate", "connect_fee",
					    "first_increment", "increment" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		set(object, keys[i], json_null());
}

static json_t *
json_candidate(const struct snapshot *snapshot, const struct plan *plan,
	       const struct plan_candidate *c)
{
	struct object object = { json_object(), false };
	bool has_tariff = c->carrier->tariff != PRICEBOOK_NO_TARIFF;
	money_e8 margin;
	bool has_margin = margin_of(plan, c, &margin);

	set(&object, "rank", c->rank > 0 ? json_integer(c->rank) : json_null());
	set(&object, "carrier", json_string(c->carrier->name));
	set(&object, "gateway", json_string(c->gateway->name));
	set(&object, "uri", json_string(c->gateway->uri));
	if (c->rate != NULL)
		set_rate(&object, c);
	else
		set_no_rate(&object);
	set(&object, "currency",
	    json_text_if(has_tariff ? currency_of(snapshot, c) : NULL));
	set(&object, "cost", json_money_if(c->has_cost, c->cost));
	set(&object, "value", json_money_if(c->has_value, c->value));
	set(&object, "sell", json_money_if(plan->has_sell, plan->sell));
	set(&object, "margin", json_money_if(has_margin, margin));
	set(&object, "excluded",
	    json_text_if(plan_exclusion_text(c->excluded)));
	if (!object.failed)
		return object.json;
	json_decref(object.json);
	return NULL;
}

/* Append to an array that may be NULL by now; NULL when that fails. */
static json_t *
append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) == 0)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *
json_candidates(const struct snapshot *snapshot, const struct plan *plan)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plan->n_candidates && array != NULL; i++)
		array = append(array, json_candidate(snapshot, plan,
						     &plan->candidates[i]));
	return array;
}

static json_t *
json_plan(const struct plan *plan)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plan->n_hops && array != NULL; i++)
		array = append(array,
			       json_string(plan->candidates[i].gateway->name));
	return array;
}

/* NULL when nobody pays, so that there is none. */
static json_t *
json_policy(const struct account *account)
{
	struct object object = { NULL, false };

	if (account == NULL)
		return json_null();
	object.json = json_object();
	set(&object, "strategy",
	    json_string(route_strategy_text(account->strategy)));
	set(&object, "tolerance", json_money_if(account->strategy ==
							ROUTE_TOLERANCE,
						account->tolerance));
	set(&object, "min_margin",
	    json_money_if(account->has_min_margin, account->min_margin));
	set(&object, "min_margin_percent",
	    json_money_if(account->has_min_margin_percent,
			  account->min_margin_percent));
	set(&object, "max_loss", json_money(account->max_loss));
	if (!object.failed)
		return object.json;
	json_decref(object.json);
	return NULL;
}

static json_t *
json_sources(void)
{
	json_t *array = json_array();

	return array != NULL ? append(array, json_string(SOURCE)) : NULL;
}

int
route_explain_json(const struct snapshot *snapshot,
		   const struct plan_query *query, const struct plan *plan,
		   json_t **out)
{
	struct object object = { json_object(), false };
	const struct account *account = query->account;
	char at[TIMEFMT_MAX];

	time_format(query->at, at);
	set(&object, "number", json_string(query->number.digits));
	set(&object, "class", json_string(class_of(snapshot, query)));
	set(&object, "number_class",
	    json_string(number_class_text(plan->class)));
	set(&object, "rule", json_string(RULE));
	set(&object, "account",
	    json_text_if(account != NULL ? account->name : NULL));
	set(&object, "policy", json_policy(account));
	set(&object, "at", json_string(at));
	set(&object, "duration_s", json_integer(plan->duration_s));
	set(&object, "generation", json_integer(snapshot_generation(snapshot)));
	set(&object, "sources", json_sources());
	set(&object, "currency", json_string(plan->currency));
	set(&object, "sell", json_money_if(plan->has_sell, plan->sell));
	set(&object, "refused", json_text_if(refusal_of(query, plan)));
	set(&object, "candidates", json_candidates(snapshot, plan));
	set(&object, "plan", json_plan(plan));
	if (object.failed) {
		json_decref(object.json);
		return ERR_NOMEM;
	}
	*out = object.json;
	return 0;
}

/* --- the table: one function per column --- */

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
	if (c->rate != NULL)
		prefix_format(c->prefix, prefix);
	else
		prefix[0] = '\0';
	put_text(out, c->rate != NULL && prefix[0] == '\0' ? "\"\"" : prefix);
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
	put_text(out, c->has_cost ? currency_of(table->snapshot, c) : "");
}

static void
margin_cell(const struct table *table, const struct plan_candidate *c,
	    char *out)
{
	money_e8 margin;
	bool is_known = margin_of(table->plan, c, &margin);

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
print_head(FILE *out, const struct snapshot *snapshot,
	   const struct plan_query *query, const struct plan *plan)
{
	const char *refusal = refusal_of(query, plan);
	char at[TIMEFMT_MAX], sell[MONEY_TEXT_MAX], prefix[PREFIX_MAX + 1];

	time_format(query->at, at);
	fprintf(out, "number %s (%s, %s), %lld s at %s, generation %u\n",
		query->number.digits, class_of(snapshot, query),
		number_class_text(plan->class), (long long)plan->duration_s, at,
		snapshot_generation(snapshot));
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
}
