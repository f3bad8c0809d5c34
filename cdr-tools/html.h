/*
 * html.h - pieces of the pages for people: escaped, self-contained
 *
 * Errors show in ferror(file).
 */
#ifndef CDR_TOOLS_HTML_H
#define CDR_TOOLS_HTML_H

#include <stdio.h>

#include "base/clock.h"
#include "base/zone.h"
#include "cdr-tools/taxes.h"
#include "tel/money.h"

/* Everything up to the first element of the body. */
void html_begin(FILE *file, const char *title, const char *subtitle);
void html_end(FILE *file);
/* Text that cannot become markup. */
void html_text(FILE *file, const char *text);
/* With at least decimals (2..8) of them. */
void html_money(FILE *file, money_e8 amount, int decimals);
/* How many decimals amount needs, decimals at least: for a whole column. */
int html_decimals(money_e8 amount, int decimals);
/* "3:25:07", to the nearest second */
void html_duration(FILE *file, int64_t us);
/* "1 October 2026", of days since 1970 */
void html_day(FILE *file, int64_t day);
/* The day of t in a zone; when that is NULL by its name, else UTC. */
void html_day_of(FILE *file, time_us t, const struct zone *zone,
		 const char *zone_name);
/* Rows of a table's foot: a name over columns - 1 cells and an amount; those
 * for net, each tax and total. */
void html_total(FILE *file, int columns, const char *name, money_e8 amount,
		int decimals);
/* What there is to pay: the total, rounded half up to 2 decimals. */
void html_due(FILE *file, money_e8 total, const char *currency);
/* Net, taxes and total, and where it differs what there is to pay. */
void html_totals(FILE *file, int columns, const struct tax_groups *taxes,
		 money_e8 net, money_e8 total, int decimals);

#endif
