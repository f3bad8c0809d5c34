/* pg_open.c - a connection to a PostgreSQL server, and what is set for it */
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/pg.h"

/* What a connection string says of the server, without its password. */
static int
describe(const char *conninfo, char *out, size_t cap)
{
	static const char *const shown[] = { "host", "hostaddr", "port",
					     "dbname", "user" };
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	size_t len = (size_t)snprintf(out, cap, "postgresql:");

	if (options == NULL)
		return ERR_INVAL;
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		for (PQconninfoOption *o = options; o->keyword != NULL; o++) {
			if (strcmp(o->keyword, shown[i]) != 0 ||
			    o->val == NULL || len + 1 >= cap)
				continue;
			len += (size_t)snprintf(out + len, cap - len, " %s=%s",
						o->keyword, o->val);
		}
	}
	PQconninfoFree(options);
	return 0;
}

static void
drop_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

/* Later keywords override earlier ones: what the user gave wins over our
 * time limits, but not over the encoding. A peer that is gone is noticed
 * after 10 + 3 * 5 seconds, unacknowledged data after 15. Of several hosts, and
 * after a failover, who writes wants the one that can be written to. */
static PGconn *
connect_to(const char *conninfo, unsigned flags)
{
	const char *const keys[] = {
		"fallback_application_name",
		"connect_timeout",
		"keepalives_idle",
		"keepalives_interval",
		"keepalives_count",
		"tcp_user_timeout",
		"target_session_attrs",
		"dbname",
		"client_encoding",
		NULL,
	};
	const char *const values[] = {
		"lcrproxy",
		"5",
		"10",
		"5",
		"3",
		"15000",
		flags & STORE_READ_ONLY ? "any" : "read-write",
		conninfo,
		"UTF8",
		NULL,
	};

	return PQconnectdbParams(keys, values, 1);
}

/* A pooler that gives each transaction another process of the server (PgBouncer
 * with pool_mode = transaction) tells clients an id of its own making. */
static int
find_pooler(struct pg *pg)
{
	int64_t pid = 0;
	int err = store_get_int(&pg->base, "SELECT pg_backend_pid()", NULL, 0,
				&pid);

	pg->is_pooled = pid != PQbackendPID(pg->conn);
	return err;
}

/* What stays with the connection. Behind a pooler it would stay with whoever
 * comes next, too: begin() says it for each transaction. */
static int
set_session(struct pg *pg)
{
	int err;

	if (pg->is_pooled)
		return 0;
	err = pg_exec(pg, "SET lock_timeout = " PG_LOCK_TIMEOUT);
	if (err == 0 && (pg->base.flags & STORE_READ_ONLY))
		err = pg_exec(pg, "SET default_transaction_read_only = on");
	return err;
}

/* Text results must not depend on the server's settings (poolers keep these
 * apart for their clients), and a lock held by somebody else ends as ERR_CONFLICT
 * before the wait ends as a loss. */
static int
set_up(struct pg *pg)
{
	const char *encoding = PQparameterStatus(pg->conn, "server_encoding");
	int err;

	if (encoding == NULL || (strcmp(encoding, "UTF8") != 0 &&
				 strcmp(encoding, "SQL_ASCII") != 0))
		return store_fail(&pg->base, ERR_DB,
				  "the database's encoding is %s, expected "
				  "UTF8",
				  encoding != NULL ? encoding : "not known");
	PQsetNoticeProcessor(pg->conn, drop_notice, NULL);
	if (PQsetnonblocking(pg->conn, 1) != 0)
		return pg_lose(pg, NULL);
	err = pg_exec(pg, "SET TimeZone = 'UTC';"
			  "SET DateStyle = 'ISO, YMD';"
			  "SET standard_conforming_strings = on");
	if (err == 0)
		err = find_pooler(pg);
	return err != 0 ? err : set_session(pg);
}

static int
open_conn(struct pg *pg, const char *conninfo)
{
	pg->conn = connect_to(conninfo, pg->base.flags);
	if (pg->conn == NULL)
		return ERR_NOMEM;
	if (PQstatus(pg->conn) != CONNECTION_OK)
		return store_fail(&pg->base, ERR_DB, "%s",
				  PQerrorMessage(pg->conn));
	return set_up(pg);
}

int
postgresql_open(const char *conninfo, unsigned flags, struct store **out,
		char error[STORE_ERROR_MAX])
{
	char name[200];
	struct pg *pg;
	int err = describe(conninfo, name, sizeof(name));

	/* libpq's own message would quote what may be the password. */
	if (err != 0)
		return store_open_fail(error, err,
				       "store \"postgresql:...\": expected "
				       "postgresql://USER@HOST/DATABASE or a "
				       "libpq connection string behind the "
				       "colon");
	pg = mem_zalloc(1, sizeof(*pg));
	if (pg == NULL)
		return store_open_fail(error, ERR_NOMEM, "out of memory");
	pg->base.driver = &pg_driver;
	pg->base.flags = flags;
	pg->base.timeout_ms = STORE_TIMEOUT_MS;
	pg->base.alarm_fd = -1;
	err = open_conn(pg, conninfo);
	if (err != 0) {
		store_open_fail(error, err, "%s: %.280s", name,
				pg->base.error.text);
		store_close(&pg->base);
		return err;
	}
	*out = &pg->base;
	return 0;
}
