/*
 * users.h - the users of our domains, and where each of them is
 *
 * Fixed contacts. Filled while a snapshot is loaded, sealed by users_finish,
 * then read only; texts are the snapshot's.
 */
#ifndef ROUTE_USERS_H
#define ROUTE_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "tel/number.h"

#define USERS_NO_ACCOUNT UINT32_MAX

struct user {
	const char *name;    /* of the Request-URI, unescaped */
	const char *domain;  /* "" = all of ours */
	const char *contact; /* a SIP URI */
	struct number number; /* that is his, too; len 0 = none */
	uint32_t account;    /* index, or USERS_NO_ACCOUNT */
	bool enabled;
};

struct users {
	struct user *list; /* by name and domain */
	size_t n, cap;
	uint32_t *by_number; /* of those that have one */
	size_t n_numbers;
};

void users_fini(struct users *users);
/* 0 or ERR_NOMEM. */
int users_add(struct users *users, const struct user *user);
/* Sort; nothing is added any more: 0 or ERR_NOMEM. */
int users_finish(struct users *users);
/* The user of a name (octet for octet, RFC 3261 19.1.4) in a domain of ours (in
 * any case): the domain's own, else one of all domains. NULL: nobody. */
const struct user *users_find(const struct users *users, struct str name,
			      struct str domain);
/* Whose number it is: of several the first by name. NULL: nobody's. */
const struct user *users_find_number(const struct users *users,
				     const struct number *number);
size_t users_bytes(const struct users *users);

#endif
