/*
 * enum.h - telephone numbers to URIs (RFC 6116)
 *
 * A client belongs to one loop and its thread; so does its cache. A worker of
 * the proxy first asks enum_cached, which answers from memory or not at all,
 * and starts a look-up otherwise:
 *
 *	if (!enum_cached(client, &number, answer))
 *		err = enum_start(client, &number, NULL, done, arg, &lookup);
 *
 * Trees are asked in order until one has a URI or says that the number is
 * nobody's; one deadline bounds them all. The rule of loop.h holds: done is
 * called exactly once, not before enum_start returned, and never after
 * enum_cancel.
 */
#ifndef ENUM_ENUM_H
#define ENUM_ENUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/dns.h"
#include "enum/walk.h"

struct uv_loop_s;
struct enum_client;
struct enum_lookup;

/* Who is asked for names: a resolver, a zone file, a test. The rules of
 * dns_query_start and dns_query_cancel hold. */
struct enum_source {
	void *arg;
	int (*start)(void *arg, const struct dns_question *question,
		     dns_done *done, void *done_arg, void **handle);
	void (*cancel)(void *arg, void *handle);
};

/* dns is borrowed for as long as the source is used. */
struct enum_source enum_source_dns(struct dns *dns);

/* Zeros mean the defaults, if not said otherwise. */
struct enum_settings {
	const struct enum_tree *trees; /* copied; asked in this order */
	size_t n_trees;                /* 1..16 */
	int timeout_ms;                /* of the whole look-up, 1500 */
	uint32_t min_ttl_s;            /* clamps; 0 is 0: what has no time is
					* kept for nobody */
	uint32_t max_ttl_s;            /* 86400 */
	uint32_t negative_max_s;       /* NXDOMAIN, NODATA; 300 */
	uint32_t failure_s;            /* failures are held for; 2 */
	uint32_t stale_s;              /* RFC 8767; 0: never served stale */
	size_t cache_size;             /* octets, 64 MB; 1: none */
	unsigned max_lookups;          /* at a time, 20000 */
	bool lenient;                  /* mend common mistakes, see ere.h */
	bool follow_all;               /* see walk.h */
	bool by_tcp;                   /* ask by TCP from the start */
};

/* Counted since enum_client_new. */
struct enum_counters {
	uint64_t n_lookups[ENUM_N_OUTCOMES]; /* ended so */
	uint64_t n_cached;                   /* of those, without a question */
	uint64_t n_stale;   /* of those, with something past its time */
	uint64_t n_asked;   /* questions to the source */
	uint64_t n_joined;  /* questions that were under way already */
	uint64_t n_refused; /* look-ups over max_lookups */
	size_t n_running;   /* look-ups now */
	size_t n_sets;      /* in the cache now */
	size_t cache_size;  /* octets of it now */
};

/* 0, ERR_NOMEM, ERR_IO (no randomness), or ERR_INVAL (no tree, too many). */
int enum_client_new(struct uv_loop_s *loop, const struct enum_source *source,
		    const struct enum_settings *settings,
		    struct enum_client **out);
/* All look-ups must be over or cancelled; freed once the loop has run again.
 * NULL is accepted. */
void enum_client_close(struct enum_client *client);

/* Whether everything needed is in memory; then answer is filled. */
bool enum_cached(struct enum_client *client, const struct enum_number *number,
		 struct enum_answer *answer);

/* answer is borrowed, valid during the call. */
typedef void enum_done(void *arg, const struct enum_answer *answer);

/*
 * Look number up. trace (NULL: none) is borrowed until the end. *lookup is
 * for enum_cancel and dies with the callback. 0, ERR_NOMEM, ERR_BUSY (over
 * max_lookups) or ERR_INVAL (no tree takes this form of number).
 */
int enum_start(struct enum_client *client, const struct enum_number *number,
	       const struct enum_trace *trace, enum_done *done, void *arg,
	       struct enum_lookup **lookup);
/* NULL is accepted. What it asked for may still come and be kept. */
void enum_cancel(struct enum_lookup *lookup);

void enum_counters(const struct enum_client *client, struct enum_counters *out);
/* Forget all that is kept. */
void enum_flush(struct enum_client *client);

#endif
