/* route_command.c - a question to the policy and to the plan */
#include "lcrproxy/route_command.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "lcrproxy/policy_explain.h"
#include "lcrproxy/present.h"
#include "lcrproxy/proxy.h"
#include "lcrproxy/report.h"
#include "lcrproxy/taboo.h"
#include "lcrproxy/target.h"
#include "lcrproxy/trip_node.h"
#include "lcrproxy/trip_report.h"
#include "route/explain.h"
#include "tel/media.h"

#define ARENA_MAX (16 << 20)
#define HEADER_MAX 1000

/* What was asked. */
struct question {
	struct control_request *request;
	const struct snapshot *snapshot;
	struct arena arena;
	struct plan_query query;
	struct policy_facts facts;
	struct dial_plan plan;
	const char *tech_prefix;
	struct target target;
	struct sip_msg msg;
};

static bool
read_method(struct question *q)
{
	const char *text = control_option(q->request, "method");

	q->facts.method = SIP_INVITE;
	if (text == NULL)
		return true;
	q->facts.method = sip_method_parse(str_of(text));
	if (q->facts.method != SIP_METHOD_OTHER || strcmp(text, "other") == 0)
		return true;
	control_refuse(q->request,
		       "--method is \"%s\", expected INVITE, MESSAGE ... or "
		       "other",
		       text);
	return false;
}

static bool
read_transport(struct question *q)
{
	const char *text = control_option(q->request, "transport");

	q->facts.transport = SIP_UDP;
	if (text == NULL ||
	    sip_transport_parse(str_of(text), &q->facts.transport) == 0)
		return true;
	control_refuse(q->request,
		       "--transport is \"%s\", expected udp, tcp or tls",
		       text);
	return false;
}

/* A header of the request, as a message that has nothing else. */
static bool
read_header(struct question *q)
{
	const char *text = control_option(q->request, "header");
	const char *all;

	if (text == NULL)
		return true;
	all = strlen(text) < HEADER_MAX && strpbrk(text, "\r\n") == NULL
		  ? arena_printf(&q->arena,
				 "INVITE sip:a@b SIP/2.0\r\n"
				 "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
				 "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
				 "Call-ID: 1\r\nCSeq: 1 INVITE\r\n%s\r\n\r\n",
				 text)
		  : NULL;
	if (all != NULL && sip_scan(&q->msg, all, strlen(all), NULL) == 0) {
		q->facts.msg = &q->msg;
		return true;
	}
	control_refuse(q->request, "--header is \"%.60s\", expected "
				   "\"Name: value\"", text);
	return false;
}

static bool
read_account(struct question *q)
{
	const char *name = control_option(q->request, "account");

	q->plan = *snapshot_numbering(q->snapshot);
	q->facts.account = q->facts.group = q->tech_prefix = "";
	q->facts.source = POLICY_TRUNK;
	if (name == NULL)
		return true;
	q->query.account = snapshot_account_by_name(q->snapshot, str_of(name));
	if (q->query.account == NULL)
		control_refuse(q->request, "there is no account %s", name);
	return q->query.account != NULL;
}

/* --from: the address of a trunk, a gateway, or of anybody. */
static bool
read_from(struct question *q)
{
	const char *text = control_option(q->request, "from");
	const char *dialled = control_word(q->request, 1);
	struct app *app = control_app(q->request);
	const struct taboo_gateways gateways = {
		.snapshot = q->snapshot,
		.named = app_node(app)->gateway_addrs,
		.learnt = trip_node_learnt(app_trip(app)),
	};
	struct addr from;

	if (text == NULL)
		return true;
	if (addr_parse(str_of(text), 5060, &from) != 0) {
		control_refuse(q->request,
			       "--from is \"%s\", expected an address, with "
			       "or without a port",
			       text);
		return false;
	}
	if (q->query.account == NULL)
		q->query.account = snapshot_account_by_call(
		    q->snapshot, &from, 0,
		    sip_transport_param(q->facts.transport),
		    str_of(dialled != NULL ? dialled : ""), &q->tech_prefix,
		    NULL);
	if (q->query.account == NULL)
		q->facts.source =
		    taboo_is_known_gateway(&gateways, &from) ? POLICY_GATEWAY
							     : POLICY_UNKNOWN;
	return true;
}

