/* identity_node.c - what all workers share to know who calls */
#include <stdio.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"
#include "lcrproxy/identity.h"

/* A user may mistype; an office behind one address has several of them. */
#define SOURCE_FACTOR 5
#define GUARD_SUBJECTS 65536
#define FORGET_MS (10 * 60 * 1000)
#define KNOWN_MS (24 * 3600 * 1000)

static void
choose_realm(struct identity_node *identity, const struct node *node)
{
	const struct settings *settings = node->settings;
	char *const *domains = settings->domains.items;
	const char *realm = settings->auth.realm;

	if (realm == NULL || realm[0] == '\0')
		realm = settings->domains.n > 0
			    ? domains[0]
			    : node->listeners.at[0].host;
	snprintf(identity->realm, sizeof(identity->realm), "%s", realm);
}

int
identity_node_new(const struct node *node, struct identity_node **out)
{
	const struct settings_auth *auth = &node->settings->auth;
	const struct guard_settings settings = {
		.max_subjects = GUARD_SUBJECTS,
		.free_failures = {
			[GUARD_SOURCE] =
			    (int32_t)auth->max_failures * SOURCE_FACTOR,
			[GUARD_USER] = (int32_t)auth->max_failures,
		},
		.forget_ms = FORGET_MS,
		.max_block_ms = auth->max_block_s * 1000,
		.known_ms = KNOWN_MS,
	};
	struct identity_node *identity = mem_zalloc(1, sizeof(*identity));
	int err;

	if (identity == NULL)
		return ERR_NOMEM;
	choose_realm(identity, node);
	err = random_bytes(identity->nonce_key, SIP_NONCE_KEY_LEN);
	if (err == 0)
		err = sip_nonce_counts_new((size_t)auth->max_nonces,
					   auth->nonce_life_s,
					   &identity->counts);
	if (err == 0)
		err = guard_new(&settings, &identity->guard);
	if (err != 0) {
		identity_node_free(identity);
		return err;
	}
	*out = identity;
	return 0;
}

void
identity_node_free(struct identity_node *identity)
{
	if (identity == NULL)
		return;
	sip_nonce_counts_free(identity->counts);
	guard_free(identity->guard);
	mem_free(identity);
}

int
identity_nonces_new(const struct node *node, int worker,
		    struct sip_nonces **out)
{
	return sip_nonces_new(node->identity->nonce_key, worker,
			      node->settings->auth.nonce_life_s, out);
}
