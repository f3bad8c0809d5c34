/*
 * caller_from.h - a From that goes on changed, in the INVITE and after it
 *
 * The callee gets the same From in every request of the caller, and the caller
 * its own in every response (RFC 3261 8.2.6.2, 12.2.1.1); tags stay as they
 * are, for they tell the dialog. What was changed is in a parameter of our
 * Record-Route, so any node knows it, and a restart changes nothing. Both sides
 * can read it: it has only what the callee was told. The caller's own requests
 * are known by the From tag.
 */
#ifndef LCRPROXY_CALLER_FROM_H
#define LCRPROXY_CALLER_FROM_H

#include "lcrproxy/worker.h"
#include "sip/edit.h"
#include "sip/value.h"

#define FROM_USER_MAX 80 /* an escaped prefix and digits, with NUL */

enum from_kind {
	FROM_KEPT = 0,
	FROM_ANONYMOUS = 'a', /* RFC 3323 4.1 */
	FROM_OWN = 'o',	      /* user at our domain, no display name */
	FROM_USER = 'u',      /* another user part in the caller's sip URI */
};

struct from_change {
	enum from_kind kind;
	char user[FROM_USER_MAX]; /* of FROM_OWN and FROM_USER: as in a URI */
};

/* "<sip:USER@REALM>" in arena; p == NULL: out of memory. */
struct str from_own_uri(struct arena *arena, const char *user,
			const char *realm);
/* A sip or sips URI in front of and behind its user part: false without. */
bool from_split_uri(struct str uri, struct str *front, struct str *rest);
/* Change the From of a request; texts in arena. Errors are sticky in edit. */
void from_edit(struct sip_edit *edit, struct arena *arena,
	       const struct from_change *change, const char *realm);
/* The parameter for the Record-Route: "" for FROM_KEPT; p == NULL: out of
 * memory. tag is the caller's. In arena. */
struct str from_param(struct arena *arena, const struct from_change *change,
		      struct str tag);
/* The parameter as a Route of ours has it, for another Record-Route of the same
 * dialog; likewise. */
struct str from_param_again(struct arena *arena, const struct sip_uri *route);
/* Find the parameter in the first n_own values of the Route of a request whose
 * From has this tag: FROM_KEPT without, or when the request is not the
 * caller's. */
void from_read(const struct sip_msg *msg, unsigned n_own,
	       struct from_change *out);
/* The same into a request inside the dialog; of a caller who is anonymous, or
 * whose number was replaced, identity headers do not go on. */
void from_again(struct worker *worker, unsigned n_own, struct sip_edit *edit);
/* A response gets the From of its request back: no-op when it has that. */
void from_restore(struct sip_edit *edit, struct str from);

#endif
