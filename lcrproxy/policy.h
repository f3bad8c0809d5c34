/*
 * policy.h - which way a request goes: ordered rules, the first match wins
 *
 * Facts in, verdict out: no clock, socket, store or log. Rules are compiled
 * once from the settings, immutable then and counted, so a call pays for
 * comparisons of bits; behind those of the configuration come the built-in
 * ones, of which one always matches. doc/policy.md tells what rules can say.
 */
#ifndef LCRPROXY_POLICY_H
#define LCRPROXY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/zone.h"
#include "sip/flow.h"
#include "sip/msg.h"
#include "tel/band.h"
#include "tel/number_class.h"

/* Who sends it. */
enum policy_source {
	POLICY_TRUNK,	/* a trunk of an account */
	POLICY_LOGIN,	/* a user who has proved it */
	POLICY_GATEWAY, /* a carrier's gateway */
	POLICY_UNKNOWN,
	POLICY_N_SOURCES,
};

/* What its Request-URI asks for. */
enum policy_target {
	POLICY_NATIONAL,      /* a number of the account's own country */
	POLICY_INTERNATIONAL, /* any other number */
	POLICY_LOCAL,	      /* a user of ours */
	POLICY_FOREIGN,	      /* another domain */
	POLICY_NODE,	      /* this proxy itself */
	POLICY_N_TARGETS,
};

enum policy_action {
	POLICY_ROUTE,	   /* by its sources, in order */
	POLICY_PROXY,	   /* to a fixed URI, or fixed gateways */
	POLICY_TO_LOCAL,   /* to the contact of a user of ours */
	POLICY_TO_FOREIGN, /* to the domain of the Request-URI */
	POLICY_REDIRECT,   /* 302 with what a route would try */
	POLICY_REJECT,
	POLICY_CHALLENGE,  /* 407, or 401 where we are no proxy */
	POLICY_N_ACTIONS,
};

/* Where a route comes from. */
enum policy_by {
	POLICY_BY_STATIC,
	POLICY_BY_ENUM,
	POLICY_BY_TRIP,
	POLICY_N_BYS,
};

/* What a rule asks, the cheapest first. */
enum policy_condition {
	POLICY_MATCHES, /* nothing speaks against it */
	POLICY_METHOD,
	POLICY_SOURCE,
	POLICY_TARGET,
	POLICY_CLASS,
	POLICY_TRANSPORT,
	POLICY_WHO, /* account or group */
	POLICY_PREFIX,
	POLICY_DOMAIN,
	POLICY_HOURS,
	POLICY_HEADER,
	POLICY_N_CONDITIONS,
};

/* "trunk", ...; "national", ...; "route", ...; "static", ...; "method", ...
 * as settings have them. */
extern const char *const policy_source_texts[];
extern const char *const policy_target_texts[];
extern const char *const policy_action_texts[];
extern const char *const policy_by_texts[];
extern const char *const policy_condition_texts[];

struct policy_facts {
	enum sip_method method;
	enum policy_source source;
	enum policy_target target;
	enum sip_transport transport;
	const char *account, *group; /* "" = none */
	struct number number;	     /* len 0 = the target is none */
	struct str domain;	     /* the Request-URI's host */
	time_us now;
	const struct sip_msg *msg;   /* its headers; NULL: it has none */
};

/* "Name", "!Name", "Name: value", "Name: begin*", "Name: *part*". */
struct policy_header {
	const char *name, *value; /* value NULL: any */
	bool is_absent, is_open_front, is_open_end;
};

struct policy_rule {
	const char *name;
	const char *file; /* "" of a built-in one */
	int line;
	/* bits 1 << enum; all of them where the rule does not ask */
	uint32_t methods, sources, targets, classes, transports;
	const char *const *accounts; /* sorted; either matches; both empty: any */
	const char *const *groups;
	size_t n_accounts, n_groups;
	const prefix_word *prefixes; /* n 0: any */
	size_t n_prefixes;
	const char *const *domains;  /* "example.net", ".example.net" = below
				      * it */
	size_t n_domains;
	struct band hours;
	const struct zone *zone;
	const struct policy_header *headers; /* all of them */
	size_t n_headers;

	enum policy_action action;
	uint8_t by[POLICY_N_BYS]; /* enum policy_by, of ROUTE */
	uint8_t n_by;		  /* 0: as the configuration presets */
	const char *target;	  /* PROXY: a SIP URI, or NULL */
	const char *const *gateways; /* of PROXY, in order */
	size_t n_gateways;
	int code;		  /* of REJECT */
	const char *reason;	  /* its phrase; NULL: the usual one */
};

struct policy;

struct policy *policy_ref(struct policy *policy);
/* The last one frees; NULL is accepted. */
void policy_unref(struct policy *policy);
/* In their order, the built-in ones last. */
const struct policy_rule *policy_rules(const struct policy *policy, size_t *n);

/* The rule that decides. A challenge does not match who has logged in. */
const struct policy_rule *policy_judge(const struct policy *policy,
				       const struct policy_facts *facts);
/* The place of a source among those of a route, 0.. for the first; -1: it is not
 * asked. rule NULL, or one that does not say: static and trip by price in one
 * plan, enum as the configuration has it, and all are at 0. */
int policy_place_of(const struct policy_rule *rule, enum policy_by by);
/* Why a rule does not match: its first condition that does not hold, or
 * POLICY_MATCHES. */
enum policy_condition policy_why_not(const struct policy_rule *rule,
				     const struct policy_facts *facts);
/*
 * Rules that can never match, since each request they ask for meets an earlier
 * one: *by is the last of these. Said of a rule only when it is certain; hours
 * are compared as a whole, and so are lists. NULL in *by: the rule contradicts
 * itself (a class of numbers of a domain, say).
 */
bool policy_is_dead(const struct policy *policy, size_t rule,
		    const struct policy_rule **by);

#endif
