/*
 * tls_help.h - contexts from the certificates in tests/data/tls
 */
#ifndef TESTS_UNIT_TLS_HELP_H
#define TESTS_UNIT_TLS_HELP_H

#include <stdio.h>

#include "base/tls.h"
#include "tests/unit/harness.h"

/* certificate, ca: "dns", "ca" ...; NULL: none, the system's; client: whom
 * alone to let in, NULL: all. */
static inline int
tls_help_ctx_for(const char *certificate, const char *ca, bool verify,
		 const char *client, struct tls_ctx **out)
{
	char cert_path[512], ca_path[512], name[64], why[TLS_WHY_MAX];
	const char *const clients[] = { "sip.example.org", client };
	struct tls_settings settings = { .verify_clients = verify,
					     .verify_servers = true,
					     .clients = clients,
					     .n_clients =
						 client != NULL ? 2 : 0 };

	if (certificate != NULL) {
		snprintf(name, sizeof(name), "tests/data/tls/%s.pem",
			 certificate);
		settings.certificate =
		    test_file(name, cert_path, sizeof(cert_path));
	}
	if (ca != NULL) {
		snprintf(name, sizeof(name), "tests/data/tls/%s.pem", ca);
		settings.ca = test_file(name, ca_path, sizeof(ca_path));
	}
	return tls_ctx_new(&settings, why, out);
}

static inline int
tls_help_ctx(const char *certificate, const char *ca, bool verify,
	     struct tls_ctx **out)
{
	return tls_help_ctx_for(certificate, ca, verify, NULL, out);
}

#endif
