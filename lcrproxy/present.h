/*
 * present.h - what a hop is told of the caller (RFC 3323, 3325, 5806)
 *
 * Always made from the INVITE as it came, and as the account's rules accepted it
 * (caller.h). A gateway that is not trusted, and any URI, learns nothing of a
 * caller who wants privacy: From is anonymous, nothing is asserted. Others are
 * told in the header and the format of numbers that they want. What an account
 * that is not trusted asserts does not go on at all. Emergency calls go on as
 * they came.
 */
#ifndef LCRPROXY_PRESENT_H
#define LCRPROXY_PRESENT_H

#include "lcrproxy/call.h"
#include "sip/edit.h"

/* Whether the caller wants privacy: Privacy with id or user, or a
 * Remote-Party-ID that says so; never with Privacy: none. */
bool present_hides(struct arena *arena, const struct sip_msg *msg);
/* Who sends a request, as caller.h has accepted it; all borrowed. */
struct present_caller {
	struct worker *worker;
	const struct snapshot *snapshot;
	const struct account *account;
	const struct number *identity; /* asserted by us; len 0 = not */
	bool claims;		       /* its From has another */
};

/* Into a request other than INVITE that goes out to gateway (NULL: to a URI);
 * errors are sticky in edit. Returns what present_edit does. Its responses get the
 * From back by from_restore. */
struct str present_edit_other(const struct present_caller *caller,
			      const struct gateway *gateway,
			      struct sip_edit *edit);
/* Into the INVITE that goes out to hop; errors are sticky in edit. Returns the
 * parameter for our Record-Route (caller_from.h), in the worker's arena; p ==
 * NULL: out of memory. */
struct str present_edit(const struct call *call, const struct call_hop *hop,
			struct sip_edit *edit);

#endif
