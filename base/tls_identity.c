/* tls_identity.c - who a certificate says it is (RFC 5922 7.1, 7.2) */
#include "base/tls_identity.h"

#include <openssl/x509v3.h>

#include "base/addr.h"
#include "base/str.h"

static struct str
text_of(const ASN1_STRING *s)
{
	return str_make((const char *)ASN1_STRING_get0_data(s),
			(size_t)ASN1_STRING_length(s));
}

/* The host of "sip:host", with or without what may follow it; p == NULL for
 * other schemes, and for a user's URI. */
static struct str
host_of_uri(struct str uri)
{
	size_t n = 0;

	if (uri.len < 4 || !str_eq_nocase(str_make(uri.p, 4), str_of("sip:")) ||
	    memchr(uri.p, '@', uri.len) != NULL)
		return str_make(NULL, 0);
	uri = str_make(uri.p + 4, uri.len - 4);
	while (n < uri.len && uri.p[n] != ':' && uri.p[n] != ';' &&
	       uri.p[n] != '?')
		n++;
	return str_make(uri.p, n);
}

/* Domain names are the same with and without the final dot. */
static bool
is_same(struct str a, struct str b)
{
	if (a.len > 1 && a.p[a.len - 1] == '.')
		a.len--;
	if (b.len > 1 && b.p[b.len - 1] == '.')
		b.len--;
	return a.len > 0 && str_eq_nocase(a, b);
}

/* Step 1: URIs, and only when there is none of a domain, DNS names. */
static bool
alternative_is(const GENERAL_NAMES *names, struct str name)
{
	bool has_uri = false, uri_fits = false, dns_fits = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);
		struct str host;

		if (one->type == GEN_DNS) {
			dns_fits |= is_same(text_of(one->d.dNSName), name);
			continue;
		}
		if (one->type != GEN_URI)
			continue;
		host = host_of_uri(
		    text_of(one->d.uniformResourceIdentifier));
		has_uri |= host.p != NULL;
		uri_fits |= host.p != NULL && is_same(host, name);
	}
	return has_uri ? uri_fits : dns_fits;
}

/* Step 2. */
static bool
common_name_is(const X509 *cert, struct str name)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	const X509_NAME_ENTRY *entry;

	if (at < 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return false;
	entry = X509_NAME_get_entry(subject, at);
	return is_same(text_of(X509_NAME_ENTRY_get_data(entry)), name);
}

bool
tls_identity_is(const struct x509_st *cert, const char *name)
{
	GENERAL_NAMES *names;
	struct addr addr;
	int critical;
	bool fits;

	if (addr_parse_ip(str_of(name), &addr) == 0)
		return X509_check_ip_asc((X509 *)(uintptr_t)cert, name, 0) == 1;
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);
	if (names == NULL) /* -1: there is none; else it cannot be read */
		return critical == -1 && common_name_is(cert, str_of(name));
	fits = alternative_is(names, str_of(name));
	GENERAL_NAMES_free(names);
	return fits;
}
