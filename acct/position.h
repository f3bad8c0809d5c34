/*
 * position.h - where a journal is, in the store; private to acct/
 *
 * The position is moved in the transaction of the rows, and only from where the
 * shipper has it. A store that has lost its last transactions, was restored, or
 * is another one behind the same address (a pooler keeps our connection while it
 * changes the server) has another position, and then refuses the move.
 */
#ifndef ACCT_POSITION_H
#define ACCT_POSITION_H

#include "acct/journal.h"
#include "db/store.h"

struct position {
	bool is_there; /* the store has one; the rest is 0 otherwise */
	struct journal_position at;
	uint32_t record_crc; /* of the record before it; 0 = not known */
};

/* 0 or the store's error. */
int position_ask(struct store *store, const char *node, int worker,
		 struct position *out);
/* In the open transaction: 0, ERR_CONFLICT when the store has another one than
 * from, or the store's error. */
int position_move(struct store *store, const char *node, int worker,
		  const struct position *from, const struct position *to);
/* As the journal has it, of what journal_reader_next gave. */
uint32_t position_record_crc(const void *data);
/*
 * Whether the position can be one of this journal, by the record that ends there:
 * another node may have the same name, and segments of the same numbers; the
 * journal may have been put back from a backup, or lost its last records with the
 * power, and have gone on with others of the same numbers. Reads the segment. 0,
 * ERR_IO or ERR_NOMEM.
 */
int position_is_held(const struct position *position, const char *directory,
		     const struct journal_source *source, bool *out);
bool position_is_same(const struct position *a, const struct position *b);

#endif
