/*
 * tel_tariff.h - tariffs and calls as table rows, for the tests of tariff.c
 */
#ifndef TESTS_UNIT_TEL_TARIFF_H
#define TESTS_UNIT_TEL_TARIFF_H

#include "tel/tariff.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define MAX_ROWS 4
#define S US_PER_S

/* One row of a tariff as people write it; first_s 0 ends the rows. Prices of
 * 0.06 a minute are 0.001 a second. */
struct text_row {
	int first_s, increment_s;
	const char *price; /* NULL = not sold */
	const char *fee;
	int grace_s, from_s;
	const char *band, *from, *until;
};

/* The attributes of a tariff that are not the defaults. */
struct text_tariff {
	const char *zone; /* "berlin", else UTC */
	const char *minimum;
	int decimals; /* -1 = 0, 0 = 6 */
	enum money_rounding rounding;
	enum duration_rounding duration_rounding;
	enum round_at round_at;
};

struct sample {
	const char *what;
	struct text_row rows[MAX_ROWS];
	struct text_tariff tariff;
	const char *at; /* NULL = 2026-11-23T12:00:00Z, a Monday */
	int64_t duration_us;
	int err;
	int64_t billed_s;
	const char *amount;
};

/* The rows of a sample in memory. */
struct deck {
	struct rate rates[MAX_ROWS];
	struct rate_terms terms[MAX_ROWS];
	struct rate_rows rows;
	struct tariff tariff;
	int64_t holidays[2];
};

#define ROW(first, increment, cost, ...)                        \
	{                                                       \
		.first_s = (first), .increment_s = (increment), \
		.price = (cost), __VA_ARGS__                    \
	}
#define ROWS(...)           \
	{                   \
		__VA_ARGS__ \
	}
#define BERLIN .tariff = { .zone = "berlin" }
#define OFF_PEAK(first, increment) ROW(first, increment, "0.06")
#define PEAK(first, increment, when) ROW(first, increment, "0.12", .band = when)

/* The amount of a decimal text, 0 for NULL. */
money_e8 amount_of(const char *text);
/* The instant of an RFC 3339 text; otherwise for NULL. */
time_us time_of(const char *text, time_us otherwise);
time_us answer_of(const struct sample *sample);
/* The deck points into itself: it must not move. Christmas is a holiday. */
void deck_init(struct deck *deck, const struct sample *sample,
	       const struct zone *berlin);
/* The lines follow each other, cover what is billed, and add up. */
void check_lines(const struct charge *charge);
/* Each sample costs what it says. */
void check_samples(const struct sample *samples, size_t n);

#endif
