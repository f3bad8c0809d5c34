/*
 * margin.h - what the accounts of a month brought and cost
 */
#ifndef CDR_TOOLS_MARGIN_H
#define CDR_TOOLS_MARGIN_H

#include <jansson.h>
#include <stdio.h>

#include "base/arena.h"
#include "cdr-tools/bill.h"

struct margin_row {
	const char *account;
	char currency[4];
	struct bill_margin sums;
};

struct margin_list {
	struct margin_row *rows;
	size_t n, cap;
	struct arena texts;
};

void margin_init(struct margin_list *list);
void margin_fini(struct margin_list *list);
/* 0 or ERR_NOMEM. */
int margin_add(struct margin_list *list, const struct bill *bill);
/* A table for people, with a sum for each currency: 0 or ERR_RANGE (a sum does
 * not fit). */
int margin_print(const struct margin_list *list, FILE *out);
/* [{account, calls, revenue, cost, margin, currency, ...}]; yours to
 * json_decref, NULL when out of memory. */
json_t *margin_json(const struct margin_list *list);

#define MARGIN_PERCENT_MAX 32

/* margin / revenue with one decimal, halves away from zero: "12.5 %", or "-"
 * without revenue. Returns out. */
const char *margin_percent(money_e8 margin, money_e8 revenue,
			   char out[MARGIN_PERCENT_MAX]);

#endif
