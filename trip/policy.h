/*
 * policy.h - which routes are taken from a peer or told to it, and how marked
 *
 * A policy is a list of rules; the first that matches decides. Nothing but the
 * route itself is looked at (RFC 3219 10.2). Without a match the route is
 * accepted as it is.
 */
#ifndef TRIP_POLICY_H
#define TRIP_POLICY_H

#include "base/conf.h"
#include "trip/attrs.h"

enum trip_action { TRIP_ACCEPT, TRIP_DENY };

/* As read from settings (trip/settings.h); strings are the caller's. */
struct trip_rule {
	/* Conditions, all of which must hold; an empty list always does. */
	struct conf_list prefixes;    /* "49": this and all longer ones */
	struct conf_list itads;	      /* one of them is in AdvertisementPath */
	struct conf_list communities; /* the route has one of them */
	/* What then. */
	int action;		      /* enum trip_action */
	int64_t local_preference;     /* -1: not set; import */
	int64_t med;		      /* -1: not set */
	char *next_hop;		      /* NULL: unchanged; export */
	struct conf_list add_communities, remove_communities;
};

struct trip_policy {
	const struct trip_rule *rules; /* borrowed */
	size_t n_rules;
};

/* "ITAD:ID" or "NO_EXPORT": 0 or ERR_SYNTAX. */
int trip_community_parse(struct str text, uint32_t *itad, uint32_t *id);
/* 0, or ERR_SYNTAX with *bad naming what is wrong (a prefix, ITAD, community
 * or server; borrowed). */
int trip_rule_check(const struct trip_rule *rule, const char **bad);

/* The first rule that matches, NULL when none does. */
const struct trip_rule *trip_policy_match(const struct trip_policy *policy,
					  const struct trip_prefix *prefix,
					  const struct trip_draft *draft);
/* Change draft as an accepting rule says (NULL: nothing): MED, communities and
 * preference; the next hop is the exporter's work. 0 or ERR_SPACE. */
int trip_rule_apply(const struct trip_rule *rule, struct trip_draft *draft);

#endif
