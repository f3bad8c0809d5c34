/* snapshot_users.c - the table of users into a snapshot */
#include "base/err.h"
#include "route/snapshot_private.h"

#define TEXT_MAX 255

static const char users_sql[] =
    "SELECT username, domain, contact, number, account, enabled FROM users";

/* False when the user has an account that is not there. */
static bool
read_account(struct snapshot_loader *loader, struct row *row,
	     struct user *out)
{
	const struct snapshot *snapshot = loader->snapshot;
	int64_t id = store_col_int(row->stmt, 4);
	const struct account *account = NULL;

	out->account = USERS_NO_ACCOUNT;
	if (store_col_is_null(row->stmt, 4))
		return true;
	if (id > 0 && id <= UINT32_MAX)
		account = snapshot_account_by_id(snapshot, (uint32_t)id);
	if (account != NULL) {
		out->account = (uint32_t)(account - snapshot->accounts);
		return true;
	}
	snapshot_warn(loader,
		      "user %.*s: left out, the account does not exist, "
		      "account_id=%lld",
		      STR_ARG(row->key), (long long)id);
	return false;
}

static int
read_user(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct snapshot *snapshot = loader->snapshot;
	struct user user = { .enabled = store_col_bool(row->stmt, 5) };
	struct str domain = row_text(row, 1, "domain", TEXT_MAX);
	struct str contact = row_text(row, 2, "contact", TEXT_MAX);
	struct str number = row_text(row, 3, "number", TEXT_MAX), host;
	struct addr addr;

	row->key = row_text(row, 0, "username", TEXT_MAX);
	if (gateway_uri_parse(contact, &host, &addr) != 0)
		row_fail(row, "contact is \"%.*s\", expected a SIP URI such "
			      "as sip:100@192.0.2.1", STR_ARG(contact));
	if (number.len > 0 && number_parse(number, &user.number) != 0)
		row_fail(row, "number is \"%.*s\", expected up to 15 digits",
			 STR_ARG(number));
	if (row->err != 0)
		return row->err;
	if (!read_account(loader, row, &user))
		return 0;
	if (snapshot_keep(snapshot, row->key, &user.name) != 0 ||
	    snapshot_keep(snapshot, domain, &user.domain) != 0 ||
	    snapshot_keep(snapshot, contact, &user.contact) != 0)
		return ERR_NOMEM;
	return users_add(&snapshot->users, &user);
}

int
snapshot_load_users(struct snapshot_loader *loader)
{
	int err = rows_read(loader->store, "users", users_sql, read_user,
			    loader, loader->error);

	if (err == 0 && users_finish(&loader->snapshot->users) != 0)
		err = rows_fail(loader->error, ERR_NOMEM,
				"users: out of memory");
	return err;
}

const struct user *
snapshot_user(const struct snapshot *snapshot, struct str name,
	      struct str domain)
{
	return users_find(&snapshot->users, name, domain);
}

const struct user *
snapshot_user_by_number(const struct snapshot *snapshot,
			const struct number *number)
{
	return users_find_number(&snapshot->users, number);
}
