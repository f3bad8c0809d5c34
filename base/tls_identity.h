/*
 * tls_identity.h - who a certificate says it is (RFC 5922 7.1, 7.2)
 */
#ifndef BASE_TLS_IDENTITY_H
#define BASE_TLS_IDENTITY_H

#include <stdbool.h>

struct x509_st;

/*
 * Whether the certificate is that of the SIP domain name: a subjectAltName of
 * type URI ("sip:" without user), else of type DNS, else, only without any
 * subjectAltName, the common name. Whole names, no wildcards. An IP address
 * must be there as one (RFC 5280, iPAddress).
 */
bool tls_identity_is(const struct x509_st *cert, const char *name);

#endif
