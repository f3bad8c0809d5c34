/*
 * judge.h - what one NAPTR means for one number
 *
 * The client side of RFC 6116: every record gets a verdict, and one that
 * cannot be used costs only itself.
 */
#ifndef ENUM_JUDGE_H
#define ENUM_JUDGE_H

#include "base/addr.h"
#include "base/dns.h"
#include "enum/aus.h"
#include "enum/service.h"
#include "enum/set.h"
#include "enum/uri.h"

/* One tree of numbers, and how far it is trusted. */
struct enum_tree {
	struct dns_name suffix;
	enum enum_form form;
	bool is_private; /* "P-" services are meant for us */
	int timeout_ms;  /* of one question; 0 = the whole stage's */
	struct enum_services services; /* that may be used */
	struct addr servers[DNS_SERVERS_MAX];
	size_t n_servers; /* 0 = the resolver's own */
};

enum enum_verdict {
	ENUM_USABLE,    /* gives a URI */
	ENUM_REFERS,    /* to another name */
	ENUM_SAYS_VOID, /* the number is of nobody */
	ENUM_SKIPPED,
};

struct enum_judgement {
	enum enum_verdict verdict;
	/* Why it was skipped; static. detail may be NULL. */
	const char *reason, *detail;
	bool is_repaired; /* lenient: the pattern was mended */
	char service[ENUM_SERVICE_MAX];
	/* Of ENUM_USABLE. */
	size_t uri_len;
	char uri[ENUM_URI_MAX];
	struct enum_uri_parts parts; /* borrowed from uri */
	/* Of ENUM_REFERS. */
	struct dns_name target;
};

void enum_judge(const struct enum_record *record, const struct enum_tree *tree,
		struct str aus, bool lenient, struct enum_judgement *out);

#endif
