/* attrs.c - interned sets of attributes */
#include "trip/attrs.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/err.h"

#define HEAD 4 /* flags, type, length */

int
trip_attrs_table_init(struct trip_attrs_table *table)
{
	int err = hash_key_random(&table->key);

	return err != 0 ? err : map_init(&table->map, 64);
}

void
trip_attrs_table_fini(struct trip_attrs_table *table)
{
	assert(table->map.n == 0);
	map_fini(&table->map);
}

/* --- drafts --- */

void
trip_draft_init(struct trip_draft *draft)
{
	draft->n = 0;
	draft->scratch_len = 0;
}

void
trip_draft_copy(struct trip_draft *draft, const struct trip_attrs *attrs)
{
	size_t at = 0;

	trip_draft_init(draft);
	while (trip_attrs_next(attrs, &at, &draft->attrs[draft->n]))
		draft->n++;
}

/* Where type is, or would be. */
static size_t
place(const struct trip_draft *draft, unsigned type)
{
	size_t i = 0;

	while (i < draft->n && draft->attrs[i].type < type)
		i++;
	return i;
}

static bool
is_at(const struct trip_draft *draft, size_t i, unsigned type)
{
	return i < draft->n && draft->attrs[i].type == type;
}

struct str
trip_draft_get(const struct trip_draft *draft, unsigned type)
{
	size_t i = place(draft, type);

	return is_at(draft, i, type) ? draft->attrs[i].value
				     : str_make(NULL, 0);
}

bool
trip_draft_set(struct trip_draft *draft, uint8_t flags, unsigned type,
	       struct str value)
{
	size_t i = place(draft, type);

	if (!is_at(draft, i, type)) {
		if (draft->n == TRIP_DRAFT_MAX)
			return false;
		memmove(&draft->attrs[i + 1], &draft->attrs[i],
			(draft->n - i) * sizeof(draft->attrs[0]));
		draft->n++;
	}
	if (trip_attr_name(type) != NULL) /* Partial stays as it came */
		flags = (uint8_t)(trip_attr_flags(type) |
				  ((trip_attr_flags(type) &
				    TRIP_FLAG_TRANSITIVE) ?
				       flags & TRIP_FLAG_PARTIAL : 0));
	draft->attrs[i] =
	    (struct trip_attr){ flags, (uint8_t)type, value };
	return true;
}

void
trip_draft_remove(struct trip_draft *draft, unsigned type)
{
	size_t i = place(draft, type);

	if (!is_at(draft, i, type))
		return;
	draft->n--;
	memmove(&draft->attrs[i], &draft->attrs[i + 1],
		(draft->n - i) * sizeof(draft->attrs[0]));
}

struct wbuf
trip_draft_scratch(struct trip_draft *draft)
{
	struct wbuf w;

	wbuf_init(&w, draft->scratch + draft->scratch_len,
		  sizeof(draft->scratch) - draft->scratch_len);
	return w;
}

bool
trip_draft_set_written(struct trip_draft *draft, unsigned type,
		       const struct wbuf *w)
{
	if (w->err != 0)
		return false;
	draft->scratch_len += w->len;
	return trip_draft_set(draft, 0, type,
			      str_make((const char *)w->start, w->len));
}

bool
trip_draft_set_u32(struct trip_draft *draft, unsigned type, uint32_t value)
{
	struct wbuf w = trip_draft_scratch(draft);

	wbuf_u32(&w, value);
	return trip_draft_set_written(draft, type, &w);
}

/* --- sets --- */

struct wanted {
	const uint8_t *bytes;
	size_t len;
};

static bool
is_set(const struct map_node *node, const void *key)
{
	const struct trip_attrs *attrs =
	    MAP_ENTRY(node, struct trip_attrs, node);
	const struct wanted *wanted = key;

	return attrs->len == wanted->len &&
	       memcmp(attrs->bytes, wanted->bytes, wanted->len) == 0;
}

