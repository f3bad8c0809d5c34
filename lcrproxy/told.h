/*
 * told.h - the addresses that DNS has told for a name, of late
 *
 * What is asked is how a call would ask (RFC 3263), and that is a choice: not
 * each time all servers of a name come. So an address stays for a while after
 * it was told last; and when the name leads nowhere, all stay for a day, for
 * whoever sends from there has not changed by that.
 */
#ifndef LCRPROXY_TOLD_H
#define LCRPROXY_TOLD_H

#include "sip/location.h"

#define TOLD_MAX 64
#define TOLD_LINGER_MS 30000
#define TOLD_KEEP_MS (24 * 3600 * 1000)

struct told {
	size_t n;
	int64_t good_ms; /* when there was an answer */
	struct {
		struct addr addr; /* port unused */
		int64_t at_ms;	  /* when it was told last */
	} at[TOLD_MAX];
};

/* An answer; times are of a monotonic clock. Of too many the one told least of
 * late makes room. Returns whether other addresses are there than before. */
bool told_note(struct told *told, const struct sip_places *places,
	       int64_t now_ms);
/* There is no answer. The same. */
bool told_fail(struct told *told, int64_t now_ms);

#endif
