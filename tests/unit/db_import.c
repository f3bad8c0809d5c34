/* db_import.c - CSV texts into a store, for tests */
#include "tests/unit/db_import.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* Put FILE in the place of path. */
static void
shorten(char *text, const char *path)
{
	size_t len = strlen(path);
	char *at;

	while ((at = strstr(text, path)) != NULL) {
		memcpy(at, "FILE", 4);
		memmove(at + 4, at + len, strlen(at + len) + 1);
	}
}

int
db_import_with(struct store *store, const char *kind, const char *text,
	       const struct import_options *options,
	       struct import_result *result, char report[REPORT_MAX])
{
	char path[256];
	FILE *out = fmemopen(report, REPORT_MAX, "w");
	int err;

	report[0] = '\0';
	if (out == NULL)
		return ERR_IO;
	db_file("import.csv", text, path, sizeof(path));
	err = kind_import(kind_find(kind), store, path, options, out, result);
	fclose(out);
	shorten(report, path);
	return err;
}

int
db_import(struct store *store, const char *kind, const char *text)
{
	const struct import_options options = { .tariff = NULL };
	struct import_result result;
	char report[REPORT_MAX];
	int err = db_import_with(store, kind, text, &options, &result, report);

	if (err != 0 && err != ERR_NOMEM)
		printf("\n    %s: %s%s\n", kind, report, store_error(store));
	return err;
}

int
db_import_basics(struct store *store)
{
	int err = db_import(store, "tariffs",
			    "tariff,currency,timezone,allow_negative\n"
			    "retail,EUR,Europe/Berlin,\n"
			    "blue,EUR,,\n"
			    "back,EUR,,true\n");

	if (err == 0)
		err = db_import(store, "carriers",
				"carrier,tariff\nblue,blue\nred,\n");
	if (err == 0)
		err = db_import(store, "accounts",
				"account,tariff\nacme,retail\nzeta,\n");
	return err;
}

int
db_export(struct store *store, const char *kind, char *out, size_t cap)
{
	FILE *file = fmemopen(out, cap, "w");
	int err;

	out[0] = '\0';
	if (file == NULL)
		return ERR_IO;
	err = kind_export(kind_find(kind), store, file);
	fclose(file);
	return err;
}
