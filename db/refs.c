/* refs.c - the rows of a table by name */
#include "db/refs.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"

struct refs {
	struct map map;
	struct hash_key key;
	struct ref *last; /* rows of a file mostly name one and the same */
};

static const struct {
	const char *table, *sql;
} queries[] = {
	{ "tariffs", "SELECT id, tariff, timezone, allow_negative"
		     " FROM tariffs" },
	{ "carriers", "SELECT id, carrier, '', false FROM carriers" },
	{ "accounts", "SELECT id, account, '', false FROM accounts" },
	{ "gateways", "SELECT id, gateway, '', false FROM gateways" },
};

static const char *
find_query(const char *table)
{
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		if (strcmp(queries[i].table, table) == 0)
			return queries[i].sql;
	}
	return NULL;
}

static void
free_ref(struct ref *ref)
{
	zone_free(ref->zone);
	mem_free(ref->zone_name);
	mem_free(ref->name);
	mem_free(ref);
}

static int
add_row(struct refs *refs, struct store_stmt *stmt)
{
	struct ref *ref = mem_zalloc(1, sizeof(*ref));

	if (ref == NULL)
		return ERR_NOMEM;
	ref->id = store_col_int(stmt, 0);
	ref->name = str_dup(store_col_text(stmt, 1));
	ref->zone_name = str_dup(store_col_text(stmt, 2));
	ref->allow_negative = store_col_bool(stmt, 3);
	if (ref->name == NULL || ref->zone_name == NULL) {
		free_ref(ref);
		return ERR_NOMEM;
	}
	map_add(&refs->map, &ref->node,
		hash_bytes(&refs->key, ref->name, strlen(ref->name)));
	return 0;
}

static int
load(struct refs *refs, struct store *store, const char *sql)
{
	struct store_stmt *stmt;
	int err = store_prepare(store, sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, NULL, 0);
	while (err == 0) {
		err = store_next(stmt);
		if (err == 0)
			err = add_row(refs, stmt);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

int
refs_load(struct store *store, const char *table, struct refs **out)
{
	const char *sql = find_query(table);
	struct refs *refs = mem_zalloc(1, sizeof(*refs));
	int err;

	assert(sql != NULL);
	*out = NULL;
	if (refs == NULL)
		return ERR_NOMEM;
	err = hash_key_random(&refs->key);
	if (err == 0)
		err = map_init(&refs->map, 0);
	if (err == 0)
		err = load(refs, store, sql);
	if (err != 0) {
		refs_free(refs);
		return err;
	}
	*out = refs;
	return 0;
}

static struct ref *
entry(struct map_node *node)
{
	return MAP_ENTRY(node, struct ref, node);
}

void
refs_free(struct refs *refs)
{
	struct map_node *node;

	if (refs == NULL)
		return;
	while (refs->map.n > 0) {
		node = map_next(&refs->map, NULL);
		map_remove(&refs->map, node);
		free_ref(entry(node));
	}
	map_fini(&refs->map);
	mem_free(refs);
}

static bool
has_name(const struct map_node *node, const void *key)
{
	const struct ref *ref = MAP_ENTRY(node, const struct ref, node);

	return str_eq_text(*(const struct str *)key, ref->name);
}

struct ref *
refs_find(struct refs *refs, struct str name)
{
	struct map_node *node;

	if (refs->last != NULL && str_eq_text(name, refs->last->name))
		return refs->last;
	node = map_find(&refs->map, hash_bytes(&refs->key, name.p, name.len),
			has_name, &name);
	if (node == NULL)
		return NULL;
	refs->last = entry(node);
	return refs->last;
}

int
ref_zone(struct ref *ref, const struct zone **out)
{
	int err = 0;

	if (ref->zone == NULL)
		err = zone_new(ref->zone_name, &ref->zone);
	*out = ref->zone;
	return err;
}
