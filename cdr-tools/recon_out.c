/* recon_out.c - what a reconciliation found */
#include "cdr-tools/recon_out.h"

#include <inttypes.h>

#include "base/csv.h"
#include "base/timefmt.h"
#include "cdr-tools/seconds.h"

/* Why we do not pay it. */
static const char *const reasons[RECON_N_CLASSES] = {
	[RECON_DURATION] = "duration differs",
	[RECON_RATE] = "rate is not the one agreed",
	[RECON_INCREMENT] = "increments or rounding are not those agreed",
	[RECON_MISSING_HERE] = "no such call was sent",
	[RECON_DUPLICATE] = "the call is there twice",
};

static void
print_shift(int64_t us, FILE *out)
{
	int64_t s = us / US_PER_S, size = s < 0 ? -s : s;

	fprintf(out, "%s%" PRId64 ":%02" PRId64 ":%02" PRId64,
		s < 0 ? "-" : "+", size / 3600, size / 60 % 60, size % 60);
}

static void
print_causes(const struct recon_causes *causes, FILE *out)
{
	char time[TIMEFMT_MAX];
	int64_t longer = causes->longer_us / US_PER_S;

	if (causes->shift_us != 0) {
		fputs("All their times are shifted by ", out);
		print_shift(causes->shift_us, out);
		fprintf(out,
			" (%" PRIu64 " of %" PRIu64 " calls looked at): a time "
			"zone? It is taken out below.\n",
			causes->shifted, causes->shift_of);
	}
	if (longer != 0)
		fprintf(out,
			"Their durations are %" PRId64 " second%s %s than "
			"ours.\n",
			longer < 0 ? -longer : longer,
			longer == 1 || longer == -1 ? "" : "s",
			longer < 0 ? "shorter" : "longer");
	if (causes->first_s != 0)
		fprintf(out,
			"They bill by %d/%d where seconds differ from ours: "
			"wrong increments?\n",
			causes->first_s, causes->increment_s);
	if (causes->old_price > 0 &&
	    causes->old_price * 100 >= causes->rate_calls * 60) {
		time_format(causes->price_change, time);
		fprintf(out,
			"%" PRIu64 " of %" PRIu64 " calls with another rate "
			"have the price from before %s: an old price list?\n",
			causes->old_price, causes->rate_calls, time);
	}
}

static money_e8
claimed(const struct recon_sum *sum)
{
	money_e8 difference;

	return __builtin_sub_overflow(sum->theirs, sum->ours, &difference)
		   ? 0
		   : difference;
}

void
recon_print(const struct recon *recon, const char *carrier, FILE *out)
{
	fprintf(out, "%zu calls of ours and %zu of %s\n", recon->ours.n,
		recon->theirs.n, carrier);
	print_causes(&recon->causes, out);
	fprintf(out, "\n%-20s %9s %14s %14s %14s %14s %14s\n", "", "calls",
		"our minutes", "theirs", "our amount", "theirs", "difference");
	for (unsigned i = 0; i < RECON_N_CLASSES; i++) {
		const struct recon_sum *sum = &recon->sums[i];
		char ours[MONEY_TEXT_MAX], theirs[MONEY_TEXT_MAX];
		char difference[MONEY_TEXT_MAX];

		fprintf(out,
			"%-20s %9" PRIu64 " %11" PRId64 ".%02" PRId64
			" %11" PRId64 ".%02" PRId64 " %14s %14s %14s\n",
			recon_class_text((enum recon_class)i), sum->calls,
			sum->ours_us / 60000000,
			sum->ours_us % 60000000 / 600000,
			sum->theirs_us / 60000000,
			sum->theirs_us % 60000000 / 600000,
			money_format(sum->ours, 2, ours),
			money_format(sum->theirs, 2, theirs),
			money_format(claimed(sum), 2, difference));
	}
	if (recon->bad_rows > 0)
		fprintf(out, "%" PRIu64 " rows could not be read\n",
			recon->bad_rows);
	if (recon->unanswered > 0)
		fprintf(out, "%" PRIu64 " rows without duration and amount\n",
			recon->unanswered);
	if (recon->outside > 0)
		fprintf(out, "%" PRIu64 " of their calls are of another time\n",
			recon->outside);
}

static json_t *
money_json(money_e8 amount)
{
	char text[MONEY_TEXT_MAX];

	return json_string(money_format(amount, 0, text));
}

static json_t *
causes_json(const struct recon_causes *causes)
{
	char time[TIMEFMT_MAX] = "";
	bool old = causes->old_price > 0 &&
		   causes->old_price * 100 >= causes->rate_calls * 60;

	if (old)
		time_format(causes->price_change, time);
	return json_pack("{s:I,s:I,s:i,s:i,s:I,s:s?}", "shift_us",
			 (json_int_t)causes->shift_us, "longer_us",
			 (json_int_t)causes->longer_us, "first_increment_s",
			 causes->first_s, "increment_s", causes->increment_s,
			 "old_price_calls",
			 (json_int_t)(old ? causes->old_price : 0),
			 "price_change", old ? time : NULL);
}

