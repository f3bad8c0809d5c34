/* test_recon.c - our records against a carrier's */
#include "cdr-tools/recon.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "cdr-tools/recon_out.h"
#include "tests/unit/cdr_help.h"

#define S US_PER_S
#define BEGIN (INT64_C(1793494800) * S)
#define RATE 6000000 /* 0.06 a minute, so 0.001 a second */
#define N_CALLS 40

static const struct recon_options usual = {
	.tolerance_us = 5 * S,
	.duration_tolerance_us = 2 * S,
	.until = INT64_MAX,
};

static int
add(struct recon_side *side, const struct recon_call *call)
{
	int err = mem_grow((void **)&side->calls, &side->cap, side->n,
			   sizeof(*side->calls));

	if (err == 0)
		side->calls[side->n++] = *call;
	return err;
}

/* Call i, at 1/1. */
static struct recon_call
make_call(size_t i)
{
	int64_t seconds = 10 + (int64_t)(i * 37 % 100);

	return (struct recon_call){
		.called = 49300000000 + i % 7,
		.caller = 4989,
		.time = BEGIN + (int64_t)i * 600 * S,
		.duration_us = seconds * S,
		.amount = seconds * 100000,
		.rate = RATE,
		.billed_s = seconds,
		.line = i + 2,
		.match = RECON_NONE,
		.has_amount = true,
		.has_rate = true,
		.has_billed = true,
	};
}

/* N_CALLS on both sides, alike but for change. */
static int
fill(struct recon *recon, void (*change)(struct recon_call *call, size_t i))
{
	int err = 0;

	recon_init(recon);
	for (size_t i = 0; i < N_CALLS && err == 0; i++) {
		struct recon_call call = make_call(i);

		err = add(&recon->ours, &call);
		change(&call, i);
		if (err == 0 && call.called != 0)
			err = add(&recon->theirs, &call);
	}
	return err;
}

static uint64_t
count_of(const struct recon *recon, enum recon_class class)
{
	return recon->sums[class].calls;
}

/* One of each kind of difference. */
static void
change_some(struct recon_call *call, size_t i)
{
	call->time += S;
	switch (i) {
	case 1:
		call->duration_us += 10 * S;
		break;
	case 2:
		call->rate *= 2;
		call->amount *= 2;
		break;
	case 3: /* 60/60 */
		call->billed_s = recon_billed(call->duration_us, 60, 60);
		call->amount = call->billed_s * 100000;
		break;
	case 4:
		call->called = 0; /* not there */
		break;
	case 5:
		call->time += 20 * S; /* another call */
		break;
	case 6:
		call->duration_us += S;
		break;
	default:
		break;
	}
}

static void
each_difference_has_its_class(void)
{
	struct recon recon;
	struct recon_call twice = make_call(10);

	twice.line = 99;
	if (!OK(fill(&recon, change_some)) ||
	    !OK(add(&recon.theirs, &twice)) || !OK(recon_run(&recon, &usual))) {
		recon_fini(&recon);
		return;
	}
	CHECK(count_of(&recon, RECON_EXACT) == N_CALLS - 6);
	CHECK(count_of(&recon, RECON_TOLERATED) == 1);
	CHECK(count_of(&recon, RECON_DURATION) == 1);
	CHECK(count_of(&recon, RECON_RATE) == 1);
	CHECK(count_of(&recon, RECON_INCREMENT) == 1);
	CHECK(count_of(&recon, RECON_MISSING_THERE) == 2); /* 4, 5 */
	CHECK(count_of(&recon, RECON_MISSING_HERE) == 1);
	CHECK(count_of(&recon, RECON_DUPLICATE) == 1);
	CHECK(recon.causes.shift_us == 0 && recon.causes.longer_us == 0 &&
	      recon.causes.first_s == 0);
	CHECK(!recon_agrees(&recon));
	recon_fini(&recon);
}

static void
an_hour_later(struct recon_call *call, size_t i)
{
	call->time += 3600 * S + (int64_t)(i % 3) * S;
	call->duration_us += S;
	call->amount += 100000;
	call->billed_s++;
}