static bool
read_source(struct question *q)
{
	const char *text = control_option(q->request, "source");

	if (q->query.account != NULL) {
		q->plan = q->query.account->plan;
		q->facts.account = q->query.account->name;
		q->facts.group = q->query.account->group;
		if (q->query.account->max_hops > 0)
			q->query.max_hops = q->query.account->max_hops;
	}
	for (int i = 0; text != NULL && i < POLICY_N_SOURCES; i++) {
		if (strcmp(policy_source_texts[i], text) == 0) {
			q->facts.source = (enum policy_source)i;
			return true;
		}
	}
	if (text != NULL)
		control_refuse(q->request,
			       "--source is \"%s\", expected trunk, login, "
			       "gateway or unknown",
			       text);
	return text == NULL;
}

/* A number as it is dialled, or a URI. */
static bool
read_target(struct question *q)
{
	struct app *app = control_app(q->request);
	const struct worker *worker = app_node(app)->workers[0];
	const char *text = control_word(q->request, 1);
	struct sip_uri uri = { .scheme = SIP_SCHEME_SIP };
	struct target_place place = { .snapshot = q->snapshot,
				      .is_ours = true,
				      .domain = str_of(""),
				      .plan = &q->plan,
				      .tech_prefix = q->tech_prefix };
	int err = text != NULL ? 0 : ERR_SYNTAX;

	if (err == 0 && strchr(text, ':') != NULL) {
		err = sip_uri_parse(&q->arena, str_of(text), &uri);
		place.is_ours = err == 0 && uri.scheme != SIP_SCHEME_TEL &&
				proxy_is_us(worker, &uri);
		place.domain = uri.host;
		if (err == 0 && uri.scheme == SIP_SCHEME_OTHER)
			err = ERR_UNSUPPORTED;
	} else if (err == 0) {
		uri.user = str_of(text);
	}
	if (err == 0)
		err = target_find(&q->arena, &place, &uri, &q->target);
	q->facts.target = q->target.kind;
	q->facts.number = q->query.number = q->target.number;
	q->facts.domain = uri.host;
	if (err == 0 && q->target.err == 0 &&
	    (q->target.kind != POLICY_LOCAL || q->target.user != NULL))
		return true;
	control_refuse(q->request,
		       "number is \"%s\", expected an E.164 number with '+', "
		       "one as the account dials it, a user of ours or a SIP "
		       "URI",
		       text != NULL ? text : "");
	return false;
}

static bool
read_when(struct control_request *request, struct plan_query *query)
{
	const char *at = control_option(request, "at");
	const char *duration = control_option(request, "duration");
	uint64_t seconds;

	if (at != NULL && time_parse(str_of(at), &query->at) != 0) {
		control_refuse(request,
			       "--at is \"%s\", expected RFC 3339, e.g. "
			       "2026-11-23T08:00:00Z",
			       at);
		return false;
	}
	if (duration == NULL)
		return true;
	if (str_parse_u64(str_of(duration), 86400, &seconds) != 0 ||
	    seconds == 0) {
		control_refuse(request,
			       "--duration is \"%s\", expected 1 to 86400 "
			       "seconds",
			       duration);
		return false;
	}
	query->duration_s = (int64_t)seconds;
	return true;
}

/* --caller: a number as the account dials it. */
static bool
read_caller(struct question *q)
{
	const char *caller = control_option(q->request, "caller");
	enum number_form form;

	q->query.caller_said = caller;
	q->query.hides =
	    q->facts.msg != NULL && present_hides(&q->arena, q->facts.msg);
	if (caller == NULL || number_normalise(&q->plan, str_of(caller),
					       &q->query.caller, &form) == 0)
		return true;
	control_refuse(q->request,
		       "--caller is \"%s\", expected an E.164 number with "
		       "'+' or one as the account dials it",
		       caller);
	return false;
}