json_t *
recon_json(const struct recon *recon, const char *carrier)
{
	json_t *classes = json_array();

	for (unsigned i = 0; i < RECON_N_CLASSES && classes != NULL; i++) {
		const struct recon_sum *sum = &recon->sums[i];
		json_t *row = json_pack(
		    "{s:s,s:I,s:I,s:I,s:o,s:o,s:o}", "class",
		    recon_class_text((enum recon_class)i), "calls",
		    (json_int_t)sum->calls, "our_duration_us",
		    (json_int_t)sum->ours_us, "their_duration_us",
		    (json_int_t)sum->theirs_us, "our_amount",
		    money_json(sum->ours), "their_amount",
		    money_json(sum->theirs), "difference",
		    money_json(claimed(sum)));

		if (json_array_append_new(classes, row) != 0) {
			json_decref(classes);
			classes = NULL;
		}
	}
	return json_pack("{s:s,s:I,s:I,s:o,s:o,s:I,s:I,s:I}", "carrier",
			 carrier, "ours", (json_int_t)recon->ours.n, "theirs",
			 (json_int_t)recon->theirs.n, "causes",
			 causes_json(&recon->causes), "classes", classes,
			 "bad_rows", (json_int_t)recon->bad_rows,
			 "unanswered_rows", (json_int_t)recon->unanswered,
			 "other_time", (json_int_t)recon->outside);
}

/* The columns of one side, empty without it. */
static void
put_side(const struct recon_call *call, int64_t shift, FILE *out)
{
	char time[TIMEFMT_MAX], text[SECONDS_TEXT_MAX + MONEY_TEXT_MAX];

	if (call == NULL) {
		fputs(",,,,", out);
		return;
	}
	time_format(call->time + shift, time);
	fprintf(out, ",%s,%s,", time, seconds_format(call->duration_us, text));
	if (call->has_rate)
		fputs(money_format(call->rate, 2, text), out);
	fputc(',', out);
	if (call->has_amount)
		fputs(money_format(call->amount, 2, text), out);
}

static void
put_row(const struct recon *recon, const struct recon_call *ours,
	const struct recon_call *theirs, const char *what, FILE *out)
{
	const struct recon_call *any = ours != NULL ? ours : theirs;
	char text[MONEY_TEXT_MAX];

	csv_write_field(out, true, str_of(what));
	fprintf(out, ",%" PRIu64 ",%" PRIu64 ",", any->called, any->caller);
	if (theirs != NULL)
		fprintf(out, "%zu", theirs->line);
	put_side(ours, 0, out);
	put_side(theirs, recon->causes.shift_us, out);
	fprintf(out, ",%s\n",
		money_format((theirs != NULL ? theirs->amount : 0) -
				 (ours != NULL ? ours->amount : 0),
			     2, text));
}

#define COLUMNS                                                             \
	"called,caller,their_line,our_answer,our_seconds,our_rate,"         \
	"our_amount,their_time,their_seconds,their_rate,their_amount,"      \
	"difference\n"

void
recon_differing_csv(const struct recon *recon, FILE *out)
{
	fputs("class," COLUMNS, out);
	for (size_t i = 0; i < recon->theirs.n; i++) {
		const struct recon_call *theirs = &recon->theirs.calls[i];
		const struct recon_call *ours =
		    theirs->match != RECON_NONE
			? &recon->ours.calls[theirs->match]
			: NULL;

		if (theirs->class > RECON_TOLERATED &&
		    theirs->class < RECON_N_CLASSES)
			put_row(recon, ours, theirs,
				recon_class_text(
				    (enum recon_class)theirs->class),
				out);
	}
	for (size_t i = 0; i < recon->ours.n; i++) {
		const struct recon_call *ours = &recon->ours.calls[i];

		if (ours->match == RECON_NONE &&
		    ours->class == RECON_MISSING_THERE)
			put_row(recon, ours, NULL,
				recon_class_text(RECON_MISSING_THERE), out);
	}
}

void
recon_dispute_csv(const struct recon *recon, FILE *out)
{
	fputs("reason," COLUMNS, out);
	for (size_t i = 0; i < recon->theirs.n; i++) {
		const struct recon_call *theirs = &recon->theirs.calls[i];
		const struct recon_call *ours =
		    theirs->match != RECON_NONE
			? &recon->ours.calls[theirs->match]
			: NULL;
		money_e8 due = ours != NULL ? ours->amount : 0;

		if (theirs->class < RECON_N_CLASSES &&
		    reasons[theirs->class] != NULL && theirs->amount > due)
			put_row(recon, ours, theirs, reasons[theirs->class],
				out);
	}
}

bool
recon_agrees(const struct recon *recon)
{
	for (unsigned i = RECON_TOLERATED + 1; i < RECON_N_CLASSES; i++) {
		if (recon->sums[i].calls > 0)
			return false;
	}
	return recon->bad_rows == 0 && recon->causes.shift_us == 0;
}
