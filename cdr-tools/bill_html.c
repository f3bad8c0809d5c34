/* bill_html.c - a bill as one page for people, self-contained */
#include "cdr-tools/bill_html.h"

#include <inttypes.h>

#include "base/timefmt.h"
#include "cdr-tools/seconds.h"

static const char style[] =
    "<style>\n"
    "body { font: 15px/1.45 sans-serif; color: #222; max-width: 60em;"
    " margin: 2em auto; padding: 0 1em; }\n"
    "h1 { font-size: 1.5em; margin-bottom: .2em; }\n"
    ".draft { color: #a00; border: 1px solid; border-radius: .3em;"
    " padding: 0 .4em; font-size: .7em; vertical-align: middle; }\n"
    "table { border-collapse: collapse; width: 100%; margin: 1.5em 0; }\n"
    "th, td { padding: .3em .6em; text-align: right;"
    " border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums; }\n"
    "th { border-bottom: 2px solid #888; }\n"
    "th.t, td.t { text-align: left; }\n"
    "tfoot td { border: 0; font-weight: bold; }\n"
    "@media print { body { margin: 0; max-width: none; } }\n"
    "</style>\n";

/* Text that cannot become markup. */
static void
put(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		case '\'':
			fputs("&#39;", file);
			break;
		default:
			fputc(*text, file);
			break;
		}
	}
}

static void
put_money(FILE *file, money_e8 amount)
{
	char out[MONEY_TEXT_MAX];

	fputs(money_format(amount, 2, out), file);
}

/* "3:25:07", with the fraction of a second when there is one. */
static void
put_duration(FILE *file, int64_t us)
{
	char out[SECONDS_TEXT_MAX];
	int64_t minutes = us / US_PER_S / 60,
		rest = us - minutes * 60 * US_PER_S;

	fprintf(file, "%" PRId64 ":%02" PRId64 ":%s%s", minutes / 60,
		minutes % 60, rest < 10 * US_PER_S ? "0" : "",
		seconds_format(rest, out));
}

static void
put_head(FILE *file, const struct bill *bill, const char *period)
{
	char from[TIMEFMT_MAX], until[TIMEFMT_MAX];

	time_format(bill->from, from);
	time_format(bill->until, until);
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<title>",
	      file);
	put(file, bill->name);
	fprintf(file, " %s</title>\n%s</head>\n<body>\n<h1>", period, style);
	put(file, bill->name);
	fputs(" <span class=\"draft\">draft</span></h1>\n<p>Account ", file);
	put(file, bill->account);
	fprintf(file, ", calls of %s<br>\nanswered from %s to before %s (",
		period, from, until);
	put(file, bill->zone_name);
	fputs(")</p>\n", file);
}

static void
put_line(FILE *file, const struct bill_line *line)
{
	fputs("<tr><td class=\"t\">", file);
	put(file, line->destination);
	fputs("</td><td class=\"t\">", file);
	put(file, line->prefix);
	fputs("</td><td>", file);
	put_money(file, line->rate);
	fprintf(file, "</td><td>%" PRIu64 "</td><td>", line->calls);
	put_duration(file, line->duration_us);
	fputs("</td><td>", file);
	put_duration(file, line->billed_s * US_PER_S);
	fputs("</td><td>", file);
	put_money(file, line->amount);
	fputs("</td></tr>\n", file);
}

/* A row of the foot: a name and an amount. */
static void
put_total(FILE *file, const char *name, money_e8 amount)
{
	fprintf(file, "<tr><td class=\"t\" colspan=\"6\">%s</td><td>", name);
	put_money(file, amount);
	fputs("</td></tr>\n", file);
}

static void
put_table(FILE *file, const struct bill *bill)
{
	fputs("<table>\n<thead><tr><th class=\"t\">Destination</th>"
	      "<th class=\"t\">Prefix</th><th>Per minute</th><th>Calls</th>"
	      "<th>Duration</th><th>Billed</th><th>Amount",
	      file);
	if (*bill->currency != '\0')
		fputc(' ', file);
	put(file, bill->currency);
	fputs("</th></tr></thead>\n<tbody>\n", file);
	for (size_t i = 0; i < bill->n_lines; i++)
		put_line(file, bill->lines[i]);
	fputs("</tbody>\n<tfoot>\n", file);
	fprintf(file,
		"<tr><td class=\"t\" colspan=\"3\">All calls</td>"
		"<td>%" PRIu64 "</td><td>",
		bill->calls);
	put_duration(file, bill->duration_us);
	fputs("</td><td>", file);
	put_duration(file, bill->billed_s * US_PER_S);
	fputs("</td><td>", file);
	put_money(file, bill->sum);
	fputs("</td></tr>\n", file);
	if (bill->net != bill->sum)
		put_total(file, "Rounding", bill->net - bill->sum);
	put_total(file, "Net", bill->net);
	put_total(file, "Tax", bill->tax);
	put_total(file, "Total", bill->total);
	fputs("</tfoot>\n</table>\n", file);
}

void
bill_html(FILE *file, const struct bill *bill)
{
	char period[PERIOD_TEXT_MAX];

	put_head(file, bill, period_format(&bill->period, period));
	put_table(file, bill);
	fputs("</body>\n</html>\n", file);
}
