/* snapshot_logins.c - the table of gateways' credentials into a snapshot */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"
#include "route/snapshot_private.h"

#define TEXT_MAX 512

static const char logins_sql[] =
    "SELECT gateway, realm, username, ha1_md5, ha1_sha256, ha1_sha512_256"
    " FROM gateway_credentials";

/* hex of n bytes, or nothing, brought into lower case. */
static int
read_hash(struct str hex, size_t n, char *out)
{
	uint8_t raw[32];

	out[0] = '\0';
	if (hex.len == 0)
		return 0;
	if (hex_decode(hex.p, hex.len, raw, n) != 0)
		return ERR_SYNTAX;
	hex_encode(raw, n, out);
	explicit_bzero(raw, sizeof(raw));
	return 0;
}

/* Of each algorithm, or of some. */
static int
read_hashes(struct row *row, struct gateway_login *login)
{
	if (read_hash(store_col_text(row->stmt, 3), 16, login->ha1_md5) != 0 ||
	    read_hash(store_col_text(row->stmt, 4), 32, login->ha1_sha256) !=
		0 ||
	    read_hash(store_col_text(row->stmt, 5), 32,
		      login->ha1_sha512_256) != 0 ||
	    (login->ha1_md5[0] == '\0' && login->ha1_sha256[0] == '\0' &&
	     login->ha1_sha512_256[0] == '\0'))
		return row_fail(row, "no hash can be read, expected 32 "
				     "hexadecimal digits in ha1_md5 or 64 in "
				     "ha1_sha256 or ha1_sha512_256");
	return 0;
}

static int
add(struct snapshot *snapshot, const struct gateway_login *login)
{
	int err = mem_grow((void **)&snapshot->gateway_logins,
			   &snapshot->gateway_logins_cap,
			   snapshot->n_gateway_logins, sizeof(*login));

	if (err == 0)
		snapshot->gateway_logins[snapshot->n_gateway_logins++] = *login;
	return err;
}

static int
read_login(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct snapshot *snapshot = loader->snapshot;
	int64_t id = store_col_int(row->stmt, 0);
	size_t gateway = snapshot_gateway_place(snapshot, id);
	struct gateway_login login = { .gateway = (uint32_t)gateway };
	struct str realm = row_text(row, 1, "realm", TEXT_MAX);
	struct str username = row_text(row, 2, "username", TEXT_MAX);
	int err;

	row->key = realm;
	if (row->err != 0)
		return row->err;
	if (gateway == snapshot->n_gateways) {
		snapshot_warn(loader,
			      "gateway_credentials of %.*s: left out, their "
			      "gateway does not exist, gateway_id=%lld",
			      STR_ARG(realm), (long long)id);
		return 0;
	}
	err = read_hashes(row, &login);
	if (err == 0)
		err = snapshot_keep(snapshot, realm, &login.realm);
	if (err == 0)
		err = snapshot_keep(snapshot, username, &login.username);
	if (err == 0)
		err = add(snapshot, &login);
	explicit_bzero(login.ha1_md5, sizeof(login.ha1_md5));
	explicit_bzero(login.ha1_sha256, sizeof(login.ha1_sha256));
	explicit_bzero(login.ha1_sha512_256, sizeof(login.ha1_sha512_256));
	return err;
}

static int
compare(const void *a, const void *b)
{
	const struct gateway_login *x = a, *y = b;

	return (x->gateway > y->gateway) - (x->gateway < y->gateway);
}

int
snapshot_load_gateway_logins(struct snapshot_loader *loader)
{
	struct snapshot *snapshot = loader->snapshot;
	int err = rows_read(loader->store, "gateway_credentials", logins_sql,
			    read_login, loader, loader->error);
	struct gateway_login *list = snapshot->gateway_logins;

	if (err != 0 || snapshot->n_gateway_logins == 0)
		return err;
	qsort(list, snapshot->n_gateway_logins, sizeof(*list), compare);
	for (size_t i = snapshot->n_gateway_logins; i-- > 0;) {
		struct gateway *gateway = &snapshot->gateways[list[i].gateway];

		gateway->logins.list = &list[i];
		gateway->logins.n++;
	}
	return 0;
}

void
snapshot_drop_gateway_logins(struct snapshot *snapshot)
{
	if (snapshot->gateway_logins != NULL)
		explicit_bzero(snapshot->gateway_logins,
			       snapshot->gateway_logins_cap *
				   sizeof(*snapshot->gateway_logins));
	mem_free(snapshot->gateway_logins);
}

const struct gateway_login *
gateway_logins_find(const struct gateway_logins *logins, struct str realm)
{
	for (size_t i = 0; i < logins->n; i++) {
		if (str_eq(realm, str_of(logins->list[i].realm)))
			return &logins->list[i];
	}
	return NULL;
}
