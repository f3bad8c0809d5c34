/*
 * dns_breaker.h - when a server is held for dead
 *
 * Pure: no clock of its own. Closed, it counts failures in a row; enough of
 * them open it for hold_ms. After that one probe is due: if it fails the hold
 * doubles, if anything at all comes from the server the breaker closes.
 */
#ifndef BASE_DNS_BREAKER_H
#define BASE_DNS_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct dns_breaker_rule {
	unsigned dead_after;
	int hold_ms, hold_max_ms;
};

struct dns_breaker {
	unsigned n_failures; /* in a row */
	bool is_open;
	bool is_probing;
	int hold_ms; /* of the present or next opening */
	int64_t until_ms;
	uint64_t n_opened;
};

/* The server has said something, whatever it was. */
void dns_breaker_good(struct dns_breaker *breaker);
/* It was silent or refused the connection; says nothing new of an open one,
 * of which older messages may still fail. */
void dns_breaker_bad(struct dns_breaker *breaker,
		     const struct dns_breaker_rule *rule, int64_t now_ms);
/* Whether a probe is due; from true on until dns_breaker_good or
 * dns_breaker_probe_failed it is under way. */
bool dns_breaker_take_probe(struct dns_breaker *breaker, int64_t now_ms);
/* The probe was not answered. */
void dns_breaker_probe_failed(struct dns_breaker *breaker,
			      const struct dns_breaker_rule *rule,
			      int64_t now_ms);

#endif