static void
shifted_and_longer_is_said(void)
{
	struct recon recon;

	if (OK(fill(&recon, an_hour_later)) && OK(recon_run(&recon, &usual))) {
		CHECK(recon.causes.shift_us == 3600 * S);
		CHECK(recon.causes.longer_us == S);
		CHECK(count_of(&recon, RECON_DURATION) == N_CALLS);
	}
	recon_fini(&recon);
}

static void
whole_minutes(struct recon_call *call, size_t i)
{
	(void)i;
	call->billed_s = recon_billed(call->duration_us, 60, 60);
	call->amount = call->billed_s * 100000;
	call->has_billed = false; /* to be found by amount and rate */
	call->rate = RATE;
}

static void
other_increments_are_said(void)
{
	struct recon recon;

	if (OK(fill(&recon, whole_minutes)) && OK(recon_run(&recon, &usual))) {
		CHECK(recon.causes.first_s == 60);
		CHECK(recon.causes.increment_s == 60);
		CHECK(count_of(&recon, RECON_INCREMENT) > N_CALLS * 9 / 10);
	}
	recon_fini(&recon);
}

/* The price was 0.12 until the first call. */
static int
make_book(struct pricebook **out)
{
	static const struct tariff tariff = { .name = "red",
					      .currency = "EUR",
					      .decimals = 6 };
	struct pricebook_row rows[2] = {
		{ .per_min = 2 * RATE,
		  .terms = { .first_increment_s = 1,
			     .increment_s = 1,
			     .valid_from = INT64_MIN,
			     .valid_until = BEGIN } },
		{ .per_min = RATE,
		  .terms = { .first_increment_s = 1,
			     .increment_s = 1,
			     .valid_from = BEGIN,
			     .valid_until = INT64_MAX } },
	};

	for (int i = 0; i < 2; i++)
		CHECK(prefix_parse(str_of("49"), &rows[i].prefix) == 0);
	return pricebook_build(&tariff, 1, rows, 2, out);
}

static void
old_price(struct recon_call *call, size_t i)
{
	(void)i;
	call->amount *= 2;
	call->has_rate = false;
}

static void
an_old_price_list_is_said(void)
{
	struct recon_options options = usual;
	struct pricebook *book = NULL;
	struct recon recon;

	if (OK(fill(&recon, old_price)) && OK(make_book(&book))) {
		options.book = book;
		if (OK(recon_run(&recon, &options))) {
			CHECK(recon.causes.old_price == N_CALLS);
			CHECK(recon.causes.price_change == BEGIN);
			CHECK(count_of(&recon, RECON_RATE) == N_CALLS);
		}
	}
	pricebook_free(book);
	recon_fini(&recon);
}

static void
call_ids_come_first(void)
{
	struct recon_call ours = make_call(0), theirs = make_call(0);
	struct recon recon;

	recon_init(&recon);
	ours.call_id = theirs.call_id = 77;
	theirs.time += 300 * S; /* out of tolerance */
	if (OK(add(&recon.ours, &ours)) && OK(add(&recon.theirs, &theirs)) &&
	    OK(recon_run(&recon, &usual)))
		CHECK(count_of(&recon, RECON_EXACT) == 1);
	recon_fini(&recon);
}

/* Two calls at the same time on the wall, an hour apart, and one that is there
 * twice. */
static void
an_hour_that_comes_twice(void)
{
	struct recon_call call = make_call(0);
	struct recon recon;
	int err;

	recon_init(&recon);
	err = add(&recon.ours, &call);
	call.again_us = 3600 * S;
	if (err == 0)
		err = add(&recon.theirs, &call);
	call.line++;
	if (err == 0)
		err = add(&recon.theirs, &call);
	call.line++;
	if (err == 0)
		err = add(&recon.theirs, &call);
	call.again_us = 0;
	call.time += 3600 * S;
	if (err == 0)
		err = add(&recon.ours, &call);
	if (OK(err) && OK(recon_run(&recon, &usual))) {
		CHECK(count_of(&recon, RECON_EXACT) == 2);
		CHECK(count_of(&recon, RECON_DUPLICATE) == 1);
		CHECK(recon.theirs.calls[1].match == 1 &&
		      recon.theirs.calls[1].time == call.time);
	}
	recon_fini(&recon);
}

