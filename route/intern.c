/* intern.c - a pool of bytes and a table of the numbers of its pieces */
#include "route/intern.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define FIRST_SLOTS 64
#define FIRST_BYTES 1024

static size_t
piece_len(const struct intern *intern, size_t number)
{
	size_t end =
	    number + 1 < intern->n ? intern->starts[number + 1] : intern->len;

	return end - intern->starts[number] - (intern->is_text ? 1 : 0);
}

static bool
is_piece(const struct intern *intern, size_t number, const void *piece,
	 size_t len)
{
	return piece_len(intern, number) == len &&
	       (len == 0 || memcmp(intern->bytes + intern->starts[number],
				   piece, len) == 0);
}

/* The slot of this piece, or the free one where it would go. */
static uint32_t *
find_slot(const struct intern *intern, const void *piece, size_t len)
{
	size_t mask = intern->n_slots - 1;
	size_t at = hash_bytes(&intern->key, piece, len) & mask;

	while (intern->slots[at] != 0 &&
	       !is_piece(intern, intern->slots[at] - 1, piece, len))
		at = (at + 1) & mask;
	return &intern->slots[at];
}

/* Keep the table at most half full. */
static int
grow_slots(struct intern *intern)
{
	size_t n_slots =
	    intern->n_slots > 0 ? intern->n_slots * 2 : FIRST_SLOTS;
	uint32_t *slots;

	if (intern->n < intern->n_slots / 2)
		return 0;
	slots = mem_zalloc(n_slots, sizeof(*slots));
	if (slots == NULL)
		return ERR_NOMEM;
	mem_free(intern->slots);
	intern->slots = slots;
	intern->n_slots = n_slots;
	for (size_t i = 0; i < intern->n; i++)
		*find_slot(intern, intern->bytes + intern->starts[i],
			   piece_len(intern, i)) = (uint32_t)i + 1;
	return 0;
}

static int
grow_bytes(struct intern *intern, size_t len)
{
	size_t cap = intern->cap > 0 ? intern->cap : FIRST_BYTES;
	char *bytes;

	if (len > UINT32_MAX - 1 || intern->len > UINT32_MAX - 1 - len)
		return ERR_LIMIT;
	while (cap < intern->len + len + 1)
		cap *= 2;
	if (cap == intern->cap)
		return 0;
	bytes = mem_realloc(intern->bytes, cap);
	if (bytes == NULL)
		return ERR_NOMEM;
	intern->bytes = bytes;
	intern->cap = cap;
	return 0;
}

static int
append(struct intern *intern, const void *piece, size_t len)
{
	void *starts = intern->starts;
	int err = grow_bytes(intern, len);

	if (err != 0)
		return err;
	err = mem_grow(&starts, &intern->starts_cap, intern->n,
		       sizeof(*intern->starts));
	if (err != 0)
		return err;
	intern->starts = starts;
	intern->starts[intern->n++] = (uint32_t)intern->len;
	if (len > 0)
		memcpy(intern->bytes + intern->len, piece, len);
	intern->len += len;
	if (intern->is_text)
		intern->bytes[intern->len++] = '\0';
	return 0;
}

int
intern_init(struct intern *intern, bool is_text)
{
	*intern = (struct intern){ .is_text = is_text };
	return hash_key_random(&intern->key);
}

void
intern_fini(struct intern *intern)
{
	mem_free(intern->bytes);
	mem_free(intern->starts);
	mem_free(intern->slots);
	*intern = (struct intern){ 0 };
}

int
intern_add(struct intern *intern, const void *piece, size_t len, uint32_t *out)
{
	uint32_t *slot;
	int err;

	/* Rows come in runs. */
	if (intern->last < intern->n &&
	    is_piece(intern, intern->last, piece, len)) {
		*out = (uint32_t)intern->last;
		return 0;
	}
	err = grow_slots(intern);
	if (err != 0)
		return err;
	slot = find_slot(intern, piece, len);
	if (*slot == 0) {
		err = append(intern, piece, len);
		if (err != 0)
			return err;
		*slot = (uint32_t)intern->n;
	}
	intern->last = *slot - 1;
	*out = *slot - 1;
	return 0;
}

/* Shrink to size; what cannot be moved stays as it is. */
static void *
shrink(void *memory, size_t size)
{
	void *moved = memory != NULL ? mem_realloc(memory, size) : NULL;

	return moved != NULL ? moved : memory;
}

void
intern_seal(struct intern *intern)
{
	mem_free(intern->slots);
	intern->slots = NULL;
	intern->n_slots = 0;
	intern->bytes = shrink(intern->bytes, intern->len);
	intern->cap = intern->len;
	intern->starts =
	    shrink(intern->starts, intern->n * sizeof(*intern->starts));
	intern->starts_cap = intern->n;
}

const void *
intern_get(const struct intern *intern, uint32_t number)
{
	assert(number < intern->n);
	return intern->bytes + intern->starts[number];
}

size_t
intern_bytes(const struct intern *intern)
{
	return intern->cap + intern->starts_cap * sizeof(*intern->starts) +
	       intern->n_slots * sizeof(*intern->slots);
}
