/* report_text.c - what enumq shows to people */
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
print_ms(int64_t us)
{
	printf("%" PRId64 ".%03" PRId64 " ms", us / 1000, us % 1000);
}

/* "a CNAME b" lines, indented. */
static void
print_aliases(const char *lines)
{
	struct str rest = str_of(lines), line;

	while ((line = str_cut(&rest, '\n')).p != NULL)
		printf("    %.*s\n", STR_ARG(line));
}

static void
print_query(const struct report_query *query)
{
	printf("  %s NAPTR\n    ", query->name);
	if (query->server != NULL)
		printf("%s ", query->server);
	printf("%s", query->transport != NULL ? query->transport : "nobody");
	printf("  %s", query->rcode != NULL ? query->rcode : query->result);
	if (query->aa)
		printf(" aa");
	if (query->ad)
		printf(query->is_ad_trusted ? " ad" : " ad(not trusted)");
	if (query->tc)
		printf(" tc");
	if (query->edns)
		printf(" edns");
	if (query->is_stale)
		printf(" stale");
	if (query->n_tries > 1)
		printf("  %u tries", query->n_tries);
	if (query->server != NULL) {
		printf("  ");
		print_ms(query->latency_us);
	}
	if (!enum_outcome_is_failure(query->outcome))
		printf("  ttl %" PRIu32, query->ttl_s);
	printf("\n");
	if (query->aliases != NULL)
		print_aliases(query->aliases);
}

static void
print_verdict(const struct report_record *record)
{
	printf("      -> %s", record->verdict);
	if (record->uri != NULL || record->service != NULL) {
		if (record->rank > 0)
			printf(" %zu", record->rank + 1);
	}
	if (record->reason != NULL)
		printf(": %s", record->reason);
	if (record->is_repaired)
		printf(" (pattern repaired)");
	if (record->service != NULL)
		printf(": %s", record->service);
	if (record->uri != NULL) {
		printf(" ");
		report_show(stdout, str_of(record->uri),
			    record->reason != NULL);
	}
	printf("\n");
}

static void
print_record(const struct report_record *record)
{
	printf("    %u %u ", record->order, record->preference);
	report_show(stdout, record->flags, true);
	printf(" ");
	report_show(stdout, record->services, true);
	printf(" ");
	report_show(stdout, record->regexp, true);
	printf(" %s  ttl %" PRIu32 "\n", record->replacement, record->ttl_s);
	print_verdict(record);
}

static void
print_tree(const struct report *report, size_t tree)
{
	const struct enum_tree *it = &report->trees[tree];
	char text[DNS_NAME_TEXT_MAX];

	printf("\nTree %s%s\n", dns_name_format(&it->suffix, text),
	       it->is_private ? " (private)" : "");
	for (size_t i = 0; i < report->n_queries; i++) {
		if (report->query[i].tree != tree)
			continue;
		print_query(&report->query[i]);
		for (size_t k = 0; k < report->n_records; k++) {
			if (report->record[k].query == i)
				print_record(&report->record[k]);
		}
	}
}

static void
print_portability(const struct enum_uri *uri)
{
	if (uri->npdi)
		printf(" npdi");
	if (uri->rn.p != NULL)
		printf(" rn=%.*s", STR_ARG(uri->rn));
	if (uri->cic.p != NULL)
		printf(" cic=%.*s", STR_ARG(uri->cic));
}

void
report_print(const struct report *report, const char *number,
	     const struct enum_answer *answer)
{
	char aus[ENUM_AUS_MAX + 1];

	printf("Number ");
	report_show(stdout, str_of(number), false);
	printf("\nAUS %s\n", report_aus(report, number, answer, aus));
	for (size_t i = 0; i < report->n_trees; i++) {
		for (size_t k = 0; k < report->n_queries; k++) {
			if (report->query[k].tree == i) {
				print_tree(report, i);
				break;
			}
		}
	}
	printf("\nResult %s", enum_outcome_text(answer->outcome));
	if (!report->is_offline) {
		printf(" in ");
		print_ms(answer->latency_us);
	}
	printf("\n");
	for (size_t i = 0; i < answer->n_uris; i++) {
		const struct enum_uri *uri = &answer->uris[i];

		printf("  %zu. %.*s  (%s, order %u, preference %u, ttl %" PRIu32
		       ")",
		       i + 1, STR_ARG(uri->text), uri->service, uri->order,
		       uri->preference, uri->ttl_s);
		print_portability(uri);
		printf("\n");
	}
}
