/* tls_identity.c - who a certificate says it is (RFC 5922 7.1, 7.2) */
#include "base/tls_identity.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "base/addr.h"

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

/* The domain that an alternative of this type says, p == NULL for none. */
static struct str
domain_of(const GENERAL_NAME *one, int type)
{
	if (one->type != type)
		return str_make(NULL, 0);
	return type == GEN_DNS
		   ? text_of(one->d.dNSName)
		   : host_of_uri(text_of(one->d.uniformResourceIdentifier));
}

static bool
each_alternative(const GENERAL_NAMES *names, int type, tls_domain_fn *found,
		 void *arg)
{
	bool has_one = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		struct str domain =
		    domain_of(sk_GENERAL_NAME_value(names, i), type);

		if (domain.p == NULL)
			continue;
		has_one = true;
		found(arg, domain);
	}
	return has_one;
}

/* Step 2. */
static void
each_common_name(const X509 *cert, tls_domain_fn *found, void *arg)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	const X509_NAME_ENTRY *entry;

	if (at < 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return;
	entry = X509_NAME_get_entry(subject, at);
	found(arg, text_of(X509_NAME_ENTRY_get_data(entry)));
}

void
tls_identity_each(const struct x509_st *cert, tls_domain_fn *found, void *arg)
{
	GENERAL_NAMES *names;
	int critical;

	names = X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);
	if (names == NULL) { /* -1: there is none; else it cannot be read */
		if (critical == -1)
			each_common_name(cert, found, arg);
		return;
	}
	/* step 1: URIs, and only when there is none of a domain, DNS names */
	if (!each_alternative(names, GEN_URI, found, arg))
		(void)each_alternative(names, GEN_DNS, found, arg);
	GENERAL_NAMES_free(names);
}

/* id-kp-sipDomain, and anyExtendedKeyUsage. */
static bool
is_sip_usage(const ASN1_OBJECT *usage)
{
	char text[64];

	OBJ_obj2txt(text, sizeof(text), usage, 1);
	return strcmp(text, "1.3.6.1.5.5.7.3.20") == 0 ||
	       strcmp(text, "2.5.29.37.0") == 0;
}

bool
tls_identity_is_for_sip(struct x509_st *cert)
{
	EXTENDED_KEY_USAGE *usages =
	    X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++)
		found |= is_sip_usage(sk_ASN1_OBJECT_value(usages, i));
	EXTENDED_KEY_USAGE_free(usages);
	return found && (X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE) != 0;
}

struct wanted {
	struct str name;
	bool fits;
};

static void
compare(void *arg, struct str domain)
{
	struct wanted *wanted = arg;

	wanted->fits |= is_same(domain, wanted->name);
}

bool
tls_identity_is(const struct x509_st *cert, const char *name)
{
	struct wanted wanted = { str_of(name), false };
	struct addr addr;

	if (addr_parse_ip(wanted.name, &addr) == 0)
		return X509_check_ip_asc((X509 *)(uintptr_t)cert, name, 0) == 1;
	tls_identity_each(cert, compare, &wanted);
	return wanted.fits;
}
