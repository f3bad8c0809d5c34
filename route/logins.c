/* logins.c - a list, and a hash table over user and realm */
#include "route/logins.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"

int
logins_init(struct logins *logins)
{
	int err;

	*logins = (struct logins){ 0 };
	err = intern_init(&logins->names, true);
	if (err == 0)
		err = intern_init(&logins->realms, true);
	return err == 0 ? hash_key_random(&logins->key) : err;
}

void
logins_fini(struct logins *logins)
{
	mem_free(logins->list);
	mem_free(logins->slots);
	intern_fini(&logins->names);
	intern_fini(&logins->realms);
	*logins = (struct logins){ 0 };
}

/* hex of exactly n bytes, or nothing: *has says which. */
static int
read_hash(struct str hex, uint8_t *out, size_t n, bool *has)
{
	*has = hex.len > 0;
	return *has ? hex_decode(hex.p, hex.len, out, n) : 0;
}

int
logins_add(struct logins *logins, uint32_t account, struct str user,
	   struct str realm, struct str ha1_md5, struct str ha1_sha256)
{
	struct login login = { .account = account };
	int err = read_hash(ha1_md5, login.ha1_md5, LOGIN_MD5_LEN,
			    &login.has_md5);

	if (err == 0)
		err = read_hash(ha1_sha256, login.ha1_sha256, LOGIN_SHA256_LEN,
				&login.has_sha256);
	if (err == 0 && !login.has_md5 && !login.has_sha256)
		err = ERR_SYNTAX;
	if (err == 0)
		err = intern_add(&logins->names, user.p, user.len, &login.user);
	if (err == 0)
		err = intern_add(&logins->realms, realm.p, realm.len,
				 &login.realm);
	if (err == 0)
		err = mem_grow((void **)&logins->list, &logins->cap, logins->n,
			       sizeof(logins->list[0]));
	if (err == 0)
		logins->list[logins->n++] = login;
	return err;
}

static uint64_t
hash(const struct logins *logins, struct str user, struct str realm)
{
	/* Two hashes under one key would cancel out for user == realm. */
	return hash_bytes(&logins->key, user.p, user.len) +
	       3 * hash_bytes(&logins->key, realm.p, realm.len);
}

static struct str
user_of(const struct logins *logins, const struct login *login)
{
	return str_of(intern_get(&logins->names, login->user));
}

static struct str
realm_of(const struct logins *logins, const struct login *login)
{
	return str_of(intern_get(&logins->realms, login->realm));
}

int
logins_finish(struct logins *logins)
{
	size_t n_slots = 4;

	intern_seal(&logins->names);
	intern_seal(&logins->realms);
	while (n_slots < 2 * logins->n)
		n_slots *= 2;
	logins->slots = mem_zalloc(n_slots, sizeof(logins->slots[0]));
	if (logins->slots == NULL)
		return ERR_NOMEM;
	logins->n_slots = n_slots;
	for (size_t i = 0; i < logins->n; i++) {
		const struct login *login = &logins->list[i];
		size_t at = hash(logins, user_of(logins, login),
				 realm_of(logins, login)) &
			    (n_slots - 1);

		while (logins->slots[at] != 0)
			at = (at + 1) & (n_slots - 1);
		logins->slots[at] = (uint32_t)i + 1;
	}
	return 0;
}

const struct login *
logins_find(const struct logins *logins, struct str user, struct str realm)
{
	size_t mask = logins->n_slots - 1, at;

	if (logins->n == 0)
		return NULL;
	at = hash(logins, user, realm) & mask;
	for (; logins->slots[at] != 0; at = (at + 1) & mask) {
		const struct login *login = &logins->list[logins->slots[at] - 1];

		if (str_eq(user_of(logins, login), user) &&
		    str_eq(realm_of(logins, login), realm))
			return login;
	}
	return NULL;
}

size_t
logins_bytes(const struct logins *logins)
{
	return logins->cap * sizeof(logins->list[0]) +
	       logins->n_slots * sizeof(logins->slots[0]) +
	       intern_bytes(&logins->names) + intern_bytes(&logins->realms);
}
