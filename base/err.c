/* err.c - what the error codes say */
#include "base/err.h"

#include <stddef.h>

static const char *const texts[] = {
	[0] = "no error",
	[-ERR_NOMEM] = "out of memory",
	[-ERR_INVAL] = "value not acceptable",
	[-ERR_RANGE] = "number out of range",
	[-ERR_SYNTAX] = "syntax error",
	[-ERR_TRUNCATED] = "input ends early",
	[-ERR_SPACE] = "output does not fit",
	[-ERR_LIMIT] = "limit reached",
	[-ERR_NOTFOUND] = "not found",
	[-ERR_EXISTS] = "exists already",
	[-ERR_IO] = "input/output error",
	[-ERR_DB] = "the store refused",
	[-ERR_CONFLICT] = "changed by somebody else meanwhile",
	[-ERR_AUTH] = "signature or secret does not match",
	[-ERR_EXPIRED] = "expired",
	[-ERR_CORRUPT] = "checksum does not match",
	[-ERR_NOROUTE] = "no carrier sells this number",
	[-ERR_NOPRICE] = "no price in force",
	[-ERR_NOTOURS] = "not addressed to us",
	[-ERR_BUSY] = "busy, try again later",
	[-ERR_TIMEOUT] = "timed out",
	[-ERR_UNSUPPORTED] = "not supported",
	[-ERR_USAGE] = "wrong usage",
	[-ERR_END] = "no more items",
};

const char *
err_text(int err)
{
	const int n_texts = (int)(sizeof(texts) / sizeof(texts[0]));

	if (err > 0 || err <= -n_texts)
		return "unknown error";
	return texts[-err];
}
