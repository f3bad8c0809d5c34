/* snapshot_blocks.c - the table of blocks into a snapshot */
#include "base/err.h"
#include "route/snapshot_private.h"

#define TEXT_MAX 255

static const char blocks_sql[] =
    "SELECT account, prefix, carrier, class, verdict, valid_until, source,"
    " reason FROM blocks";

static bool
read_carrier(struct snapshot_loader *loader, struct row *row, uint32_t *out)
{
	int64_t id = store_col_int(row->stmt, 2);

	*out = BLOCKS_NO_CARRIER;
	if (store_col_is_null(row->stmt, 2))
		return true;
	*out = snapshot_find_carrier(loader, id);
	if (*out < loader->snapshot->n_carriers)
		return true;
	snapshot_warn(loader,
		      "blocks: a row is left out, its carrier does not exist, "
		      "carrier_id=%lld",
		      (long long)id);
	return false;
}

static void
read_class(struct row *row, struct block *out)
{
	struct str text = store_col_text(row->stmt, 3);

	out->class = BLOCKS_ALL_CLASSES;
	if (text.p == NULL)
		return;
	for (uint32_t i = 0; i < NUMBER_N_CLASSES; i++) {
		if (str_eq_text(text,
				number_class_text((enum number_class)i))) {
			out->class = i;
			return;
		}
	}
	row_fail(row, "class is \"%.*s\", expected mobile, premium ...",
		 text.len < 20 ? (int)text.len : 20, text.p);
}

static void
read_values(struct row *row, struct block *out)
{
	struct str verdict = store_col_text(row->stmt, 4);

	if (prefix_parse(row->key, &out->prefix) != 0)
		row_fail(row, "prefix is \"%.*s\", expected up to 15 digits",
			 row->key.len < 20 ? (int)row->key.len : 20,
			 row->key.p);
	read_class(row, out);
	out->is_allowed = str_eq_text(verdict, "allowed");
	if (!out->is_allowed && !str_eq_text(verdict, "blocked"))
		row_fail(row, "verdict is \"%.*s\", expected blocked or "
			      "allowed", STR_ARG(verdict));
	out->until = store_col_is_null(row->stmt, 5)
			 ? INT64_MAX
			 : store_col_time(row->stmt, 5);
}

static int
read_block(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct snapshot *snapshot = loader->snapshot;
	struct str source = row_text(row, 6, "source", TEXT_MAX);
	struct str reason = row_text(row, 7, "reason", TEXT_MAX);
	struct block block = { .prefix = 0 };

	row->key = store_col_text(row->stmt, 1);
	read_values(row, &block);
	if (row->err != 0 ||
	    !snapshot_read_owner(loader, row, 0, &block.account) ||
	    !read_carrier(loader, row, &block.carrier))
		return row->err;
	if (snapshot_keep(snapshot, source, &block.source) != 0 ||
	    snapshot_keep(snapshot, reason, &block.reason) != 0)
		return ERR_NOMEM;
	return blocks_add(&snapshot->blocks, &block);
}

int
snapshot_load_blocks(struct snapshot_loader *loader)
{
	int err = rows_read(loader->store, "blocks", blocks_sql, read_block,
			    loader, loader->error);

	if (err == 0)
		blocks_finish(&loader->snapshot->blocks);
	return err;
}

const struct blocks *
snapshot_blocks(const struct snapshot *snapshot)
{
	return &snapshot->blocks;
}
