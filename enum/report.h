/*
 * report.h - everything a look-up has seen, for enumq and lcrctl enum
 *
 * Collected through the trace of enum_start; all texts are copies in one
 * arena and printable, but for those of records, which are octets.
 */
#ifndef ENUM_REPORT_H
#define ENUM_REPORT_H

#include <stdio.h>

#include "base/arena.h"
#include "enum/enum.h"

struct report_record {
	unsigned query; /* whose, by its place in the report */
	uint16_t order, preference;
	uint32_t ttl_s;
	struct str flags, services, regexp;
	const char *replacement;
	const char *verdict;       /* selected, candidate, followed, void,
				    * skipped */
	const char *reason;        /* why skipped, or NULL */
	const char *service, *uri; /* or NULL */
	size_t rank;               /* of selected (0) and candidates */
	bool is_repaired;
};

struct report_query {
	size_t tree;
	const char *name;
	const char *server;    /* NULL: none answered */
	const char *transport; /* udp, tcp, cache, zone; NULL: none */
	const char *rcode;     /* NULL: none came */
	const char *result;    /* answer, timeout ... ; cache */
	const char *aliases;   /* "a. CNAME b.\n..." or NULL */
	enum enum_outcome outcome;
	bool aa, ad, tc, edns, is_ad_trusted, is_stale;
	unsigned n_tries;
	int64_t latency_us;
	uint32_t ttl_s; /* that it is good for */
};

struct report {
	struct arena arena;
	const struct enum_tree *trees; /* borrowed */
	size_t n_trees;
	bool is_offline; /* a zone file answers */
	struct report_query *query;
	size_t n_queries, cap_queries;
	struct report_record *record;
	size_t n_records, cap_records;
	int err;                 /* 0 or ERR_NOMEM: it is not whole */
	struct enum_trace trace; /* fills this */
};

void report_init(struct report *report, const struct enum_tree *trees,
		 size_t n_trees, bool is_offline);
void report_fini(struct report *report);

/* Octets for people: printable ASCII as it is, others as "\DDD". With quotes:
 * as in a zone file, backslash and quote escaped too. */
void report_show(FILE *out, struct str text, bool quoted);

/* number: as it was given. */
void report_print(FILE *out, const struct report *report, const char *number,
		  const struct enum_answer *answer);
struct json_t;
/* A new reference, or NULL when there is no memory. */
struct json_t *report_json(const struct report *report, const char *number,
			   const struct enum_answer *answer);

/* The AUS of the tree that decided. out[ENUM_AUS_MAX + 1]. */
const char *report_aus(const struct report *report, const char *number,
		       const struct enum_answer *answer, char *out);

#endif
