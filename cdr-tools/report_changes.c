/* report_changes.c - what moved between two reports */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/csv.h"
#include "base/err.h"
#include "cdr-tools/report_out.h"

#define VALUE_MAX 48

struct change {
	const char *const *keys;
	int64_t now, before, moved;
};

struct changes {
	struct change *rows;
	size_t n, cap;
	bool is_money;
	const char *currency; /* "" of what is no money */
};

static int64_t
size_of(int64_t value)
{
	return value < 0 ? -value : value;
}

/* The greatest move first, then by keys. */
static int
compare(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	int64_t p = size_of(x->moved), q = size_of(y->moved);
	int order = (p < q) - (p > q);

	for (size_t i = 0; i < REPORT_MAX_KEYS && order == 0; i++) {
		if (x->keys[i] == NULL)
			break;
		order = strcmp(x->keys[i], y->keys[i]);
	}
	return order;
}

static int
compare_keys(const struct report_group *a, const struct report_group *b)
{
	int order = 0;

	for (size_t i = 0; i < REPORT_MAX_KEYS && order == 0; i++) {
		if (a->keys[i] == NULL)
			break;
		order = strcmp(a->keys[i], b->keys[i]);
	}
	return order;
}

static int
add(struct changes *changes, const struct report_group *now,
    const struct report_group *before, const char *measure)
{
	struct change row = { .keys = (now != NULL ? now : before)->keys };
	int err = mem_grow((void **)&changes->rows, &changes->cap, changes->n,
			   sizeof(*changes->rows));

	if (err == 0 && now != NULL)
		err = report_measure(str_of(measure), &now->sums, &row.now,
				     &changes->is_money);
	if (err == 0 && before != NULL)
		err = report_measure(str_of(measure), &before->sums,
				     &row.before, &changes->is_money);
	if (err == 0 &&
	    __builtin_sub_overflow(row.now, row.before, &row.moved))
		err = ERR_RANGE;
	if (err == 0 && row.moved != 0)
		changes->rows[changes->n++] = row;
	return err;
}

/* Both are in order: walk them side by side. */
static int
collect(struct changes *changes, const struct report *now,
	const struct report *before, const char *measure)
{
	size_t i = 0, k = 0;
	int err = 0;

	while (err == 0 && (i < now->n || k < before->n)) {
		int order = i == now->n	    ? 1
			    : k == before->n ? -1
					     : compare_keys(now->groups[i],
							    before->groups[k]);

		err = add(changes, order <= 0 ? now->groups[i] : NULL,
			  order >= 0 ? before->groups[k] : NULL, measure);
		i += order <= 0;
		k += order >= 0;
	}
	return err;
}

static const char *
value_text(const struct changes *changes, int64_t value, char out[VALUE_MAX])
{
	if (changes->is_money)
		return money_format(value, 2, out);
	snprintf(out, VALUE_MAX, "%" PRId64, value);
	return out;
}

static void
write_csv(const struct changes *changes, size_t n,
	  const struct report_options *options, FILE *out)
{
	char text[VALUE_MAX];

	for (size_t i = 0; i < options->n_keys; i++)
		fprintf(out, "%s,", report_key_text(options->keys[i]));
	fputs("now,before,change,currency\n", out);
	for (size_t r = 0; r < n; r++) {
		const struct change *row = &changes->rows[r];
		const int64_t values[] = { row->now, row->before, row->moved };

		for (size_t i = 0; i < options->n_keys; i++)
			csv_write_field(out, i == 0, str_of(row->keys[i]));
		for (size_t i = 0; i < 3; i++)
			csv_write_field(
			    out, i == 0 && options->n_keys == 0,
			    str_of(value_text(changes, values[i], text)));
		csv_write_field(out, false, str_of(changes->currency));
		csv_write_end(out);
	}
}

static json_t *
change_json(const struct changes *changes, const struct change *row,
	    const struct report_options *options)
{
	char now[VALUE_MAX], before[VALUE_MAX], moved[VALUE_MAX];
	json_t *object = json_pack(
	    "{s:s,s:s,s:s}", "now", value_text(changes, row->now, now),
	    "before", value_text(changes, row->before, before), "change",
	    value_text(changes, row->moved, moved));

	for (size_t i = 0; i < options->n_keys && object != NULL; i++) {
		if (json_object_set_new(object,
					report_key_text(options->keys[i]),
					json_string(row->keys[i])) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static int
write_json(const struct changes *changes, size_t n,
	   const struct report_options *options, const char *measure, FILE *out)
{
	json_t *rows = json_array();
	json_t *object;
	int failed = rows == NULL;

	for (size_t r = 0; r < n && !failed; r++)
		failed = json_array_append_new(
		    rows, change_json(changes, &changes->rows[r], options));
	object = json_pack("{s:s,s:s,s:o}", "measure", measure, "currency",
			   changes->currency, "rows", rows);
	failed = failed || object == NULL ||
		 (json_dumpf(object, out, JSON_COMPACT) != 0 && !ferror(out));
	json_decref(object);
	fputc('\n', out);
	return failed ? ERR_NOMEM : 0;
}

static void
write_table(const struct changes *changes, size_t n,
	    const struct report_options *options, const char *measure,
	    FILE *out)
{
	char now[VALUE_MAX], before[VALUE_MAX], moved[VALUE_MAX];

	for (size_t i = 0; i < options->n_keys; i++)
		fprintf(out, "%-24s ", report_key_text(options->keys[i]));
	fprintf(out, "%16s %16s %16s %s\n", measure, "before", "change",
		changes->currency);
	for (size_t r = 0; r < n; r++) {
		const struct change *row = &changes->rows[r];

		for (size_t i = 0; i < options->n_keys; i++)
			fprintf(out, "%-24s ", row->keys[i]);
		fprintf(out, "%16s %16s %16s\n",
			value_text(changes, row->now, now),
			value_text(changes, row->before, before),
			value_text(changes, row->moved, moved));
	}
}

int
report_changes(const struct report *now, const struct report *before,
	       const struct report_options *options, const char *measure,
	       size_t top, enum report_format format, FILE *out)
{
	struct changes changes = { .currency = "" };
	int err = collect(&changes, now, before, measure);

	if (changes.is_money)
		changes.currency = *now->currency != '\0' ? now->currency
							  : before->currency;
	if (err == 0) {
		size_t n = changes.n < top ? changes.n : top;

		if (changes.n > 1)
			qsort(changes.rows, changes.n, sizeof(struct change),
			      compare);
		if (format == REPORT_JSON)
			err = write_json(&changes, n, options, measure, out);
		else if (format == REPORT_CSV)
			write_csv(&changes, n, options, out);
		else
			write_table(&changes, n, options, measure, out);
	}
	mem_free(changes.rows);
	return err;
}
