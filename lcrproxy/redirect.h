/*
 * redirect.h - gateways that answer 3xx (RFC 3261 8.1.3.4, 21.3)
 *
 * By setting a redirection is passed to the caller, counts as a failure, or is
 * followed: its Contacts, the best first, become the next hops of the call, at
 * the price of the carrier that redirects. Only such are followed that lead to
 * the number which was asked for and to a host of the same carrier, or to a host
 * that the configuration names. A URI is followed once in a call, and a call is
 * redirected so often at most.
 */
#ifndef LCRPROXY_REDIRECT_H
#define LCRPROXY_REDIRECT_H

#include "lcrproxy/call.h"

#define REDIRECT_CONTACTS_MAX 8 /* of one response */
#define REDIRECTS_MAX 5		/* of one call */

struct redirect_contact {
	struct str uri;	 /* as written, without brackets */
	unsigned q;	 /* in thousandths; 1000 without (20.10) */
};

/* The Contacts of a response, the highest q first, else in their order; those
 * behind what cannot be read, or over the bound, are left out. Returns how
 * many; URIs are borrowed from the message. */
size_t redirect_read(struct arena *arena, const struct sip_msg *msg,
		     struct redirect_contact out[REDIRECT_CONTACTS_MAX]);
/* Whether a host is one of the configuration's: "gw.example", ".example" for
 * all names in it, "192.0.2.1" or "192.0.2.0/24". addr has family 0 when host is
 * a name. */
bool redirect_is_listed(char *const *hosts, size_t n, struct str host,
			const struct addr *addr);
/* What is to be done with a response: false when it is no redirection, or is to
 * be passed on as the gateway sent it. */
bool redirect_is_ours(const struct attempt *attempt,
		      const struct sip_msg *response);
/* Give the call what the redirection leads to, as far as it is followed, to be
 * tried next. */
void redirect_follow(struct attempt *attempt, const struct sip_msg *response);

#endif
