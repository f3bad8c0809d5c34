/* unpriced.c - which calls have no price, by reason and destination */
#include "cdr-tools/unpriced.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define LEADING_DIGITS 4
#define KEY_MAX 512

/* The three texts of a group one behind the other, each with its NUL. */
struct key {
	char text[KEY_MAX];
	size_t len;
};

static void
key_add(struct key *key, struct str text)
{
	size_t room = KEY_MAX - key->len - 1;
	size_t n = text.len < room / 2 ? text.len : room / 2;

	if (n > 0)
		memcpy(key->text + key->len, text.p, n);
	key->len += n;
	key->text[key->len++] = '\0';
}

static bool
is_group(const struct map_node *node, const void *arg)
{
	const struct unpriced_group *group =
	    MAP_ENTRY(node, const struct unpriced_group, node);
	const struct key *key = arg;

	return memcmp(group->text, key->text, key->len) == 0;
}

int
unpriced_init(struct unpriced *unpriced)
{
	memset(unpriced, 0, sizeof(*unpriced));
	if (hash_key_random(&unpriced->key) != 0)
		return ERR_IO;
	return map_init(&unpriced->groups, 0);
}

void
unpriced_fini(struct unpriced *unpriced)
{
	struct map_node *node = map_next(&unpriced->groups, NULL);

	while (node != NULL) {
		struct map_node *next = map_next(&unpriced->groups, node);

		mem_free(MAP_ENTRY(node, struct unpriced_group, node));
		node = next;
	}
	map_fini(&unpriced->groups);
	memset(unpriced, 0, sizeof(*unpriced));
}

static int
add_group(struct unpriced *unpriced, const struct key *key, uint64_t hash,
	  uint64_t calls)
{
	struct unpriced_group *group;

	group = mem_zalloc(1, sizeof(*group) + KEY_MAX);
	if (group == NULL)
		return ERR_NOMEM;
	memcpy(group->text, key->text, key->len);
	group->reason = group->text;
	group->who = group->reason + strlen(group->reason) + 1;
	group->destination = group->who + strlen(group->who) + 1;
	group->calls = calls;
	map_add(&unpriced->groups, &group->node, hash);
	unpriced->n++;
	return 0;
}

static int
add_calls(struct unpriced *unpriced, const struct key *key, uint64_t calls)
{
	uint64_t hash = hash_bytes(&unpriced->key, key->text, key->len);
	struct map_node *node =
	    map_find(&unpriced->groups, hash, is_group, key);

	unpriced->calls += calls;
	if (node != NULL) {
		MAP_ENTRY(node, struct unpriced_group, node)->calls += calls;
		return 0;
	}
	if (unpriced->n == UNPRICED_MAX_GROUPS) {
		unpriced->others += calls;
		return 0;
	}
	return add_group(unpriced, key, hash, calls);
}

int
unpriced_merge(struct unpriced *unpriced, const struct unpriced *from)
{
	struct map_node *node = map_next(&from->groups, NULL);
	int err = 0;

	for (; node != NULL && err == 0; node = map_next(&from->groups, node)) {
		const struct unpriced_group *group =
		    MAP_ENTRY(node, const struct unpriced_group, node);
		struct key key = { .len = 0 };

		key_add(&key, str_of(group->reason));
		key_add(&key, str_of(group->who));
		key_add(&key, str_of(group->destination));
		err = add_calls(unpriced, &key, group->calls);
	}
	unpriced->calls += from->others;
	unpriced->others += from->others;
	return err;
}

int
unpriced_add(struct unpriced *unpriced, const char *reason, struct str who,
	     struct str destination, struct str number)
{
	char digits[LEADING_DIGITS + 8];
	struct key key = { .len = 0 };

	if (destination.len == 0 && number.len > 0) {
		snprintf(digits, sizeof(digits), "+%.*s...",
			 number.len < LEADING_DIGITS ? (int)number.len
						     : LEADING_DIGITS,
			 number.p);
		destination = str_of(digits);
	}
	key_add(&key, str_of(reason));
	key_add(&key, who);
	key_add(&key, destination);
	return add_calls(unpriced, &key, 1);
}

static int
compare(const void *a, const void *b)
{
	const struct unpriced_group *x =
	    *(const struct unpriced_group *const *)a;
	const struct unpriced_group *y =
	    *(const struct unpriced_group *const *)b;
	int order;

	if (x->calls != y->calls)
		return x->calls > y->calls ? -1 : 1;
	order = strcmp(x->reason, y->reason);
	if (order == 0)
		order = strcmp(x->who, y->who);
	if (order == 0)
		order = strcmp(x->destination, y->destination);
	return order;
}

int
unpriced_sort(const struct unpriced *unpriced,
	      const struct unpriced_group ***out)
{
	const struct unpriced_group **groups =
	    mem_zalloc(unpriced->n + 1, sizeof(*groups));
	const struct map_node *node = NULL;
	size_t n = 0;

	if (groups == NULL)
		return ERR_NOMEM;
	while ((node = map_next(&unpriced->groups, node)) != NULL)
		groups[n++] =
		    MAP_ENTRY(node, const struct unpriced_group, node);
	qsort(groups, n, sizeof(*groups), compare);
	*out = groups;
	return 0;
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

int
unpriced_print(const struct unpriced *unpriced, FILE *file, size_t max)
{
	const struct unpriced_group **groups;
	uint64_t rest = unpriced->calls;
	int err = unpriced_sort(unpriced, &groups);

	if (err != 0)
		return err;
	for (size_t i = 0; i < unpriced->n && i < max; i++) {
		const struct unpriced_group *g = groups[i];

		fprintf(file, "  %" PRIu64 " call%s", g->calls,
			plural(g->calls));
		if (*g->destination != '\0')
			fprintf(file, " to %s", g->destination);
		fprintf(file, ": %s", g->reason);
		if (*g->who != '\0')
			fprintf(file, " (%s)", g->who);
		fputc('\n', file);
		rest -= g->calls;
	}
	if (rest > 0)
		fprintf(file, "  %" PRIu64 " more call%s\n", rest,
			plural(rest));
	mem_free(groups);
	return 0;
}
