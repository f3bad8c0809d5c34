/*
 * refusal.h - why a call is refused
 */
#ifndef LCRPROXY_REFUSAL_H
#define LCRPROXY_REFUSAL_H

#include <stdint.h>

struct refusal {
	int status;
	int q850;
	const char *reason;  /* for the caller, and for the record */
	uint64_t *counter;
	const char *detail;  /* for the record instead, or NULL */
	const char *headers; /* besides Reason, or NULL */
	const char *phrase;  /* of the status line; NULL: the usual one */
};

static inline struct refusal
refusal_of(int status, int q850, const char *reason, uint64_t *counter)
{
	return (struct refusal){ .status = status,
				 .q850 = q850,
				 .reason = reason,
				 .counter = counter };
}

#endif
