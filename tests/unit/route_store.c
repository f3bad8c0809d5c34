/* route_store.c - make a store once, open it often */
#include "tests/unit/route_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "db/kind.h"
#include "db/schema.h"
#include "tests/unit/harness.h"

static int
import_text(struct store *store, const struct route_csv *table)
{
	const struct import_options options = { 0 };
	struct import_result result;
	char path[256];
	FILE *file;
	int err;

	snprintf(path, sizeof(path), "%s/import.csv", test_dir());
	file = fopen(path, "w");
	if (file == NULL || fputs(table->text, file) < 0 || fclose(file) != 0)
		return ERR_IO;
	err = kind_import(kind_find(table->kind), store, path, &options, stderr,
			  &result);
	unlink(path);
	return err;
}

static int
fill(struct store *store, const struct route_csv *tables, const char *sql)
{
	int err = schema_migrate(store);

	for (; err == 0 && tables->kind != NULL; tables++)
		err = import_text(store, tables);
	if (err == 0 && sql != NULL)
		err = store_exec(store, "PRAGMA foreign_keys = OFF");
	if (err == 0 && sql != NULL)
		err = store_exec(store, sql);
	if (err != 0 && err != ERR_NOMEM)
		fprintf(stderr, "%s: %s\n", err_text(err), store_error(store));
	return err;
}

static int
describe(int err, const char *error)
{
	if (err != 0 && err != ERR_NOMEM)
		fprintf(stderr, "%s\n", error);
	return err;
}

int
route_store_open(const char *name, const struct route_csv *tables,
		 const char *sql, struct store **out)
{
	char url[256], error[STORE_ERROR_MAX];
	const char *path = url + strlen("sqlite:");
	int err;

	*out = NULL;
	snprintf(url, sizeof(url), "sqlite:%s/route-%s.db", test_dir(), name);
	if (access(path, F_OK) != 0) {
		err = store_open(url, STORE_CREATE, out, error);
		if (err != 0)
			return describe(err, error);
		err = fill(*out, tables, sql);
		store_close(*out);
		*out = NULL;
		if (err != 0) {
			unlink(path);
			return err;
		}
	}
	return describe(store_open(url, STORE_READ_ONLY, out, error), error);
}

static int
make_schema(const char *server, const char *name)
{
	char url[512], sql[256], error[STORE_ERROR_MAX];
	struct store *store;
	int err;

	snprintf(url, sizeof(url), "postgresql:%s", server);
	err = store_open(url, 0, &store, error);
	if (err != 0)
		return describe(err, error);
	snprintf(sql, sizeof(sql),
		 "SET client_min_messages = warning;"
		 "DROP SCHEMA IF EXISTS \"%s\" CASCADE; CREATE SCHEMA \"%s\"",
		 name, name);
	err = describe(store_exec(store, sql), store_error(store));
	store_close(store);
	return err;
}

int
route_store_open_pg(const char *name, const struct route_csv *tables,
		    struct store **out)
{
	const char *server = getenv("LCR_TEST_PG");
	char url[512], error[STORE_ERROR_MAX];
	int err;

	*out = NULL;
	if (server == NULL || server[0] == '\0')
		return ERR_NOTFOUND;
	err = make_schema(server, name);
	if (err != 0)
		return err;
	snprintf(url, sizeof(url), "postgresql:%s options=-csearch_path=%s",
		 server, name);
	err = store_open(url, 0, out, error);
	if (err != 0)
		return describe(err, error);
	err = fill(*out, tables, NULL);
	store_close(*out);
	*out = NULL;
	if (err != 0)
		return err;
	return describe(store_open(url, STORE_READ_ONLY, out, error), error);
}
