/* bill_csv.c - bills as CSV */
#include "cdr-tools/bill_csv.h"

#include <inttypes.h>

#include "base/csv.h"
#include "base/timefmt.h"
#include "cdr-tools/seconds.h"

#define DECIMALS 2 /* of amounts, at least */

static void
text(FILE *file, const char *value)
{
	csv_write_field(file, false, str_of(value));
}

static void
number(FILE *file, int64_t value)
{
	fprintf(file, ",%" PRId64, value);
}

static void
money(FILE *file, money_e8 amount)
{
	char out[MONEY_TEXT_MAX];

	fprintf(file, ",%s", money_format(amount, DECIMALS, out));
}

static void
seconds(FILE *file, int64_t us)
{
	char out[SECONDS_TEXT_MAX];

	fprintf(file, ",%s", seconds_format(us, out));
}

void
bill_csv_summary_header(FILE *file)
{
	fputs("account,period,bill,state,calls,seconds,billed_seconds,net,tax,"
	      "total,currency,kind\n",
	      file);
}

/* A draft has no number yet. */
void
bill_csv_number(FILE *file, int64_t bill)
{
	if (bill > 0)
		fprintf(file, ",%" PRId64 ",closed", bill);
	else
		fputs(",,draft", file);
}

void
bill_csv_summary_row(FILE *file, const struct bill *bill)
{
	char period[PERIOD_TEXT_MAX];

	csv_write_field(file, true, str_of(bill->account));
	text(file, period_format(&bill->period, period));
	bill_csv_number(file, bill->number);
	number(file, (int64_t)bill->calls);
	seconds(file, bill->duration_us);
	number(file, bill->billed_s);
	money(file, bill->net);
	money(file, bill->tax);
	money(file, bill->total);
	text(file, bill->currency);
	text(file, "bill");
	csv_write_end(file);
}

static void
write_line(FILE *file, const struct bill *bill, const struct bill_line *line)
{
	char out[MONEY_TEXT_MAX];

	csv_write_field(file, true, str_of(line->destination));
	text(file, line->prefix);
	if (line->kind == BILL_ROUNDING)
		text(file, "");
	else
		money(file, line->rate);
	number(file, (int64_t)line->calls);
	seconds(file, line->duration_us);
	number(file, line->billed_s);
	money(file, line->amount);
	money(file, line->tax);
	text(file, line->kind == BILL_LATE ? "true" : "false");
	text(file, money_format(bill->taxes.items[line->group].percent, 0,
				out));
	csv_write_end(file);
}

void
bill_csv_lines(FILE *file, const struct bill *bill)
{
	fputs("destination,prefix,rate,calls,seconds,billed_seconds,amount,"
	      "tax,late,tax_percent\n",
	      file);
	for (size_t i = 0; i < bill->n_lines; i++)
		write_line(file, bill, bill->lines[i]);
}

void
bill_csv_calls_header(FILE *file)
{
	fputs("answer_time,caller,number,destination,prefix,seconds,"
	      "billed_seconds,rate,amount,late\n",
	      file);
}

void
bill_csv_call(FILE *file, const struct bill_call *call)
{
	char time[TIMEFMT_MAX];

	time_format(call->answer, time);
	csv_write_field(file, true, str_of(time));
	csv_write_field(file, false, call->caller);
	csv_write_field(file, false, call->number);
	csv_write_field(file, false, call->destination);
	csv_write_field(file, false, call->prefix);
	seconds(file, call->duration_us);
	number(file, call->billed_s);
	money(file, call->rate);
	money(file, call->amount);
	text(file, call->is_late ? "true" : "false");
	csv_write_end(file);
}
