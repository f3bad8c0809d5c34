/* report.c - everything a look-up has seen, for enumq */
#include "enum/report.h"

#include "base/alloc.h"
#include "base/err.h"

static const char *
copy(struct report *report, const char *text)
{
	const char *made = arena_strndup(&report->arena, text, strlen(text));

	if (made == NULL)
		report->err = ERR_NOMEM;
	return made;
}

static struct str
copy_str(struct report *report, struct str text)
{
	const char *made = arena_strndup(&report->arena, text.p, text.len);

	if (made == NULL)
		report->err = ERR_NOMEM;
	return str_make(made, made != NULL ? text.len : 0);
}

/* AD means something only where nobody is in between. */
static bool
is_loopback(const struct addr *addr)
{
	static const uint8_t v6[16] = { [15] = 1 };

	return addr->family == 4 ? addr->ip[0] == 127
				 : memcmp(addr->ip, v6, sizeof(v6)) == 0;
}

/* One more line of "owner TYPE target". */
static const char *
add_alias(struct report *report, const char *before,
	  const struct dns_message *message, const struct dns_rr *rr)
{
	char owner[DNS_NAME_TEXT_MAX], target[DNS_NAME_TEXT_MAX], type[16];
	struct dns_name name;
	const char *made;

	if (dns_rr_name(rr, message, &name) != 0)
		return before;
	made = arena_printf(
	    &report->arena, "%s%s%s %s %s", before != NULL ? before : "",
	    before != NULL ? "\n" : "", dns_name_format(&rr->owner, owner),
	    dns_type_text(rr->type, type), dns_name_format(&name, target));
	if (made == NULL)
		report->err = ERR_NOMEM;
	return made;
}

static const char *
aliases_of(struct report *report, const struct dns_message *message)
{
	const char *lines = NULL;
	struct dns_rr rr;

	for (size_t at = 0; dns_message_next(message, &at, &rr);) {
		if (rr.section == DNS_IN_ANSWER &&
		    (rr.type == DNS_CNAME || rr.type == DNS_DNAME))
			lines = add_alias(report, lines, message, &rr);
	}
	return lines;
}

static void
take_message(struct report *report, struct report_query *query,
	     const struct dns_message *message)
{
	char text[16];

	query->rcode = copy(report, dns_rcode_text(message->rcode, text));
	query->aa = message->is_authoritative;
	query->ad = message->is_authentic;
	query->tc = message->is_truncated;
	query->edns = message->has_edns;
	query->aliases = aliases_of(report, message);
}

static void
take_reply(struct report *report, struct report_query *query,
	   const struct dns_reply *reply)
{
	char text[ADDR_TEXT_MAX];

	query->result = dns_result_text(reply->result);
	query->n_tries = reply->n_tries;
	query->latency_us = reply->latency_us;
	if (reply->server.family != 0) {
		query->server = copy(report, addr_format(&reply->server, text));
		query->transport = dns_transport_text(reply->transport);
		query->is_ad_trusted = is_loopback(&reply->server);
	} else if (report->is_offline) {
		query->transport = "zone";
	}
	if (reply->message != NULL)
		take_message(report, query, reply->message);
}

static void
on_asked(void *arg, const struct enum_asked *asked)
{
	struct report *report = arg;
	struct report_query *query;
	char name[DNS_NAME_TEXT_MAX];

	if (mem_grow((void **)&report->query, &report->cap_queries,
		     report->n_queries, sizeof(*query)) != 0) {
		report->err = ERR_NOMEM;
		return;
	}
	query = &report->query[report->n_queries++];
	*query = (struct report_query){
		.tree = asked->tree,
		.name = copy(report, dns_name_format(asked->name, name)),
		.outcome = asked->set->outcome,
		.is_stale = asked->set->is_stale,
		.ttl_s = asked->ttl_left_s,
	};
	if (asked->reply != NULL) {
		take_reply(report, query, asked->reply);
	} else if (asked->set->is_cached) {
		query->result = query->transport = "cache";
	} else {
		query->result = "timeout";
	}
}

static void
take_verdict(struct report *report, struct report_record *record,
	     const struct enum_judged *judged)
{
	static const char *const verdicts[] = {
		[ENUM_USABLE] = "candidate",
		[ENUM_REFERS] = "followed",
		[ENUM_SAYS_VOID] = "void",
		[ENUM_SKIPPED] = "skipped",
	};
	const struct enum_judgement *j = judged->judgement;

	record->verdict = verdicts[j->verdict];
	record->is_repaired = j->is_repaired;
	if (j->verdict == ENUM_USABLE) {
		record->rank = judged->rank;
		if (judged->rank == 0)
			record->verdict = "selected";
		record->service = copy(report, j->service);
	}
	if (j->reason != NULL && j->detail != NULL)
		record->reason = arena_printf(&report->arena, "%s: %s",
					      j->reason, j->detail);
	else
		record->reason = j->reason;
	if (j->uri_len > 0)
		record->uri = copy_str(report, str_make(j->uri, j->uri_len)).p;
}

static void
on_judged(void *arg, const struct enum_judged *judged)
{
	struct report *report = arg;
	const struct enum_record *from = judged->record;
	struct report_record *record;
	struct dns_name name = { .len = (uint8_t)from->replacement.len };
	char text[DNS_NAME_TEXT_MAX];

	if (mem_grow((void **)&report->record, &report->cap_records,
		     report->n_records, sizeof(*record)) != 0) {
		report->err = ERR_NOMEM;
		return;
	}
	memcpy(name.wire, from->replacement.p, name.len);
	record = &report->record[report->n_records++];
	*record = (struct report_record){
		.query = judged->query,
		.order = from->order,
		.preference = from->preference,
		.ttl_s = from->ttl_s > judged->age_s
			     ? from->ttl_s - judged->age_s
			     : 0,
		.flags = copy_str(report, from->flags),
		.services = copy_str(report, from->services),
		.regexp = copy_str(report, from->regexp),
		.replacement = copy(report, dns_name_format(&name, text)),
	};
	take_verdict(report, record, judged);
}

void
report_init(struct report *report, const struct enum_tree *trees,
	    size_t n_trees, bool is_offline)
{
	memset(report, 0, sizeof(*report));
	arena_init(&report->arena, NULL, 0, 0);
	report->trees = trees;
	report->n_trees = n_trees;
	report->is_offline = is_offline;
	report->trace = (struct enum_trace){ report, on_asked, on_judged };
}

void
report_fini(struct report *report)
{
	arena_fini(&report->arena);
	mem_free(report->query);
	mem_free(report->record);
}

const char *
report_aus(const struct report *report, const char *number,
	   const struct enum_answer *answer, char *out)
{
	struct enum_number parsed;
	struct enum_aus aus = { 0 };

	if (enum_number_parse(str_of(number), &parsed) == 0)
		enum_number_aus(&parsed, report->trees[answer->tree].form,
				&aus);
	memcpy(out, aus.text, aus.len);
	out[aus.len] = '\0';
	return out;
}
