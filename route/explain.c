/* explain.c - a decision as JSON */
#include "route/explain.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "route/explain_private.h"
#include "tel/media.h"

#define RULE "built-in"
#define SOURCE "static"
#define LEARNT_SOURCE "trip"

const char *
explain_class(const struct snapshot *snapshot, const struct plan_query *query)
{
	const struct dial_plan *plan = query->account != NULL
					   ? &query->account->plan
					   : snapshot_numbering(snapshot);

	return number_is_national(&query->number, plan) ? "national"
							: "international";
}

const char *
explain_refusal(const struct plan_query *query, const struct plan *plan)
{
	if (plan->n_hops > 0)
		return NULL;
	if (query->account != NULL && !plan->has_sell &&
	    query->account->tariff != PRICEBOOK_NO_TARIFF)
		return plan_exclusion_text(PLAN_UNBILLABLE);
	return err_text(ERR_NOROUTE);
}

const char *
explain_currency(const struct snapshot *snapshot, const struct plan_candidate *c)
{
	return pricebook_tariff(snapshot_prices(snapshot), c->carrier->tariff)
	    ->currency;
}

bool
explain_margin(const struct plan *plan, const struct plan_candidate *c,
	  money_e8 *out)
{
	*out = 0;
	return plan->has_sell && c->has_value &&
	       !__builtin_sub_overflow(plan->sell, c->value, out);
}

const char *
explain_caller(const struct snapshot *snapshot, const struct plan_query *query,
	       struct number *shown)
{
	enum caller_verdict verdict = CALLER_ANY;

	if (query->account != NULL)
		verdict = snapshot_caller(snapshot, query->account,
					  &query->caller);
	if (verdict == CALLER_ANY)
		return "any";
	if (verdict == CALLER_OWN)
		return "own";
	shown->len = 0;
	(void)snapshot_caller_preset(snapshot, query->account, shown);
	return "foreign";
}

/* An account with numbers of its own is asserted; of one that is not trusted
 * nothing is. */
const char *
explain_identity(const struct snapshot *snapshot,
		 const struct plan_query *query, const struct gateway *gateway)
{
	static const char *const texts[] = { [IDENTITY_KEEP] = "keep",
					     [IDENTITY_PAI] = "pai",
					     [IDENTITY_RPID] = "rpid",
					     [IDENTITY_NONE] = "none" };
	const struct account *account = query->account;
	bool is_own = account != NULL &&
		      snapshot_caller(snapshot, account, &query->caller) !=
			  CALLER_ANY;

	if (is_own && gateway->identity == IDENTITY_KEEP)
		return query->hides && !gateway->trusted ? "none" : "pai";
	if ((query->hides && !gateway->trusted) ||
	    (!is_own && account != NULL && !account->trusted))
		return "none";
	return texts[gateway->identity];
}

