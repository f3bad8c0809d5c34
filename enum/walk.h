/*
 * walk.h - the way through one tree for one number (RFC 6116, 3; RFC 3402)
 *
 * Pure: it says which name must be asked for and is given the set that came,
 * until there is nothing more to ask. Records are taken in evaluation order;
 * a reference to another name is followed where it stands, at most
 * ENUM_REFERRALS_MAX in all and never to a name that was entered before, and
 * whatever goes wrong there, the referring set goes on with its next record.
 */
#ifndef ENUM_WALK_H
#define ENUM_WALK_H

#include "enum/judge.h"

#define ENUM_REFERRALS_MAX 5 /* 5.2.1 */
#define ENUM_NAMES_MAX (ENUM_REFERRALS_MAX + 1)
#define ENUM_URIS_MAX 24
#define ENUM_TEXT_MAX 4096 /* octets of all URIs of an answer */

/* One place to send the call to. Texts lie in the answer. */
struct enum_uri {
	struct str text;
	const char *service; /* "sip", "pstn:tel" */
	uint16_t order, preference;
	uint32_t ttl_s;                 /* left, the least on the way there */
	const char *scheme;             /* lower case */
	struct str user, host, rn, cic; /* see uri.h; p NULL when missing */
	bool npdi;                      /* ported numbers have been looked up */
};

/* What came of a look-up. It points into itself: not to be copied. */
struct enum_answer {
	enum enum_outcome outcome;
	size_t n_uris;
	struct enum_uri uris[ENUM_URIS_MAX]; /* best first */
	size_t tree;      /* that decided, by its place in the settings */
	bool is_stale;    /* something was past its time */
	bool is_cached;   /* nothing had to be asked for */
	unsigned n_asked; /* questions sent or joined */
	int64_t latency_us;
	size_t text_len;
	char text[ENUM_TEXT_MAX];
};

/* For those who want to know why; each function may be NULL. */
struct enum_asked {
	size_t tree;
	unsigned query; /* counts the names of one look-up from 0 */
	const struct dns_name *name;
	const struct enum_set *set;
	uint32_t ttl_left_s;
	const struct dns_reply *reply; /* NULL: from memory, or not come */
};

struct enum_judged {
	unsigned query; /* whose record it is */
	const struct enum_record *record;
	const struct enum_judgement *judgement;
	size_t rank;    /* of the URI in the answer, from 0 */
	uint32_t age_s; /* how long ago the record came */
};

struct enum_trace {
	void *arg;
	void (*asked)(void *arg, const struct enum_asked *asked);
	void (*judged)(void *arg, const struct enum_judged *judged);
};

struct enum_walk_frame {
	struct enum_set *set; /* counted */
	size_t at;
	uint32_t ttl_left_s;
	unsigned query;
};

struct enum_walk {
	const struct enum_tree *tree;   /* borrowed */
	const struct enum_trace *trace; /* NULL: nobody asks */
	struct enum_answer *answer;     /* URIs are added */
	bool lenient;
	bool follow_all; /* references too when there is a URI already */
	struct enum_aus aus;
	unsigned n_names, n_frames, n_queries;
	bool is_done, has_loop, has_void;
	enum enum_outcome failure; /* of a name referred to; or ENUM_FOUND */
	struct dns_name names[ENUM_NAMES_MAX]; /* entered; the last is asked */
	struct enum_walk_frame frames[ENUM_NAMES_MAX];
};

/* The number must fit the tree's form. The flags, trace, answer and n_queries
 * are set by the caller before. 0 or ERR_LIMIT (the name is too long). */
int enum_walk_begin(struct enum_walk *walk, const struct enum_tree *tree,
		    const struct enum_number *number);
/* The name to ask for, or NULL at the end: then the outcome stands. */
const struct dns_name *enum_walk_name(const struct enum_walk *walk);
/* The set for that name (takes a reference of its own). */
void enum_walk_take(struct enum_walk *walk, struct enum_set *set,
		    uint32_t ttl_left_s);
/* Of a walk that came to its end. */
enum enum_outcome enum_walk_outcome(const struct enum_walk *walk);
/* Lets go of what it holds, at any time. */
void enum_walk_fini(struct enum_walk *walk);

#endif
