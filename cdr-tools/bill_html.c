/* bill_html.c - a bill as one page for people, self-contained */
#include "cdr-tools/bill_html.h"

#include <inttypes.h>

#include "cdr-tools/html.h"

#define COLUMNS 8

/* The first and the last day, in the words of the account's zone. */
static void
put_span(FILE *file, const struct bill *bill)
{
	html_day_of(file, bill->from, bill->zone, bill->zone_name);
	fputs(" to ", file);
	html_day_of(file, bill->until - 1, bill->zone, bill->zone_name);
	fputs(" (", file);
	html_text(file, bill->zone_name);
	fputs(")", file);
}

static void
put_head(FILE *file, const struct bill *bill)
{
	char period[PERIOD_TEXT_MAX];

	html_begin(file, bill->name, period_format(&bill->period, period));
	fputs("<header><div><h1>Invoice ", file);
	if (bill->number > 0)
		fprintf(file, "%" PRId64, bill->number);
	else
		fputs("<span class=\"draft\">draft</span>", file);
	fputs("</h1><p>", file);
	html_text(file, bill->name);
	fputs("</p></div>\n<p class=\"due\"><small>Amount due</small>", file);
	html_due(file, bill->total, bill->currency);
	fputs("</p></header>\n<dl><dt>Account</dt><dd>", file);
	html_text(file, bill->account);
	fputs("</dd><dt>Calls of</dt><dd>", file);
	put_span(file, bill);
	if (bill->number > 0) {
		fputs("</dd><dt>Invoice date</dt><dd>", file);
		html_day_of(file, bill->closed, bill->zone,
			    bill->zone_name);
	}
	fputs("</dd></dl>\n", file);
}

/* Of the column of amounts. */
static int
decimals_of(const struct bill *bill)
{
	int decimals = html_decimals(bill->net, 2);

	for (size_t i = 0; i < bill->n_lines; i++)
		decimals = html_decimals(bill->lines[i]->amount, decimals);
	return html_decimals(bill->sum, decimals);
}

static void
put_line(FILE *file, const struct bill *bill, const struct bill_line *line,
	 int decimals)
{
	char percent[MONEY_TEXT_MAX];

	fputs("<tr><td class=\"t\">", file);
	html_text(file, line->destination);
	fputs("</td><td class=\"t\">", file);
	html_text(file, line->prefix);
	fputs("</td><td>", file);
	html_money(file, line->rate, 2);
	fprintf(file, "</td><td>%" PRIu64 "</td><td>", line->calls);
	html_duration(file, line->duration_us);
	fputs("</td><td>", file);
	html_duration(file, line->billed_s * US_PER_S);
	fprintf(file, "</td><td>%s %%</td><td>",
		money_format(bill->taxes.items[line->group].percent, 0,
			     percent));
	html_money(file, line->amount, decimals);
	fputs("</td></tr>\n", file);
}

static void
put_lines(FILE *file, const struct bill *bill, int decimals)
{
	enum bill_line_kind part = BILL_CALLS;

	for (size_t i = 0; i < bill->n_lines; i++) {
		const struct bill_line *line = bill->lines[i];

		if (line->kind == BILL_ROUNDING)
			continue;
		if (line->kind != part)
			fprintf(file,
				"<tr class=\"part\"><td class=\"t\" "
				"colspan=\"%d\">Calls of earlier periods that "
				"were not billed then</td></tr>\n",
				COLUMNS);
		part = line->kind;
		put_line(file, bill, line, decimals);
	}
}

static void
put_table(FILE *file, const struct bill *bill)
{
	int decimals = decimals_of(bill);

	fputs("<table>\n<thead><tr><th class=\"t\">Destination</th>"
	      "<th class=\"t\">Prefix</th><th>Per minute</th><th>Calls</th>"
	      "<th>Duration</th><th>Billed</th><th>Tax</th><th>Amount",
	      file);
	if (*bill->currency != '\0')
		fputc(' ', file);
	html_text(file, bill->currency);
	fputs("</th></tr></thead>\n<tbody>\n", file);
	put_lines(file, bill, decimals);
	fputs("</tbody>\n<tfoot>\n", file);
	fprintf(file,
		"<tr><td class=\"t\" colspan=\"3\">All calls</td>"
		"<td>%" PRIu64 "</td><td>",
		bill->calls);
	html_duration(file, bill->duration_us);
	fputs("</td><td>", file);
	html_duration(file, bill->billed_s * US_PER_S);
	fputs("</td><td></td><td>", file);
	html_money(file, bill->sum, decimals);
	fputs("</td></tr>\n", file);
	if (bill->net != bill->sum)
		html_total(file, COLUMNS, "Rounding", bill->net - bill->sum,
			   decimals);
	html_totals(file, COLUMNS, &bill->taxes, bill->net, bill->total,
		    decimals);
	fputs("</tfoot>\n</table>\n", file);
}

void
bill_html(FILE *file, const struct bill *bill)
{
	put_head(file, bill);
	put_table(file, bill);
	fputs("<footer><p>A call belongs to the period in which it was "
	      "answered. The price per minute is that at the answer; amounts "
	      "also have connection fees, and other prices that came into "
	      "force during a call. Durations are hours:minutes:seconds, "
	      "rounded here to whole seconds. Every single call is listed "
	      "in the call detail file that comes with this invoice; its amounts add up to those above.</p></footer>\n",
	      file);
	html_end(file);
}
