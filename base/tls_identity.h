/*
 * tls_identity.h - who a certificate says it is (RFC 5922 7.1, 7.2)
 */
#ifndef BASE_TLS_IDENTITY_H
#define BASE_TLS_IDENTITY_H

#include <stdbool.h>

#include "base/str.h"

struct x509_st;

/*
 * Whether the certificate is that of the SIP domain name: a subjectAltName of
 * type URI ("sip:" without user), else of type DNS, else, only without any
 * subjectAltName, the common name. Whole names, no wildcards. An IP address
 * must be there as one (RFC 5280, iPAddress).
 */
bool tls_identity_is(const struct x509_st *cert, const char *name);
/* Whether it says itself that it is for SIP (RFC 5924 4), or for anything: then
 * that it is not for TLS servers or clients in particular is no fault. */
bool tls_identity_is_for_sip(struct x509_st *cert);
/* Called with each SIP domain that the certificate is of, by the same rules;
 * as it is written, so that it may be anything, "*.example.net" too. */
typedef void tls_domain_fn(void *arg, struct str domain);
void tls_identity_each(const struct x509_st *cert, tls_domain_fn *found,
		       void *arg);

#endif