static struct trip_attrs *
make_set(struct trip_attrs_table *table, const struct wanted *wanted,
	 uint64_t hash)
{
	struct trip_attrs *attrs = mem_alloc(sizeof(*attrs) + wanted->len);
	struct trip_attr attr;
	size_t at = 0;

	if (attrs == NULL)
		return NULL;
	memset(attrs, 0, sizeof(*attrs));
	attrs->table = table;
	attrs->len = (uint16_t)wanted->len;
	if (wanted->len > 0)
		memcpy(attrs->bytes, wanted->bytes, wanted->len);
	while (trip_attrs_next(attrs, &at, &attr)) {
		if (attr.type < TRIP_N_KNOWN)
			attrs->at[attr.type] =
			    (uint16_t)(at - attr.value.len);
	}
	map_add(&table->map, &attrs->node, hash);
	return attrs;
}

int
trip_attrs_get(struct trip_attrs_table *table, const struct trip_draft *draft,
	       struct trip_attrs **out)
{
	uint8_t bytes[TRIP_MESSAGE_MAX];
	struct wanted wanted = { bytes, 0 };
	struct map_node *node;
	struct wbuf w;
	uint64_t hash;

	wbuf_init(&w, bytes, sizeof(bytes));
	for (size_t i = 0; i < draft->n; i++)
		trip_attr_encode(&w, draft->attrs[i].flags,
				 draft->attrs[i].type, draft->attrs[i].value);
	if (w.err != 0)
		return ERR_SPACE;
	wanted.len = w.len;
	hash = hash_bytes(&table->key, bytes, w.len);
	node = map_find(&table->map, hash, is_set, &wanted);
	*out = node != NULL ? MAP_ENTRY(node, struct trip_attrs, node)
			    : make_set(table, &wanted, hash);
	if (*out == NULL)
		return ERR_NOMEM;
	(*out)->refs++;
	return 0;
}

struct trip_attrs *
trip_attrs_ref(struct trip_attrs *attrs)
{
	if (attrs != NULL)
		attrs->refs++;
	return attrs;
}

void
trip_attrs_unref(struct trip_attrs *attrs)
{
	if (attrs == NULL || --attrs->refs > 0)
		return;
	map_remove(&attrs->table->map, &attrs->node);
	mem_free(attrs);
}

struct str
trip_attrs_find(const struct trip_attrs *attrs, unsigned type)
{
	uint16_t at = attrs->at[type];
	const uint8_t *p = attrs->bytes + at;

	if (at == 0)
		return str_make(NULL, 0);
	return str_make((const char *)p, (size_t)(p[-2] << 8 | p[-1]));
}

bool
trip_attrs_have(const struct trip_attrs *attrs, unsigned type)
{
	return attrs->at[type] != 0;
}

uint32_t
trip_attrs_u32(const struct trip_attrs *attrs, unsigned type, uint32_t preset)
{
	struct str value = trip_attrs_find(attrs, type);
	struct rbuf r;

	if (value.p == NULL)
		return preset;
	rbuf_init(&r, value.p, value.len);
	return rbuf_u32(&r);
}

uint32_t
trip_attrs_next_hop(const struct trip_attrs *attrs, struct str *server)
{
	struct str value = trip_attrs_find(attrs, TRIP_NEXT_HOP);
	struct rbuf r;
	uint32_t itad;

	*server = str_of("");
	if (value.p == NULL)
		return 0;
	rbuf_init(&r, value.p, value.len);
	itad = rbuf_u32(&r);
	*server = rbuf_str16(&r);
	return itad;
}

bool
trip_attrs_next(const struct trip_attrs *attrs, size_t *at,
		struct trip_attr *out)
{
	struct rbuf r;

	rbuf_init(&r, attrs->bytes + *at, attrs->len - *at);
	if (rbuf_left(&r) < HEAD)
		return false;
	out->flags = rbuf_u8(&r);
	out->type = rbuf_u8(&r);
	out->value = rbuf_str16(&r);
	*at += HEAD + out->value.len;
	return true;
}
