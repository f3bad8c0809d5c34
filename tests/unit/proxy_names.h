/*
 * proxy_names.h - names for a proxy world: a real resolver and its server
 *
 * The location step of the world's worker asks base/dns, and that a scripted
 * server on a loopback socket, in a loop that turns only while a test says so:
 * an answer comes as late as the test wants it to. What the proxy waits for is
 * counted by the world's clock, which stands still meanwhile.
 */
#ifndef TESTS_UNIT_PROXY_NAMES_H
#define TESTS_UNIT_PROXY_NAMES_H

#include "tests/unit/dns_zone.h"
#include "tests/unit/proxy_world.h"

struct proxy_names {
	struct proxy_world *world;
	uv_loop_t loop;
	struct dns *dns;
	struct dns_test_server server;
	const struct dns_zone_record *zone;
	size_t n;
	bool is_silent; /* to all questions */
	unsigned rcode; /* said to all of them instead of answers; 0: answers */
};

/* Behind pw_open, in any case; false when there is no memory. timeout_ms: of a
 * look-up (0: a minute). */
bool pn_open(struct proxy_names *names, struct proxy_world *w,
	     const struct dns_zone_record *zone, size_t n, int timeout_ms);
/* Behind pw_close, if pn_open was called. */
void pn_close(struct proxy_names *names);
/* Both, as a test begins and, whatever came of that, ends. */
bool pn_begin(struct proxy_names *names, struct proxy_world *w,
	      const struct pw_config *config,
	      const struct dns_zone_record *zone, size_t n, int timeout_ms);
void pn_end(struct proxy_names *names, struct proxy_world *w);
/* All that is asked is answered, but what the server says nothing of. */
void pn_answer(struct proxy_names *names);
/* How much was asked so far. */
unsigned pn_queries(const struct proxy_names *names);

#endif