static const char file[] =
    "\xef\xbb\xbf"
    "Called Number;Start Time;Duration;Charge;Other\n"
    "+49301;31.10.2026 10:00:00;61;0,12;x\n"
    "49301;31.10.2026 10:00:00;0;0,00;x\n"
    "49301;31.13.2026 10:00:00;61;0,12;x\n"
    "49301;31.10.2026 10:00:00;-61;0,12;x\n"
    "49301;31.10.2026 10:00:00;61;much;x\n"
    "nobody;31.10.2026 10:00:00;61;0,12;x\n"
    "49301;31.10.2026\n";

static void
files_are_read_row_by_row(void)
{
	static const char expected[] =
	    "text:1: note: not looked at: Other\n"
	    "text:4: time: \"31.13.2026 10:00:00\", expected a date and time; "
	    "--dates says whether the day or the month comes first\n"
	    "text:5: duration: \"-61\", expected seconds or h:mm:ss, not "
	    "negative\n"
	    "text:6: amount: \"much\", expected an amount; --decimal says what "
	    "its decimals begin with\n"
	    "text:7: called: \"nobody\", expected a number\n"
	    "text:8: called: \"49301\", expected a field for each column of "
	    "the header\n";
	const struct recon_format format = { .dates = RECON_DMY };
	struct csv_error error;
	struct recon recon;
	struct cdr_text out;

	recon_init(&recon);
	cdr_text_open(&out);
	if (OK(recon_read_text(&recon, str_of(file), &format, out.file,
			       &error))) {
		CHECK(recon.theirs.n == 1 && recon.bad_rows == 5);
		CHECK(recon.unanswered == 1);
		CHECK(recon.theirs.n == 1 &&
		      recon.theirs.calls[0].amount == 12000000);
		CHECK(strcmp(cdr_text_end(&out), expected) == 0);
	}
	cdr_text_free(&out);
	recon_fini(&recon);
}

static void
columns_can_be_named(void)
{
	struct recon_format format = { .dates = RECON_DMY };
	static const char text[] = "A,B,C,D\n49301,2026-10-31,61,5\n";
	struct csv_error error;
	struct recon recon;

	recon_init(&recon);
	CHECK(recon_read_text(&recon, str_of(text), &format, stdout, &error) ==
	      ERR_SYNTAX);
	CHECK(strstr(error.text, "no column is known as called") != NULL);
	format.columns[RECON_CALLED] = "a";
	format.columns[RECON_TIME] = "b";
	format.columns[RECON_DURATION_FIELD] = "c";
	format.columns[RECON_AMOUNT] = "e";
	CHECK(recon_read_text(&recon, str_of(text), &format, stdout, &error) ==
	      ERR_SYNTAX);
	CHECK(strstr(error.text, "there is no column \"e\"") != NULL);
	format.columns[RECON_AMOUNT] = "D";
	if (OK(recon_read_text(&recon, str_of(text), &format, stdout, &error)))
		CHECK(recon.theirs.n == 1 &&
		      recon.theirs.calls[0].amount == 5 * MONEY_ONE);
	CHECK(recon_preset(str_of("didww")) != NULL);
	CHECK(recon_preset(str_of("x")) == NULL);
	recon_fini(&recon);
}

/* Names beyond ASCII are names, and not all the same. */
static void
columns_in_other_letters(void)
{
	const struct recon_format format = {
		.columns = { [RECON_CALLED] = "\xd0\x9a\xd1\x83\xd0\xb4\xd0\xb0",
			     [RECON_TIME] = "\xd0\x92\xd1\x80",
			     [RECON_DURATION_FIELD] = "L\xc3\xa4nge" },
	};
	static const char text[] =
	    "\xd0\x92\xd1\x80,\xd0\x9a\xd1\x83\xd0\xb4\xd0\xb0,"
	    "L\xc3\xa4nge,Lnge\n2026-10-31,49301,61,7\n";
	struct csv_error error;
	struct recon recon;

	recon_init(&recon);
	if (OK(recon_read_text(&recon, str_of(text), &format, stdout,
			       &error)))
		CHECK(recon.theirs.n == 1 &&
		      recon.theirs.calls[0].called == 49301 &&
		      recon.theirs.calls[0].duration_us == 61 * S);
	recon_fini(&recon);
}