bool
explain_from(const struct snapshot *snapshot, const struct plan_query *query,
	     const struct gateway *gateway, char out[EXPLAIN_USER_MAX])
{
	struct number shown = query->caller;
	bool is_own_text;

	(void)explain_caller(snapshot, query, &shown);
	if (query->caller.len == 0 || shown.len == 0)
		return false;
	is_own_text = query->caller_said != NULL &&
		      strcmp(shown.digits, query->caller.digits) == 0;
	if (query->hides && !gateway->trusted)
		snprintf(out, EXPLAIN_USER_MAX, "anonymous");
	else if (gateway->caller_format != FORMAT_PRESET)
		return plan_gateway_caller(gateway,
					   snapshot_numbering(snapshot),
					   &shown, out,
					   EXPLAIN_USER_MAX) == 0;
	else if (is_own_text)
		snprintf(out, EXPLAIN_USER_MAX, "%s", query->caller_said);
	else
		snprintf(out, EXPLAIN_USER_MAX, "+%s", shown.digits);
	return true;
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

static json_t *
json_prefix(prefix_word prefix)
{
	char text[PREFIX_MAX + 1];

	prefix_format(prefix, text);
	return json_string(text);
}

bool
explain_has_prefix(const struct plan_candidate *c)
{
	return c->rate != NULL || c->learnt != NULL;
}

static void
set_rate(struct object *object, const struct plan_candidate *c)
{
	const struct rate_terms *terms = c->terms;

	set(object, "rate", json_money_if(!terms->not_sold, c->rate->per_min));
	set(object, "connect_fee", json_money(terms->connect_fee));
	set(object, "first_increment", json_integer(terms->first_increment_s));
	set(object, "increment", json_integer(terms->increment_s));
	set(object, "rate_prefix", json_prefix(c->rate_prefix));
}

static void
set_no_rate(struct object *object)
{
	static const char *const keys[] = { "rate", "connect_fee",
					    "first_increment", "increment",
					    "rate_prefix" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		set(object, keys[i], json_null());
}

/* What stands before the '@' of the gateway's Request-URI. */
static json_t *
json_user(const struct snapshot *snapshot, const struct plan_query *query,
	  const struct gateway *gateway)
{
	char user[EXPLAIN_USER_MAX];

	if (plan_gateway_user(gateway, snapshot_numbering(snapshot),
			      &query->number, &query->porting, user,
			      sizeof(user)) != 0)
		return json_null();
	return json_string(user);
}

/* What the gateway is told of the caller; NULL when nobody asked. */
static void
set_caller(struct object *object, const struct snapshot *snapshot,
	   const struct plan_query *query, const struct gateway *gateway)
{
	char from[EXPLAIN_USER_MAX];
	bool is_told = explain_from(snapshot, query, gateway, from);

	set(object, "from", json_text_if(is_told ? from : NULL));
	set(object, "identity",
	    json_text_if(is_told ? explain_identity(snapshot, query, gateway)
				 : NULL));
}

static json_t *
json_candidate(const struct snapshot *snapshot, const struct plan_query *query,
	       const struct plan *plan, const struct plan_candidate *c)
{
	struct object object = { json_object(), false };
	bool has_tariff = c->carrier->tariff != PRICEBOOK_NO_TARIFF;
	money_e8 margin;
	bool has_margin = explain_margin(plan, c, &margin);

	set(&object, "rank", c->rank > 0 ? json_integer(c->rank) : json_null());
	set(&object, "carrier", json_string(c->carrier->name));
	set(&object, "gateway", json_string(c->gateway->name));
	set(&object, "uri", json_string(c->gateway->uri));
	set(&object, "user", json_user(snapshot, query, c->gateway));
	set_caller(&object, snapshot, query, c->gateway);
	set(&object, "source",
	    json_string(c->learnt != NULL ? LEARNT_SOURCE : SOURCE));
	set(&object, "prefix",
	    explain_has_prefix(c) ? json_prefix(c->prefix) : json_null());
	if (c->rate != NULL)
		set_rate(&object, c);
	else
		set_no_rate(&object);
	set(&object, "currency",
	    json_text_if(has_tariff ? explain_currency(snapshot, c) : NULL));
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
json_candidates(const struct snapshot *snapshot,
		const struct plan_query *query, const struct plan *plan)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plan->n_candidates && array != NULL; i++)
		array = append(array, json_candidate(snapshot, query, plan,
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
json_sources(const struct plan_query *query)
{
	json_t *array = json_array();

	if (array != NULL)
		array = append(array, json_string(SOURCE));
	if (array != NULL && query->learnt != NULL)
		array = append(array, json_string(LEARNT_SOURCE));
	return array;
}

/* NULL when nobody asked for one. */
static json_t *
json_caller(const struct snapshot *snapshot, const struct plan_query *query)
{
	struct object object = { NULL, false };
	struct number shown;

	if (query->caller.len == 0)
		return json_null();
	shown = query->caller;
	object.json = json_object();
	set(&object, "number", json_string(query->caller.digits));
	set(&object, "verdict",
	    json_text_if(explain_caller(snapshot, query, &shown)));
	set(&object, "shown",
	    shown.len > 0 ? json_string(shown.digits) : json_null());
	if (!object.failed)
		return object.json;
	json_decref(object.json);
	return NULL;
}

int
route_explain_json(const struct snapshot *snapshot,
		   const struct plan_query *query, const struct plan *plan,
		   json_t **out)
{
	struct object object = { json_object(), false };
	const struct account *account = query->account;
	char at[TIMEFMT_MAX], media[MEDIA_TEXT_MAX];

	time_format(query->at, at);
	set(&object, "number", json_string(query->number.digits));
	set(&object, "caller", json_caller(snapshot, query));
	set(&object, "routing_number",
	    json_text_if(query->porting.rn[0] != '\0' ? query->porting.rn + 1
						      : NULL));
	set(&object, "porting_source",
	    json_text_if(porting_source_text(query->porting.source)));
	set(&object, "media",
	    json_text_if(query->media != 0
			     ? media_format(query->media, media)
			     : NULL));
	set(&object, "class", json_string(explain_class(snapshot, query)));
	set(&object, "number_class",
	    json_string(number_class_text(plan->class)));
	set(&object, "rule", json_string(RULE));
	set(&object, "account",
	    json_text_if(account != NULL ? account->name : NULL));
	set(&object, "policy", json_policy(account));
	set(&object, "at", json_string(at));
	set(&object, "duration_s", json_integer(plan->duration_s));
	set(&object, "generation", json_integer(snapshot_generation(snapshot)));
	set(&object, "sources", json_sources(query));
	set(&object, "currency", json_string(plan->currency));
	set(&object, "sell", json_money_if(plan->has_sell, plan->sell));
	set(&object, "refused", json_text_if(explain_refusal(query, plan)));
	set(&object, "candidates", json_candidates(snapshot, query, plan));
	set(&object, "plan", json_plan(plan));
	if (object.failed) {
		json_decref(object.json);
		return ERR_NOMEM;
	}
	*out = object.json;
	return 0;
}
