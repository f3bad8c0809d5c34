/* snapshot_portability.c - ported numbers into a snapshot */
#include "base/err.h"
#include "route/snapshot_private.h"

static const char portability_sql[] =
    "SELECT number, routing_number FROM portability";

/* A whole number, as tables have it. */
static void
read_number(struct row *row, int column, const char *name, struct number *out)
{
	struct str text = store_col_text(row->stmt, column);

	if (number_parse(text, out) != 0 || out->digits[0] == '0')
		row_fail(row, "%s is \"%.*s\", expected an E.164 number", name,
			 text.len < 20 ? (int)text.len : 20, text.p);
}

static int
read_ported(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct number number, routing;

	row->key = store_col_text(row->stmt, 0);
	read_number(row, 0, "number", &number);
	read_number(row, 1, "routing_number", &routing);
	if (row->err != 0)
		return row->err;
	return portability_add(&loader->snapshot->portability, &number,
			       &routing);
}

int
snapshot_load_portability(struct snapshot_loader *loader)
{
	int err = rows_read(loader->store, "portability", portability_sql,
			    read_ported, loader, loader->error);

	if (err == 0) {
		err = portability_finish(&loader->snapshot->portability);
		if (err != 0)
			rows_fail(loader->error, err, "portability: %s",
				  err_text(err));
	}
	return err;
}

bool
snapshot_ported(const struct snapshot *snapshot, const struct number *number,
		struct number *routing)
{
	return portability_find(&snapshot->portability, number, routing);
}