static void
decimals_must_agree(void)
{
	static const char text[] =
	    "called;time;duration;amount\n49301;2026-10-31;61;0,02\n"
	    "49301;2026-10-31;61;12\n49301;2026-10-31;61;1.234\n";
	struct recon_format format = { .dates = RECON_DMY };
	struct csv_error error;
	struct recon recon;

	recon_init(&recon);
	CHECK(recon_read_text(&recon, str_of(text), &format, stdout, &error) ==
	      ERR_SYNTAX);
	CHECK(strcmp(error.text,
		     "text:4: amount: \"1.234\" has a '.' where line 2 has a "
		     "',', expected one of them before decimals; --decimal "
		     "says which") == 0);
	recon_fini(&recon);
	recon_init(&recon);
	format.decimal = ',';
	if (OK(recon_read_text(&recon, str_of(text), &format, stdout,
			       &error)))
		CHECK(recon.theirs.n == 3 &&
		      recon.theirs.calls[2].amount == 1234 * MONEY_ONE);
	recon_fini(&recon);
}

static void
numbers_agree_at_their_end(void)
{
	CHECK(recon_same_number(4930123, 4930123));
	CHECK(recon_same_number(30123, 4930123));
	CHECK(!recon_same_number(31123, 4930123));
	CHECK(!recon_same_number(0, 4930123));
	CHECK(!recon_same_number(123, 4930124));
	CHECK(recon_billed(0, 60, 60) == 0);
	CHECK(recon_billed(1, 60, 60) == 60);
	CHECK(recon_billed(61 * S, 30, 6) == 66);
}

static void
all_is_written(void)
{
	struct recon recon;
	struct cdr_text out;

	if (OK(fill(&recon, change_some)) && OK(recon_run(&recon, &usual))) {
		cdr_text_open(&out);
		recon_dispute_csv(&recon, out.file);
		cdr_text_end(&out);
		CHECK(strstr(out.text,
			     "rate is not the one agreed,49300000002,4989,4,"
			     "2026-11-01T01:20:00Z,84,0.06,0.084,"
			     "2026-11-01T01:20:01Z,84,0.12,0.168,0.084\n") !=
		      NULL);
		CHECK(strstr(out.text, "no such call was sent") != NULL);
		CHECK(strstr(out.text, "increments or rounding") != NULL);
		cdr_text_free(&out);
		cdr_text_open(&out);
		recon_differing_csv(&recon, out.file);
		cdr_text_end(&out);
		CHECK(strstr(out.text, "missing there,49300000004,4989,,") !=
		      NULL);
		cdr_text_free(&out);
		cdr_text_open(&out);
		recon_print(&recon, "red", out.file);
		cdr_text_end(&out);
		CHECK(strstr(out.text, "40 calls of ours and 39 of red") !=
		      NULL);
		cdr_text_free(&out);
	}
	recon_fini(&recon);
}

static const struct test tests[] = {
	{ "each difference has its class", each_difference_has_its_class,
	  false },
	{ "shifted times and longer durations are said",
	  shifted_and_longer_is_said, false },
	{ "other increments are said", other_increments_are_said, false },
	{ "an old price list is said", an_old_price_list_is_said, false },
	{ "Call-IDs come before times", call_ids_come_first, false },
	{ "what cannot be read is left out and told", files_are_read_row_by_row,
	  false },
	{ "columns can be named", columns_can_be_named, false },
	{ "columns in other letters", columns_in_other_letters, false },
	{ "decimals must agree", decimals_must_agree, false },
	{ "an hour that comes twice", an_hour_that_comes_twice, false },
	{ "numbers agree at their end", numbers_agree_at_their_end, true },
	{ "disputes and differences are written", all_is_written, false },
};
const struct test_suite suite_recon = TEST_SUITE("recon", tests);
