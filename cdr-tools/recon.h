/*
 * recon.h - our records against a carrier's
 *
 * Both sides as arrays; matching finds pairs by number, time and duration (or
 * Call-ID), and puts every call into a class. What is wrong with all calls
 * alike (a shifted clock, longer durations, other increments, an old price
 * list) is found first, told first, and does not hide the rest.
 */
#ifndef CDR_TOOLS_RECON_H
#define CDR_TOOLS_RECON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/csv.h"
#include "cdr-tools/recon_value.h"
#include "db/store.h"
#include "route/pricebook.h"

enum recon_class {
	RECON_EXACT,	    /* times within tolerance, same second and amount */
	RECON_TOLERATED,
	RECON_DURATION,
	RECON_RATE,
	RECON_INCREMENT,    /* same rate: increments or rounding */
	RECON_MISSING_HERE,
	RECON_MISSING_THERE,
	RECON_DUPLICATE,    /* theirs, once more */
	RECON_N_CLASSES,
};

const char *recon_class_text(enum recon_class class);

#define RECON_NONE SIZE_MAX

struct recon_call {
	uint64_t called, caller; /* digits; 0 = not known */
	uint64_t call_id;	 /* hash; 0 = not known */
	time_us time;		 /* theirs: without the shift once it is known */
	int64_t again_us;	 /* theirs: or so much later, when clocks go
				  * back; 0 = surely not */
	int64_t duration_us;
	money_e8 amount, rate; /* with has_amount, has_rate */
	int64_t billed_s;      /* with has_billed */
	size_t line;	       /* of the file; of ours: the record's id */
	size_t match;	       /* index in the other array, or RECON_NONE */
	bool has_amount, has_rate, has_billed;
	uint8_t class; /* enum recon_class */
};

struct recon_side {
	struct recon_call *calls;
	size_t n, cap;
};

/* The columns of a carrier's file that mean something. */
enum recon_field {
	RECON_CALLED,
	RECON_CALLER,
	RECON_TIME,
	RECON_DURATION_FIELD,
	RECON_BILLED,
	RECON_AMOUNT,
	RECON_RATE_FIELD,
	RECON_CALL_ID,
	RECON_N_FIELDS,
};

/* How to read it. */
struct recon_format {
	const char *columns[RECON_N_FIELDS]; /* header names; NULL = by usual
					      * names */
	const struct zone *zone;	     /* of times without one */
	enum recon_dates dates;
	char decimal; /* '.', ',' or 0 to tell by the text */
};

struct recon_options {
	int64_t tolerance_us;	       /* of times */
	int64_t duration_tolerance_us;
	money_e8 amount_tolerance;
	time_us from, until; /* of ours, by answer; of both for the missing */
	/* of the carrier, for the old price list; or NULL */
	const struct pricebook *book;
	uint32_t tariff;
};

struct recon_sum {
	uint64_t calls;
	int64_t ours_us, theirs_us;
	money_e8 ours, theirs;
};

struct recon_causes {
	int64_t shift_us; /* theirs later; 0 = none */
	uint64_t shift_of, shifted; /* of so many sampled so many */
	int64_t longer_us; /* durations, theirs longer; 0 = none */
	int first_s, increment_s; /* how they bill; 0 = as we do */
	uint64_t old_price; /* calls at the price before the last change */
	time_us price_change;
	uint64_t rate_calls; /* of so many with another rate */
};

struct recon {
	struct recon_side ours, theirs;
	struct recon_causes causes;
	struct recon_sum sums[RECON_N_CLASSES];
	uint64_t bad_rows;   /* left out, each told */
	uint64_t unanswered; /* rows without duration and amount */
	uint64_t outside;    /* theirs, unmatched, not of the period */
};

void recon_init(struct recon *recon);
void recon_fini(struct recon *recon);

/* "called" and so on: 0 or ERR_SYNTAX. */
int recon_field_parse(struct str text, enum recon_field *out);
/* Header names of a usual carrier; NULL when there is no such preset. */
const struct recon_format *recon_preset(struct str name);
extern const char recon_preset_names[];

/* Read a carrier's file ("-" = standard input) or text of one. Rows that
 * cannot be read are told to report, at most 20 of them, and left out. 0,
 * ERR_SYNTAX or ERR_IO (error says what), ERR_LIMIT, ERR_NOMEM. */
int recon_read_file(struct recon *recon, const char *path,
		    const struct recon_format *format, FILE *report,
		    struct csv_error *error);
int recon_read_text(struct recon *recon, struct str text,
		    const struct recon_format *format, FILE *report,
		    struct csv_error *error);
/* Our ended calls that the carrier took, answered in [from, until): 0, a store
 * error or ERR_NOMEM. */
int recon_read_store(struct recon *recon, struct store *store,
		     const char *carrier, time_us from, time_us until);

/* Find causes, match, classify, add up: 0, ERR_NOMEM or ERR_RANGE. Both sides
 * are put into an order of their own. */
int recon_run(struct recon *recon, const struct recon_options *options);

/* --- pieces of it --- */

/* By how much their times are shifted. */
int recon_find_shift(struct recon *recon, const struct recon_options *options);
/* What the matched pairs have in common; then classes are set. */
void recon_find_causes(struct recon *recon,
		       const struct recon_options *options);
/* Whether digits of one number end in those of the other. */
bool recon_same_number(uint64_t a, uint64_t b);
/* Seconds that d is billed as at first/increment. */
int64_t recon_billed(int64_t duration_us, int first_s, int increment_s);
/* Order of both arrays: by the last digits of the number, then time. */
void recon_sort(struct recon_side *side);
uint64_t recon_tail(uint64_t number);

#endif
