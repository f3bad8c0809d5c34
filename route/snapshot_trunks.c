/* snapshot_trunks.c - the trunks of accounts into a snapshot */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "route/snapshot_private.h"

#define TEXT_MAX 255

static const char trunks_sql[] =
    "SELECT account, address, port, transport, tech_prefix, trunk, certificate"
    " FROM trunks";

/* Without an address there is a certificate, which is what it is called then. */
static void
read_net(struct row *row, struct str certificate, struct addr_net *net)
{
	row->key = store_col_text(row->stmt, 1);
	*net = (struct addr_net){ .bits = 0 };
	if (row->key.len == 0 && certificate.len > 0)
		row->key = certificate;
	else if (addr_net_parse(row->key, net) != 0)
		row_fail(row,
			 "address is \"%.*s\", expected an address "
			 "or a network such as 192.0.2.0/24 without "
			 "bits behind its length",
			 STR_ARG(row->key));
}

static int
read_trunk(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	const struct account *account = NULL;
	enum trunk_transport transport = TRUNK_ANY;
	struct str transport_text = store_col_text(row->stmt, 3);
	struct str tech_prefix = row_text(row, 4, "tech_prefix", TEXT_MAX);
	struct str label = row_text(row, 5, "trunk", TEXT_MAX);
	struct str certificate = row_text(row, 6, "certificate", TEXT_MAX);
	int64_t id = store_col_int(row->stmt, 0);
	struct addr_net net;
	uint16_t port;

	read_net(row, certificate, &net);
	port = (uint16_t)row_int(row, 2, "port", 0, UINT16_MAX, 0);
	if (trunk_transport_parse(transport_text, &transport) != 0)
		row_fail(row,
			 "transport is \"%.*s\", expected udp, tcp, "
			 "tls or nothing",
			 STR_ARG(transport_text));
	if (row->err != 0)
		return row->err;
	if (id > 0 && id <= UINT32_MAX)
		account = snapshot_account_by_id(loader->snapshot,
						 (uint32_t)id);
	if (account == NULL) {
		snapshot_warn(loader,
			      "trunk %.*s: left out, its account does not "
			      "exist, account_id=%lld",
			      STR_ARG(row->key), (long long)id);
		return 0;
	}
	return trunks_add(&loader->snapshot->trunks, &net, port, certificate,
			  transport, tech_prefix, label,
			  (uint32_t)(account - loader->snapshot->accounts));
}

static const char *
format_net(const struct trunk *trunk, char out[ADDR_TEXT_MAX + 8])
{
	struct addr addr = { .family = trunk->family };
	char ip[ADDR_TEXT_MAX];

	if (trunk->family == 0)
		return "of any address";
	memcpy(addr.ip, trunk->ip, sizeof(addr.ip));
	snprintf(out, ADDR_TEXT_MAX + 8, "%s/%u", addr_format_ip(&addr, ip),
		 trunk->bits);
	return out;
}

/* Trunks that another one hides from all calls. */
static void
warn_of_shadowed(struct snapshot_loader *loader)
{
	const struct snapshot *snapshot = loader->snapshot;
	const struct trunks *trunks = &snapshot->trunks;

	for (size_t i = 0; i < trunks->n; i++) {
		const struct trunk *trunk = &trunks->list[i];
		const char *domain = trunks_certificate(trunks, trunk);
		char text[ADDR_TEXT_MAX + 8];

		if (!trunks_is_shadowed(trunks, i))
			continue;
		snapshot_warn(loader,
			      "trunk %s%s%s: never used, another row has the "
			      "same %saddress, port, transport and tech "
			      "prefix, account=%s",
			      domain, domain[0] != '\0' ? " " : "",
			      format_net(trunk, text),
			      domain[0] != '\0' ? "certificate, " : "",
			      snapshot->accounts[trunk->account].name);
	}
}

int
snapshot_load_trunks(struct snapshot_loader *loader)
{
	int err = rows_read(loader->store, "trunks", trunks_sql, read_trunk,
			    loader, loader->error);

	if (err != 0)
		return err;
	err = trunks_finish(&loader->snapshot->trunks);
	if (err != 0)
		return rows_fail(loader->error, err, "snapshot: %s",
				 err_text(err));
	warn_of_shadowed(loader);
	return 0;
}
