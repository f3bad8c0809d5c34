/* credit_file.c - credit notes as CSV and as a page for people */
#include "cdr-tools/credit_file.h"

#include <inttypes.h>

#include "base/csv.h"
#include "base/timefmt.h"
#include "cdr-tools/bill_csv.h"
#include "cdr-tools/html.h"
#include "cdr-tools/seconds.h"

#define COLUMNS 7

static void
money(FILE *file, money_e8 amount)
{
	char out[MONEY_TEXT_MAX];

	fprintf(file, ",%s", money_format(amount, 2, out));
}

static void
csv_row(FILE *file, const struct credit *credit, const struct credit_row *row)
{
	char time[TIMEFMT_MAX], seconds[SECONDS_TEXT_MAX];
	char percent[MONEY_TEXT_MAX];

	time_format(row->answer, time);
	csv_write_field(file, true, str_of(time));
	csv_write_field(file, false, str_of(row->caller));
	csv_write_field(file, false, str_of(row->number));
	csv_write_field(file, false, str_of(row->destination));
	fprintf(file, ",%" PRId64 ",%s,%" PRId64, row->of_bill,
		seconds_format(row->duration_us, seconds), row->old_billed_s);
	money(file, row->old_amount);
	fprintf(file, ",%" PRId64, row->new_billed_s);
	money(file, row->new_amount);
	money(file, row->new_amount - row->old_amount);
	fprintf(file, ",%s",
		money_format(credit->taxes.items[row->group].percent, 0,
			     percent));
	csv_write_end(file);
}

void
credit_csv(FILE *file, const struct credit *credit)
{
	fputs("answer_time,caller,number,destination,bill,seconds,"
	      "old_billed_seconds,old_amount,billed_seconds,amount,difference,"
	      "tax_percent\n",
	      file);
	for (size_t i = 0; i < credit->n; i++)
		csv_row(file, credit, &credit->rows[i]);
}

void
credit_csv_summary_row(FILE *file, const struct credit *credit)
{
	csv_write_field(file, true, str_of(credit->account));
	csv_write_field(file, false, str_of(credit->period));
	bill_csv_number(file, credit->number);
	fprintf(file, ",%zu,0,0", credit->n);
	money(file, credit->net);
	money(file, credit->tax);
	money(file, credit->total);
	csv_write_field(file, false, str_of(credit->currency));
	csv_write_field(file, false, str_of("credit"));
	csv_write_end(file);
}

static void
put_head(FILE *file, const struct credit *credit)
{
	html_begin(file, credit->name, "credit note");
	fputs(credit->total < 0 ? "<header><div><h1>Credit note "
				: "<header><div><h1>Correction ", file);
	if (credit->number > 0)
		fprintf(file, "%" PRId64, credit->number);
	else
		fputs("<span class=\"draft\">draft</span>", file);
	fputs("</h1><p>", file);
	html_text(file, credit->name);
	fprintf(file, "</p></div>\n<p class=\"due\"><small>%s</small>",
		credit->total < 0 ? "Credited to you" : "Amount due");
	html_due(file, credit->total < 0 ? -credit->total : credit->total,
		 credit->currency);
	fputs("</p></header>\n<dl><dt>Account</dt><dd>", file);
	html_text(file, credit->account);
	if (credit->number > 0) {
		fputs("</dd><dt>Date</dt><dd>", file);
		html_day_of(file, credit->closed, credit->zone,
			    credit->zone_name);
	}
	fputs("</dd></dl>\n<p>These calls were priced anew after they had been "
	      "billed. Times are those of ",
	      file);
	html_text(file, credit->zone_name);
	fputs(".</p>\n", file);
}

static int
decimals_of(const struct credit *credit)
{
	int decimals = 2;

	for (size_t i = 0; i < credit->n; i++) {
		decimals = html_decimals(credit->rows[i].old_amount, decimals);
		decimals = html_decimals(credit->rows[i].new_amount, decimals);
	}
	return decimals;
}

static void
html_row(FILE *file, const struct credit *credit, const struct credit_row *row,
	 int decimals)
{
	char time[TIMEFMT_MAX];

	time_format_offset(row->answer - row->answer % US_PER_S,
			   zone_offset_s(credit->zone, row->answer), time);
	time[10] = ' '; /* a date and a time, without the letters */
	time[19] = '\0';
	fprintf(file, "<tr><td class=\"t\">%s</td><td class=\"t\">", time);
	html_text(file, row->number);
	fputs("</td><td class=\"t\">", file);
	html_text(file, row->destination);
	fprintf(file, "</td><td>%" PRId64 "</td><td>", row->of_bill);
	html_money(file, row->old_amount, decimals);
	fputs("</td><td>", file);
	html_money(file, row->new_amount, decimals);
	fputs("</td><td>", file);
	html_money(file, row->new_amount - row->old_amount, decimals);
	fputs("</td></tr>\n", file);
}

void
credit_html(FILE *file, const struct credit *credit)
{
	int decimals = decimals_of(credit);

	put_head(file, credit);
	fputs("<table>\n<thead><tr><th class=\"t\">Answered</th>"
	      "<th class=\"t\">Number</th><th class=\"t\">Destination</th>"
	      "<th>Invoice</th><th>Billed</th><th>Correct</th>"
	      "<th>Difference ",
	      file);
	html_text(file, credit->currency);
	fputs("</th></tr></thead>\n<tbody>\n", file);
	for (size_t i = 0; i < credit->n; i++)
		html_row(file, credit, &credit->rows[i], decimals);
	fputs("</tbody>\n<tfoot>\n", file);
	html_totals(file, COLUMNS, &credit->taxes, credit->net, credit->total,
		    decimals);
	fputs("</tfoot>\n</table>\n", file);
	html_end(file);
}
