/* report.c - groups of calls and attempts, and their sums */
#include "cdr-tools/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define KEY_TEXT_MAX 1024
#define SEPARATOR '\x1f'

static const char *const key_names[] = {
	[REPORT_ACCOUNT] = "account",
	[REPORT_CARRIER] = "carrier",
	[REPORT_GATEWAY] = "gateway",
	[REPORT_DESTINATION] = "destination",
	[REPORT_HOUR] = "hour",
	[REPORT_DAY] = "day",
	[REPORT_MONTH] = "month",
};

int
report_key_parse(struct str text, enum report_key *out)
{
	for (unsigned i = 0; i < REPORT_N_KEYS; i++) {
		if (str_eq_text(text, key_names[i])) {
			*out = (enum report_key)i;
			return 0;
		}
	}
	return ERR_SYNTAX;
}

const char *
report_key_text(enum report_key key)
{
	return key_names[key];
}

int
report_init(struct report *report, const struct report_options *options)
{
	int err;

	memset(report, 0, sizeof(*report));
	arena_init(&report->texts, NULL, 0, 0);
	if (options->currency != NULL)
		(void)str_copy(str_of(options->currency), report->currency,
			       sizeof(report->currency));
	err = hash_key_random(&report->hash_key);
	return err != 0 ? err : map_init(&report->by_key, 0);
}

void
report_fini(struct report *report)
{
	for (size_t i = 0; i < report->n; i++)
		mem_free(report->groups[i]->sums.pdd);
	mem_free(report->total.pdd);
	mem_free(report->groups);
	map_fini(&report->by_key);
	arena_fini(&report->texts);
	memset(report, 0, sizeof(*report));
}

/* All keys in one text. */
struct joined {
	char text[KEY_TEXT_MAX];
	size_t len, n;
};

static void
join(struct joined *out, const struct str *keys, size_t n)
{
	out->len = 0;
	out->n = n;
	for (size_t i = 0; i < n; i++) {
		size_t room = KEY_TEXT_MAX / REPORT_MAX_KEYS - 1;
		size_t len = keys[i].len < room ? keys[i].len : room;

		if (len > 0)
			memcpy(out->text + out->len, keys[i].p, len);
		out->len += len;
		out->text[out->len++] = SEPARATOR;
	}
}

static bool
is_group(const struct map_node *node, const void *arg)
{
	const struct report_group *group =
	    MAP_ENTRY(node, const struct report_group, node);
	const struct joined *key = arg;
	const char *at = key->text;

	for (size_t i = 0; i < key->n; i++) {
		size_t len = strlen(group->keys[i]);

		if (at + len >= key->text + key->len ||
		    memcmp(at, group->keys[i], len) != 0 ||
		    at[len] != SEPARATOR)
			return false;
		at += len + 1;
	}
	return true;
}

static int
add_group(struct report *report, const struct joined *key, uint64_t hash,
	  struct report_group **out)
{
	struct report_group *group =
	    arena_zalloc(&report->texts, sizeof(*group));
	struct str rest = str_make(key->text, key->len);
	int err = group == NULL ? ERR_NOMEM : 0;

	for (size_t i = 0; i < key->n && err == 0; i++) {
		struct str text = str_cut(&rest, SEPARATOR);

		group->keys[i] =
		    arena_strndup(&report->texts, text.p, text.len);
		err = group->keys[i] == NULL ? ERR_NOMEM : 0;
	}
	if (err == 0)
		err = mem_grow((void **)&report->groups, &report->cap,
			       report->n, sizeof(struct report_group *));
	if (err != 0)
		return err;
	report->groups[report->n++] = group;
	map_add(&report->by_key, &group->node, hash);
	*out = group;
	return 0;
}

int
report_find(struct report *report, const struct str *keys, size_t n,
	    struct report_group **out)
{
	struct joined key;
	struct map_node *node;
	uint64_t hash;

	join(&key, keys, n);
	hash = hash_bytes(&report->hash_key, key.text, key.len);
	node = map_find(&report->by_key, hash, is_group, &key);
	if (node == NULL)
		return add_group(report, &key, hash, out);
	*out = MAP_ENTRY(node, struct report_group, node);
	return 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t
report_percentile(struct report_sums *sums, unsigned p)
{
	if (sums->n_pdd == 0)
		return 0;
	qsort(sums->pdd, sums->n_pdd, sizeof(int64_t), compare_numbers);
	return sums->pdd[(sums->n_pdd - 1) * p / 100];
}

static int
compare_groups(const void *a, const void *b)
{
	const struct report_group *x = *(const struct report_group *const *)a;
	const struct report_group *y = *(const struct report_group *const *)b;
	int order = 0;

	for (size_t i = 0; i < REPORT_MAX_KEYS && order == 0; i++) {
		if (x->keys[i] == NULL)
			break;
		order = strcmp(x->keys[i], y->keys[i]);
	}
	return order;
}

void
report_sort(struct report *report, size_t n_keys)
{
	if (report->n > 1 && n_keys > 0)
		qsort(report->groups, report->n, sizeof(struct report_group *),
		      compare_groups);
}
