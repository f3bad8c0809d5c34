/*
 * enum_rules.h - what the configuration says of ENUM, for the workers
 *
 * Made by the control thread, never changed, counted; a reload makes another,
 * and workers whose rules stay the same keep what they know.
 */
#ifndef LCRPROXY_ENUM_RULES_H
#define LCRPROXY_ENUM_RULES_H

#include "enum/enum.h"
#include "lcrproxy/settings_enum.h"

#define ENUM_RULES_TREES 16

struct settings_dns;

/* One behind the other, each with its NUL. */
struct enum_domains {
	size_t n;
	const char *first;
};

struct enum_rules {
	struct enum_settings client; /* trees are those below */
	struct enum_tree trees[ENUM_RULES_TREES];
	struct addr servers[DNS_SERVERS_MAX]; /* of trees without their own */
	size_t n_servers;		      /* 0: the system's */
	bool by_cost, refuses_void;
	size_t max_targets;
	struct enum_domains allowed, refused; /* n 0: all; none */
};

/* *out is NULL when there is no tree: no ENUM. 0 or ERR_NOMEM. */
int enum_rules_new(const struct settings_enum *settings,
		   const struct settings_dns *dns, struct enum_rules **out);
/* From any thread; NULL is accepted and given back. */
struct enum_rules *enum_rules_ref(struct enum_rules *rules);
void enum_rules_unref(struct enum_rules *rules);
/* Whether both say the same; NULL is like NULL. */
bool enum_rules_equal(const struct enum_rules *a, const struct enum_rules *b);
/* Whether a URI with this host may be called. */
bool enum_rules_allow(const struct enum_rules *rules, struct str host);

#endif
