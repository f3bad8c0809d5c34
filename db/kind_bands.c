/* kind_bands.c - rows of rates whose bands overlap */
#include "db/kind_bands.h"

#include "base/alloc.h"
#include "base/err.h"
#include "db/dialect.h"
#include "db/import.h"
#include "tel/band.h"
#include "tel/number.h"

const char kind_bands_all_sql[] =
    "SELECT t.tariff, r.prefix, r.from_second, r.valid_from, r.band, 0"
    " FROM rates r JOIN tariffs t ON t.id = r.tariff WHERE r.band <> ''"
    " ORDER BY t.tariff, r.prefix, r.from_second,"
    " coalesce(r.valid_from, %NO_TIME%), r.id";

/* The table's rows that the file replaces are not there any more. */
static const char stage_sql[] =
    "SELECT t.tariff, x.prefix, x.from_second, x.valid_from, x.band, x.line"
    " FROM (SELECT tariff, prefix, from_second, valid_from, band, line"
    "  FROM import_stage WHERE band <> ''"
    "  UNION ALL SELECT r.tariff, r.prefix, r.from_second, r.valid_from,"
    "   r.band, 0 FROM rates r WHERE r.band <> '' AND r.tariff IN"
    "    (SELECT tariff FROM import_stage WHERE band <> '')"
    "   AND NOT EXISTS (SELECT 1 FROM import_stage s"
    "    WHERE s.tariff = r.tariff AND s.prefix = r.prefix"
    "    AND s.from_second = r.from_second AND s.band = r.band"
    "    AND coalesce(s.valid_from, %NO_TIME%)"
    "     = coalesce(r.valid_from, %NO_TIME%))) x"
    " JOIN tariffs t ON t.id = x.tariff"
    " ORDER BY t.tariff, x.prefix, x.from_second,"
    " coalesce(x.valid_from, %NO_TIME%), x.line";
static const char stage_alone_sql[] =
    "SELECT t.tariff, x.prefix, x.from_second, x.valid_from, x.band, x.line"
    " FROM import_stage x JOIN tariffs t ON t.id = x.tariff"
    " WHERE x.band <> ''"
    " ORDER BY t.tariff, x.prefix, x.from_second,"
    " coalesce(x.valid_from, %NO_TIME%), x.line";
static const char any_sql[] =
    "SELECT count(*) FROM import_stage WHERE band <> ''";

struct banded {
	struct band band;
	char text[BAND_TEXT_MAX];
	int64_t line;
};

/* Rows with the same tariff, prefix, from_second and valid_from so far. */
struct group {
	char tariff[65], prefix[PREFIX_MAX + 1];
	int64_t from_second, valid_from;
	bool is_always; /* valid_from is NULL */
	struct banded *rows;
	size_t n, cap;
};

static bool
is_same_group(const struct group *group, struct store_stmt *stmt)
{
	return group->n > 0 &&
	       str_eq_text(store_col_text(stmt, 0), group->tariff) &&
	       str_eq_text(store_col_text(stmt, 1), group->prefix) &&
	       store_col_int(stmt, 2) == group->from_second &&
	       store_col_is_null(stmt, 3) == group->is_always &&
	       store_col_time(stmt, 3) == group->valid_from;
}

static void
start_group(struct group *group, struct store_stmt *stmt)
{
	str_copy(store_col_text(stmt, 0), group->tariff, sizeof(group->tariff));
	str_copy(store_col_text(stmt, 1), group->prefix, sizeof(group->prefix));
	group->from_second = store_col_int(stmt, 2);
	group->is_always = store_col_is_null(stmt, 3);
	group->valid_from = store_col_time(stmt, 3);
	group->n = 0;
}

static struct kind_band_row
shown_row(const struct group *group, const struct banded *row)
{
	return (struct kind_band_row){ .tariff = group->tariff,
				       .prefix = group->prefix,
				       .band = row->text,
				       .line = row->line };
}

static void
compare_last(const struct group *group, kind_bands_fn *fn, void *arg)
{
	const struct banded *last = &group->rows[group->n - 1];

	for (size_t i = 0; i + 1 < group->n; i++) {
		struct kind_band_row row = shown_row(group, last);
		struct kind_band_row with = shown_row(group, &group->rows[i]);

		if (band_overlaps(&last->band, &group->rows[i].band)) {
			fn(arg, &row, &with);
			return;
		}
	}
}

static int
add_row(struct group *group, struct store_stmt *stmt, kind_bands_fn *fn,
	void *arg)
{
	struct banded row = { .line = store_col_int(stmt, 5) };

	if (!is_same_group(group, stmt))
		start_group(group, stmt);
	/* What is in the table by other ways and no band is not our matter. */
	if (str_copy(store_col_text(stmt, 4), row.text, sizeof(row.text)) !=
		0 ||
	    band_parse(str_of(row.text), &row.band) != 0)
		return 0;
	if (mem_grow((void **)(void *)&group->rows, &group->cap, group->n,
		     sizeof(*group->rows)) != 0)
		return ERR_NOMEM;
	group->rows[group->n++] = row;
	compare_last(group, fn, arg);
	return 0;
}

int
kind_bands_check(struct store *store, const char *sql, kind_bands_fn *fn,
		 void *arg)
{
	struct group group = { .n = 0 };
	struct store_stmt *stmt = NULL;
	char *text;
	int err = dialect_expand(store_dialect(store), sql, &text);

	if (err == 0)
		err = store_prepare(store, text, &stmt);
	if (err == 0)
		err = store_start(stmt, NULL, 0);
	while (err == 0) {
		err = store_next(stmt);
		if (err == 0)
			err = add_row(&group, stmt, fn, arg);
	}
	store_finish(stmt);
	mem_free(text);
	mem_free(group.rows);
	return err == ERR_END ? 0 : err;
}

static void
report_stage(void *arg, const struct kind_band_row *row,
	     const struct kind_band_row *with)
{
	struct import *import = arg;
	char where[64] = "the table";

	/* Rows that are both in the table were let in by somebody else. */
	if (row->line == 0)
		return;
	if (with->line > 0)
		snprintf(where, sizeof(where), "line %lld",
			 (long long)with->line);
	import_report(import, (size_t)row->line,
		      "band: \"%s\" of prefix \"%s\" "
		      "overlaps \"%s\" of %s, expected bands apart",
		      row->band, row->prefix, with->band, where);
}

int
kind_rates_check_bands(struct import *import)
{
	const char *sql =
	    import->options->replace ? stage_alone_sql : stage_sql;
	int64_t n;
	int err = store_get_int(import->store, any_sql, NULL, 0, &n);

	if (err != 0 || n == 0)
		return err;
	return kind_bands_check(import->store, sql, report_stage, import);
}
