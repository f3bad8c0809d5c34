/*
 * dns.h - asynchronous DNS queries on a libuv loop, over c-ares
 *
 * A query asks one question and gets the raw message that answers it, with
 * what happened on the way: which server, which transport, how long. Reading
 * the message is the business of dns_message.h; nothing is cached here.
 *
 * Servers are tried in order; one that is silent for try_ms is asked again
 * after the others, and a late answer still counts. SERVFAIL, REFUSED and the
 * like, garbage and refused connections lead to the next server at once, and
 * are told only when none knows better. A truncated answer is asked for again
 * by TCP. Each server has a circuit breaker over all queries of one struct
 * dns: after some failures in a row it is left out, so that it costs nothing,
 * and a copy of a later query looks whether it is back.
 *
 * All calls belong into the thread of the loop. The rule of loop.h holds: the
 * callback fires exactly once, never before dns_query_start returned, and
 * after dns_query_cancel never.
 */
#ifndef BASE_DNS_H
#define BASE_DNS_H

#include <uv.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/dns_message.h"

#define DNS_SERVERS_MAX 8 /* of one query */
#define DNS_KNOWN_MAX 64  /* servers one struct dns ever talks to */
#define DNS_PORT 53

struct dns;
struct dns_query;

enum dns_result {
	DNS_ANSWER,      /* a response that can be read; see its rcode */
	DNS_TIMEOUT,     /* no usable answer until the deadline */
	DNS_UNREACHABLE, /* connections refused, or no way to any server */
	DNS_MALFORMED,   /* what came is no readable answer */
	DNS_UNAVAILABLE, /* nothing was sent: all servers are held for dead,
			  * or too many queries wait */
	DNS_CANCELLED,   /* dns_close */
};

enum dns_transport { DNS_UDP, DNS_TCP };

/* What a query came to; borrowed, valid during the callback. */
struct dns_reply {
	enum dns_result result;
	const uint8_t *data; /* the message; NULL unless DNS_ANSWER or
			      * DNS_MALFORMED */
	size_t len;
	const struct dns_message *message; /* parsed; NULL unless DNS_ANSWER */
	struct addr server; /* that answered, or was asked last; family 0 =
			     * none was */
	enum dns_transport transport; /* of that */
	unsigned n_tries;             /* messages sent */
	int64_t latency_us;           /* since dns_query_start */
};

typedef void dns_done(void *arg, const struct dns_reply *reply);

/* Zeros mean the defaults. */
struct dns_settings {
	const struct addr *servers; /* borrowed for the call; asked when a
				     * question names none. None: those of the
				     * system's resolv.conf */
	size_t n_servers;
	int try_ms;           /* until the next server is asked, 500 */
	unsigned max_queries; /* messages waited for, 20000 */
	unsigned dead_after;  /* failures in a row that open the breaker, 3;
			       * UINT_MAX: never */
	int hold_ms;          /* first time open, 1000; doubles up to */
	int hold_max_ms;      /* 30000 */
};

struct dns_question {
	struct dns_name name;
	uint16_t type;              /* enum dns_type or any other */
	int timeout_ms;             /* deadline of the query; > 0 */
	bool tcp;                   /* by TCP from the start */
	const struct addr *servers; /* borrowed for the call, port 0 = 53;
				     * NULL: those of the settings */
	size_t n_servers;           /* at most DNS_SERVERS_MAX */
};

/* 0, ERR_NOMEM, ERR_INVAL (too many servers), ERR_IO (no randomness), or
 * ERR_NOTFOUND (the system names no server). */
int dns_new(uv_loop_t *loop, const struct dns_settings *settings,
	    struct dns **out);
/* Ends every query with DNS_CANCELLED and frees once the loop has run again.
 * Not from a callback of this struct dns. NULL is accepted. */
void dns_close(struct dns *dns);

/* 0, ERR_NOMEM, ERR_INVAL (a name without labels' end, no timeout, bad
 * servers) or ERR_LIMIT (more than DNS_KNOWN_MAX servers over time). *query
 * is for dns_query_cancel and dies with the callback. */
int dns_query_start(struct dns *dns, const struct dns_question *question,
		    dns_done *done, void *arg, struct dns_query **query);
/* NULL is accepted. */
void dns_query_cancel(struct dns_query *query);

/* "answer", "timeout" ...; "udp", "tcp". */
const char *dns_result_text(enum dns_result result);
const char *dns_transport_text(enum dns_transport transport);

/* One server as it has been seen; counters since dns_new. */
struct dns_server_state {
	struct addr addr;
	bool is_dead;    /* the breaker is open */
	uint64_t n_sent; /* by both transports */
	uint64_t n_received;
	uint64_t n_timeouts;
	uint64_t n_refused; /* connections */
	uint64_t n_opened;  /* times the breaker opened */
};

/* The i-th server known; false behind the last. */
bool dns_server_state(const struct dns *dns, size_t i,
		      struct dns_server_state *out);

#endif
