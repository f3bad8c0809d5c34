/*
 * target.h - what a Request-URI asks for: a number, a user of ours, a domain
 *
 * A destination in the telephone network goes to a gateway, a user of ours to
 * where he is, anything else to its domain. Within our domains a user of the
 * name counts before a number (unless user=phone says that it is one, RFC 3261
 * 19.1.1), and a number of a user before the telephone network; what is no
 * number and nobody's name is a user that is not there. In other domains nobody
 * is to guess (RFC 3261 16.5).
 */
#ifndef LCRPROXY_TARGET_H
#define LCRPROXY_TARGET_H

#include "base/arena.h"
#include "lcrproxy/policy.h"
#include "route/snapshot.h"
#include "sip/value.h"

struct target {
	enum policy_target kind;
	struct str dialled;	 /* the user part; of tel all of it */
	struct number number;	 /* len 0: none, or a bad one */
	int err;		 /* of a bad number, as number_normalise */
	const char *isn;	 /* number*itad, the end of dialled; NULL: none */
	const struct user *user; /* of POLICY_LOCAL; NULL: nobody's name */
};

/* What it takes besides the URI. */
struct target_place {
	const struct snapshot *snapshot;
	bool is_ours;		      /* the URI's host is this proxy */
	struct str domain;	      /* of ours that it stands for */
	const struct dial_plan *plan; /* as the caller dials */
	const char *tech_prefix;      /* of its trunk, or "" */
	bool takes_isn;		      /* there are trees of them (enum_call.h) */
};

/* 0 or ERR_NOMEM. out lives as long as arena, uri and snapshot. */
int target_find(struct arena *arena, const struct target_place *place,
		const struct sip_uri *uri, struct target *out);

#endif
