/* plan_user.c - numbers as gateways want them */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "route/plan.h"

#define FORMATTED_MAX 24 /* a prefix of 7, 15 digits, NUL, and one more */

/* The user part of a URI may not hold a bare '#' (RFC 3261 25.1). */
static void
put_escaped(struct wbuf *w, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '#')
			wbuf_text(w, "%23");
		else
			wbuf_u8(w, (uint8_t)*text);
	}
}

/* The digits of the number in a format. */
static size_t
format_digits(enum number_format format, const struct dial_plan *plan,
	      const struct number *number, char out[FORMATTED_MAX])
{
	bool is_here;
	size_t skip;

	if (format != FORMAT_NATIONAL) {
		memcpy(out, number->digits, number->len + 1U);
		return number->len;
	}
	is_here = number_is_national(number, plan);
	skip = is_here ? strlen(plan->country_code) : 0;
	return (size_t)snprintf(out, FORMATTED_MAX, "%s%s",
				is_here ? plan->national_prefix
					: plan->international_prefix,
				number->digits + skip);
}

static void
put_number(struct wbuf *w, enum number_format format, unsigned strip,
	   const char *prefix, const struct dial_plan *plan,
	   const struct number *number)
{
	char digits[FORMATTED_MAX];
	size_t len = format_digits(format, plan, number, digits);
	bool is_whole = strip == 0 && prefix[0] == '\0';

	if (strip > len)
		strip = (unsigned)len;
	if (format == FORMAT_PLUS || (format == FORMAT_PRESET && is_whole))
		wbuf_u8(w, '+');
	put_escaped(w, prefix);
	put_escaped(w, digits + strip);
}

int
plan_gateway_user(const struct gateway *gateway, const struct dial_plan *plan,
		  const struct number *number, const struct porting *porting,
		  char *out, size_t cap)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	if (gateway->portability == PORTABILITY_NUMBER && porting != NULL &&
	    porting->routing.len > 0)
		number = &porting->routing;
	put_number(&w, gateway->format, gateway->strip, gateway->prefix, plan,
		   number);
	if (gateway->portability == PORTABILITY_PARAMS && porting != NULL &&
	    porting->source != PORTING_UNKNOWN) {
		wbuf_text(&w, ";npdi");
		wbuf_text(&w, porting->rn[0] != '\0' ? ";rn=" : "");
		wbuf_text(&w, porting->rn);
	}
	wbuf_u8(&w, '\0');
	return w.err;
}

int
plan_gateway_caller(const struct gateway *gateway,
		    const struct dial_plan *plan, const struct number *number,
		    char *out, size_t cap)
{
	struct wbuf w;

	wbuf_init(&w, out, cap);
	put_number(&w, gateway->caller_format, gateway->caller_strip,
		   gateway->caller_prefix, plan, number);
	wbuf_u8(&w, '\0');
	return w.err;
}
