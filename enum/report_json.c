/* report_json.c - what a look-up gives to programs */
#include <jansson.h>
#include <string.h>

#include "enum/report.h"

/* Octets as JSON can carry them: what is not printable ASCII is "\DDD". */
static json_t *
text_json(struct str text)
{
	char out[4 * ENUM_URI_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < text.len && n + 4 < sizeof(out); i++) {
		unsigned c = (uint8_t)text.p[i];

		if (c >= 0x20 && c <= 0x7e)
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, 5, "\\%03u", c);
	}
	return json_stringn(out, n);
}

static json_t *
or_null(const char *text)
{
	return text != NULL ? text_json(str_of(text)) : json_null();
}

static json_t *
part_json(struct str part)
{
	return part.p != NULL ? text_json(part) : json_null();
}

static json_t *
uri_json(const struct enum_uri *uri)
{
	return json_pack("{s:o s:s s:i s:i s:I s:o s:o s:b}", "uri",
			 text_json(uri->text), "service", uri->service, "order",
			 (int)uri->order, "preference", (int)uri->preference,
			 "ttl_s", (json_int_t)uri->ttl_s, "rn",
			 part_json(uri->rn), "cic", part_json(uri->cic), "npdi",
			 (int)uri->npdi);
}

static json_t *
record_json(const struct report_record *record)
{
	return json_pack(
	    "{s:i s:i s:o s:o s:o s:s s:I s:s s:o s:o s:o s:b}", "order",
	    (int)record->order, "preference", (int)record->preference, "flags",
	    text_json(record->flags), "services", text_json(record->services),
	    "regexp", text_json(record->regexp), "replacement",
	    record->replacement, "ttl_s", (json_int_t)record->ttl_s, "verdict",
	    record->verdict, "reason", or_null(record->reason), "service",
	    or_null(record->service), "uri", or_null(record->uri), "repaired",
	    (int)record->is_repaired);
}

static json_t *
aliases_json(const char *lines)
{
	json_t *list = json_array();
	struct str rest, line;

	if (lines == NULL)
		return list;
	rest = str_of(lines);
	while ((line = str_cut(&rest, '\n')).p != NULL)
		json_array_append_new(list, text_json(line));
	return list;
}

static json_t *
query_json(const struct report *report, size_t index)
{
	const struct report_query *query = &report->query[index];
	json_t *records = json_array();

	for (size_t i = 0; i < report->n_records; i++) {
		if (report->record[i].query == index)
			json_array_append_new(records,
					      record_json(&report->record[i]));
	}
	return json_pack(
	    "{s:s s:o s:o s:o s:I s:s s:s s:b s:b s:b s:b s:b s:b s:i s:I "
	    "s:o s:o}",
	    "name", query->name, "server", or_null(query->server), "transport",
	    or_null(query->transport), "rcode", or_null(query->rcode),
	    "latency_us", (json_int_t)query->latency_us, "outcome",
	    enum_outcome_text(query->outcome), "result", query->result, "aa",
	    (int)query->aa, "ad", (int)query->ad, "ad_trusted",
	    (int)(query->ad && query->is_ad_trusted), "tc", (int)query->tc,
	    "edns", (int)query->edns, "stale", (int)query->is_stale, "tries",
	    (int)query->n_tries, "ttl_s", (json_int_t)query->ttl_s, "aliases",
	    aliases_json(query->aliases), "records", records);
}

/* NULL when the tree was not asked. */
static json_t *
tree_json(const struct report *report, size_t tree)
{
	char text[DNS_NAME_TEXT_MAX];
	json_t *queries = json_array();

	for (size_t i = 0; i < report->n_queries; i++) {
		if (report->query[i].tree == tree)
			json_array_append_new(queries, query_json(report, i));
	}
	if (json_array_size(queries) == 0) {
		json_decref(queries);
		return NULL;
	}
	return json_pack("{s:s s:b s:o}", "suffix",
			 dns_name_format(&report->trees[tree].suffix, text),
			 "private", (int)report->trees[tree].is_private,
			 "queries", queries);
}

json_t *
report_json(const struct report *report, const char *number,
	    const struct enum_answer *answer)
{
	char aus[ENUM_AUS_MAX + 1];
	json_t *uris = json_array(), *trees = json_array(), *tree;

	for (size_t i = 0; i < answer->n_uris; i++)
		json_array_append_new(uris, uri_json(&answer->uris[i]));
	for (size_t i = 0; i < report->n_trees; i++) {
		tree = tree_json(report, i);
		if (tree != NULL)
			json_array_append_new(trees, tree);
	}
	return json_pack(
	    "{s:o s:s s:s s:I s:o s:o}", "number", text_json(str_of(number)),
	    "aus", report_aus(report, number, answer, aus), "outcome",
	    enum_outcome_text(answer->outcome), "latency_us",
	    (json_int_t)answer->latency_us, "uris", uris, "trees", trees);
}
