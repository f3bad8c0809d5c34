/* snapshot_enrolments.c - the gateways that this node registers at */
#include "base/err.h"
#include "route/snapshot_private.h"

#define TEXT_MAX 255

static const char enrolments_sql[] =
    "SELECT id, gateway, registers, register_aor, register_contact,"
    " register_expires_s FROM gateways WHERE registers <> 'no'";

/* What stands in front of the '@' of a URI with a user; p == NULL without. */
static struct str
user_of(struct str uri)
{
	const char *at = memchr(uri.p, '@', uri.len);
	const char *colon = memchr(uri.p, ':', uri.len);

	if (at == NULL || colon == NULL || colon > at)
		return str_make(NULL, 0);
	return str_make(colon + 1, (size_t)(at - colon - 1));
}

/* Where nothing is said, the credentials' user at the gateway's host. */
static const char *
preset_aor(struct snapshot_loader *loader, const struct gateway *gateway)
{
	struct str host = str_of(gateway->host);
	const char *colon = memrchr(host.p, ':', host.len);

	if (gateway->logins.n == 0)
		return "";
	if (colon != NULL && memchr(colon, ']', strlen(colon)) == NULL)
		host.len = (size_t)(colon - host.p);
	return arena_printf(&loader->snapshot->texts, "%s:%s@%.*s",
			    gateway->is_sips ? "sips" : "sip",
			    gateway->logins.list[0].username, STR_ARG(host));
}

static int
read_mode(struct row *row)
{
	struct str text = store_col_text(row->stmt, 2);

	if (str_eq_text(text, "yes"))
		return REGISTERS_AT_ALL;
	if (!str_eq_text(text, "required"))
		row_fail(row, "registers is \"%.*s\", expected no, yes or "
			      "required",
			 text.len < 20 ? (int)text.len : 20, text.p);
	return REGISTERS_OR_DOWN;
}

/* Complete the rest from the address-of-record. */
static int
read_aor(struct snapshot_loader *loader, struct row *row,
	 const struct gateway *gateway, struct gateway_enrolment *out)
{
	struct str contact = row_text(row, 4, "register_contact", TEXT_MAX);
	struct str aor = str_of(out->aor), user = user_of(aor), host;
	bool is_sips = false;
	struct addr addr;

	if (gateway_uri_parse(aor, &host, &addr) != 0 || user.len == 0 ||
	    memchr(user.p, ':', user.len) != NULL)
		return row_fail(row, "register_aor is \"%s\", expected a SIP "
				     "URI such as sip:4711@example.com",
				out->aor);
	(void)gateway_uri_transport(aor, &is_sips);
	if (is_sips && !gateway->is_sips)
		return row_fail(row, "register_aor is \"%s\", which wants a "
				     "sips uri",
				out->aor);
	row_check_user(row, "register_contact", contact);
	if (row->err != 0)
		return row->err;
	out->registrar = arena_printf(&loader->snapshot->texts, "%s:%.*s",
				      is_sips ? "sips" : "sip", STR_ARG(host));
	if (out->registrar == NULL)
		return ERR_NOMEM;
	return snapshot_keep(loader->snapshot, contact.len > 0 ? contact : user,
			     &out->user);
}

static int
read_enrolment(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct snapshot *snapshot = loader->snapshot;
	size_t place =
	    snapshot_gateway_place(snapshot, store_col_int(row->stmt, 0));
	struct str aor = row_text(row, 3, "register_aor", TEXT_MAX);
	struct gateway_enrolment enrolment = { 0 };
	struct gateway *gateway = &snapshot->gateways[place];
	int err = 0;

	row->key = row_text(row, 1, "gateway", TEXT_MAX);
	if (place == snapshot->n_gateways)
		return row->err; /* it was left out */
	enrolment.registers = (uint8_t)read_mode(row);
	enrolment.expires_s =
	    (uint32_t)row_int(row, 5, "register_expires_s", 30, 604800, 3600);
	if (aor.len > 0)
		err = snapshot_keep(snapshot, aor, &enrolment.aor);
	else
		enrolment.aor = preset_aor(loader, gateway);
	if (enrolment.aor == NULL)
		err = ERR_NOMEM;
	if (err != 0 || row->err != 0)
		return err != 0 ? err : row->err;
	if (enrolment.aor[0] == '\0') {
		snapshot_warn(loader,
			      "gateway %s: is not registered at, it has neither "
			      "register_aor nor gateway_credentials",
			      gateway->name);
		return 0;
	}
	err = read_aor(loader, row, gateway, &enrolment);
	if (err == 0)
		gateway->enrolment = enrolment;
	return err;
}

int
snapshot_load_enrolments(struct snapshot_loader *loader)
{
	if (loader->settings->registers_nowhere)
		return 0;
	return rows_read(loader->store, "gateways", enrolments_sql,
			 read_enrolment, loader, loader->error);
}