/* --rn: as a request says it; else as the table has it. */
static bool
read_porting(struct question *q)
{
	const char *rn = control_option(q->request, "rn");
	struct number routing;
	char text[NUMBER_MAX + 2];

	if (rn != NULL) {
		if (porting_set(str_of(rn), PORTING_REQUEST,
				&q->query.porting) == 0)
			return true;
		control_refuse(q->request,
			       "--rn is \"%s\", expected + and up to 20 "
			       "digits, or nothing",
			       rn);
		return false;
	}
	if (q->query.number.len > 0 &&
	    snapshot_ported(q->snapshot, &q->query.number, &routing)) {
		snprintf(text, sizeof(text), "+%s", routing.digits);
		(void)porting_set(str_of(text), PORTING_TABLE,
				  &q->query.porting);
	}
	return true;
}

static bool
read_media(struct question *q)
{
	const char *media = control_option(q->request, "media");

	if (media == NULL || media_parse(str_of(media), &q->query.media) == 0)
		return true;
	control_refuse(q->request, "--media is \"%s\", expected words of %s",
		       media, media_words());
	return false;
}

/* False when it was refused. */
static bool
read_question(struct question *q)
{
	const struct tuning *tuning = app_tuning(control_app(q->request));

	q->query = (struct plan_query){
		.at = report_now(),
		.now = report_now(),
		.default_duration_s = tuning->expected_duration_s,
		.max_hops = tuning->max_hops,
		.learnt = trip_node_learnt(app_trip(control_app(q->request))),
	};
	if (!read_method(q) || !read_transport(q) || !read_header(q) ||
	    !read_account(q) || !read_from(q) || !read_source(q) ||
	    !read_target(q) || !read_when(q->request, &q->query) ||
	    !read_caller(q) || !read_porting(q) || !read_media(q))
		return false;
	q->facts.now = q->query.at;
	return true;
}

/* --- answers --- */

static void
explain_plan(struct question *q, const struct plan *plan, FILE *file)
{
	route_explain_text(file, q->snapshot, &q->query, plan);
	trip_report_explain_text(control_app(q->request), plan, file);
}

static void
answer_text(struct question *q, const struct policy *policy,
	    const struct plan *plan)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (file == NULL) {
		control_refuse(q->request, "out of memory");
		return;
	}
	policy_explain_text(file, policy, &q->facts);
	if (plan != NULL)
		explain_plan(q, plan, file);
	else if (q->target.user != NULL)
		fprintf(file, "contact %s\n", q->target.user->contact);
	fclose(file);
	if (size > 0 && text[size - 1] == '\n')
		text[size - 1] = '\0';
	control_answer(q->request, text);
	free(text);
}

static void
answer_json(struct question *q, const struct policy *policy,
	    const struct plan *plan)
{
	json_t *json = NULL;
	int err = 0;

	if (plan != NULL)
		err = route_explain_json(q->snapshot, &q->query, plan, &json);
	else
		json = json_pack("{s:n s:s?}", "number", "contact",
				 q->target.user != NULL
				     ? q->target.user->contact
				     : NULL);
	if (err == 0)
		err = json != NULL
			  ? policy_explain_json(policy, &q->facts, json)
			  : ERR_NOMEM;
	if (err == 0 && plan != NULL)
		trip_report_explain(control_app(q->request), plan, json);
	if (err != 0) {
		json_decref(json);
		control_refuse(q->request, "%s", err_text(err));
		return;
	}
	control_answer_json(q->request, json);
}

static void
answer(struct question *q)
{
	const struct policy *policy = app_policy(control_app(q->request));
	bool has_plan = q->facts.target == POLICY_NATIONAL ||
			q->facts.target == POLICY_INTERNATIONAL;
	struct plan plan;
	int err = 0;

	if (has_plan)
		err = plan_make(q->snapshot, &q->query, &q->arena, &plan);
	if (err != 0 && err != ERR_NOROUTE && err != ERR_NOPRICE)
		control_refuse(q->request, "%s", err_text(err));
	else if (control_wants_json(q->request))
		answer_json(q, policy, has_plan ? &plan : NULL);
	else
		answer_text(q, policy, has_plan ? &plan : NULL);
}

void
route_command_serve(struct control_request *request)
{
	struct question q = { .request = request,
			      .snapshot = app_snapshot(control_app(request)) };

	arena_init(&q.arena, NULL, 0, ARENA_MAX);
	if (read_question(&q))
		answer(&q);
	arena_fini(&q.arena);
}
