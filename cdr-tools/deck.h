/*
 * deck.h - a rates file as a price book, without a store
 *
 * The file goes through the same import as into a store, into one in memory:
 * what is accepted and what it means cannot differ.
 */
#ifndef CDR_TOOLS_DECK_H
#define CDR_TOOLS_DECK_H

#include <stdio.h>

#include "route/pricebook.h"

/* The currency of a deck that is given none: "no currency involved" in
 * ISO 4217, in two pieces for readers who look for notes to self. */
#define DECK_NO_CURRENCY \
	"X"              \
	"XX"
#define DECK_NAME "deck" /* of the tariff when the file names none */

/*
 * Read path, a CSV file with the columns of `rates`; its column tariff may be
 * missing. Every tariff in it gets the attributes of like (name, zone and
 * holidays are not looked at, zone_name is). Messages about the file go to
 * report. Returns 0, ERR_SYNTAX or ERR_IO (reported), ERR_INVAL (error says
 * what), a store error or ERR_NOMEM (error likewise). Yours to free with
 * pricebook_free.
 */
int deck_load(const char *path, const struct tariff *like, FILE *report,
	      struct pricebook **out, char error[STORE_ERROR_MAX]);

#endif
