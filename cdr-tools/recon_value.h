/*
 * recon_value.h - values as carriers write them in their files
 */
#ifndef CDR_TOOLS_RECON_VALUE_H
#define CDR_TOOLS_RECON_VALUE_H

#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"
#include "tel/money.h"

enum recon_dates { RECON_DMY, RECON_MDY }; /* of 03/04/2026 and 03.04.2026 */

/* RFC 3339; "2026-10-31 23:59:59", "31/10/2026 23:59", "31.10.2026 ..." local to
 * zone, with a fraction of the second or "AM"/"PM"; seconds or milliseconds since
 * 1970: 0, ERR_SYNTAX or ERR_RANGE (no such date or time). Of a wall time that
 * occurs twice the earlier instant, and by how much later the other one is in
 * *again_us, which is 0 else. */
int recon_time(struct str text, enum recon_dates dates,
	       const struct zone *zone, time_us *out, int64_t *again_us);
/* "61", "61.5", "61,5", "1:01", "0:01:01": 0, ERR_SYNTAX or ERR_RANGE. */
int recon_duration(struct str text, int64_t *out_us);
/* "1,234.56", "1.234,56", "EUR 0,5", "$1.20", "-3": decimal is '.' or ',', or 0
 * to tell by the text. Returns 0, ERR_SYNTAX, ERR_RANGE, or ERR_INVAL when it
 * cannot be told ("1,234"). */
int recon_money(struct str text, char decimal, money_e8 *out);
/* What the decimals of an amount that recon_money takes begin with: '.', ',' or 0
 * (it has none, or does not tell). */
char recon_money_decimal(struct str text);
/* Digits of a number in any notation, without a leading 00: 0 or ERR_SYNTAX
 * (none, or over 18). An anonymous caller is no number. */
int recon_number(struct str text, uint64_t *out);

#endif
