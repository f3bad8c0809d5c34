/*
 * intern.h - equal pieces of bytes stored once, numbered from 0 as they come
 *
 * Destinations, terms and other things that a million rows share. Pieces move
 * while others are added: keep their numbers, and take pointers only when all
 * are in.
 */
#ifndef ROUTE_INTERN_H
#define ROUTE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct intern {
	char *bytes; /* all pieces, one behind the other */
	size_t len, cap;
	uint32_t *starts; /* of each piece in bytes */
	size_t starts_cap;
	size_t n;        /* pieces */
	uint32_t *slots; /* open addressing: number + 1, 0 = free */
	size_t n_slots;  /* a power of two, or 0 */
	size_t last;     /* the piece added or met last */
	struct hash_key key;
	bool is_text; /* a NUL behind each piece */
};

/* is_text: terminate each piece. 0 or ERR_IO (no randomness). */
int intern_init(struct intern *intern, bool is_text);
/* Also of zeroed storage. */
void intern_fini(struct intern *intern);
/* The number of a piece, added when it is new: 0, ERR_NOMEM or ERR_LIMIT
 * (4 GB of pieces). */
int intern_add(struct intern *intern, const void *piece, size_t len,
	       uint32_t *out);
/* Nothing is added any more: gives back what only that needs. */
void intern_seal(struct intern *intern);
/* Borrowed until the next intern_add or intern_seal. */
const void *intern_get(const struct intern *intern, uint32_t number);
/* Heap memory in use. */
size_t intern_bytes(const struct intern *intern);

#endif
