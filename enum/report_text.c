/* report_text.c - what a look-up shows to people */
#include <inttypes.h>

#include "enum/report.h"

void
report_show(FILE *out, struct str text, bool quoted)
{
	if (quoted)
		fputc('"', out);
	for (size_t i = 0; i < text.len; i++) {
		unsigned c = (uint8_t)text.p[i];

		if (c < 0x20 || c > 0x7e)
			fprintf(out, "\\%03u", c);
		else if (quoted && (c == '"' || c == '\\'))
			fprintf(out, "\\%c", (char)c);
		else
			fputc((int)c, out);
	}
	if (quoted)
		fputc('"', out);
}

static void
print_ms(FILE *out, int64_t us)
{
	fprintf(out, "%" PRId64 ".%03" PRId64 " ms", us / 1000, us % 1000);
}

/* "a CNAME b" lines, indented. */
static void
print_aliases(FILE *out, const char *lines)
{
	struct str rest = str_of(lines), line;

	while ((line = str_cut(&rest, '\n')).p != NULL)
		fprintf(out, "    %.*s\n", STR_ARG(line));
}

static void
print_query(FILE *out, const struct report_query *query)
{
	fprintf(out, "  %s NAPTR\n    ", query->name);
	if (query->server != NULL)
		fprintf(out, "%s ", query->server);
	fprintf(out, "%s", query->transport != NULL ? query->transport : "nobody");
	fprintf(out, "  %s", query->rcode != NULL ? query->rcode : query->result);
	if (query->aa)
		fprintf(out, " aa");
	if (query->ad)
		fprintf(out, query->is_ad_trusted ? " ad" : " ad(not trusted)");
	if (query->tc)
		fprintf(out, " tc");
	if (query->edns)
		fprintf(out, " edns");
	if (query->is_stale)
		fprintf(out, " stale");
	if (query->n_tries > 1)
		fprintf(out, "  %u tries", query->n_tries);
	if (query->server != NULL) {
		fprintf(out, "  ");
		print_ms(out, query->latency_us);
	}
	if (!enum_outcome_is_failure(query->outcome))
		fprintf(out, "  ttl %" PRIu32, query->ttl_s);
	fprintf(out, "\n");
	if (query->aliases != NULL)
		print_aliases(out, query->aliases);
}

static void
print_verdict(FILE *out, const struct report_record *record)
{
	fprintf(out, "      -> %s", record->verdict);
	if (record->uri != NULL || record->service != NULL) {
		if (record->rank > 0)
			fprintf(out, " %zu", record->rank + 1);
	}
	if (record->reason != NULL)
		fprintf(out, ": %s", record->reason);
	if (record->is_repaired)
		fprintf(out, " (pattern repaired)");
	if (record->service != NULL)
		fprintf(out, ": %s", record->service);
	if (record->uri != NULL) {
		fprintf(out, " ");
		report_show(out, str_of(record->uri),
			    record->reason != NULL);
	}
	fprintf(out, "\n");
}

static void
print_record(FILE *out, const struct report_record *record)
{
	fprintf(out, "    %u %u ", record->order, record->preference);
	report_show(out, record->flags, true);
	fprintf(out, " ");
	report_show(out, record->services, true);
	fprintf(out, " ");
	report_show(out, record->regexp, true);
	fprintf(out, " %s  ttl %" PRIu32 "\n", record->replacement, record->ttl_s);
	print_verdict(out, record);
}

static void
print_tree(FILE *out, const struct report *report, size_t tree)
{
	const struct enum_tree *it = &report->trees[tree];
	char text[DNS_NAME_TEXT_MAX];

	fprintf(out, "\nTree %s%s\n", dns_name_format(&it->suffix, text),
	       it->is_private ? " (private)" : "");
	for (size_t i = 0; i < report->n_queries; i++) {
		if (report->query[i].tree != tree)
			continue;
		print_query(out, &report->query[i]);
		for (size_t k = 0; k < report->n_records; k++) {
			if (report->record[k].query == i)
				print_record(out, &report->record[k]);
		}
	}
}

static void
print_portability(FILE *out, const struct enum_uri *uri)
{
	if (uri->npdi)
		fprintf(out, " npdi");
	if (uri->rn.p != NULL)
		fprintf(out, " rn=%.*s", STR_ARG(uri->rn));
	if (uri->cic.p != NULL)
		fprintf(out, " cic=%.*s", STR_ARG(uri->cic));
}

void
report_print(FILE *out, const struct report *report, const char *number,
	     const struct enum_answer *answer)
{
	char aus[ENUM_AUS_MAX + 1];

	fprintf(out, "Number ");
	report_show(out, str_of(number), false);
	fprintf(out, "\nAUS %s\n", report_aus(report, number, answer, aus));
	for (size_t i = 0; i < report->n_trees; i++) {
		for (size_t k = 0; k < report->n_queries; k++) {
			if (report->query[k].tree == i) {
				print_tree(out, report, i);
				break;
			}
		}
	}
	fprintf(out, "\nResult %s", enum_outcome_text(answer->outcome));
	if (!report->is_offline) {
		fprintf(out, " in ");
		print_ms(out, answer->latency_us);
	}
	fprintf(out, "\n");
	for (size_t i = 0; i < answer->n_uris; i++) {
		const struct enum_uri *uri = &answer->uris[i];

		fprintf(out, "  %zu. %.*s  (%s, order %u, preference %u, ttl %" PRIu32
		       ")",
		       i + 1, STR_ARG(uri->text), uri->service, uri->order,
		       uri->preference, uri->ttl_s);
		print_portability(out, uri);
		fprintf(out, "\n");
	}
}
