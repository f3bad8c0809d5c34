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
	bool is_there; /* the store has one; at is all 0 otherwise */
	struct journal_position at;
};

/* 0 or the store's error. */
int position_ask(struct store *store, const char *node, int worker,
		 struct position *out);
/* In the open transaction: 0, ERR_CONFLICT when the store has another one than
 * from, or the store's error. */
int position_move(struct store *store, const char *node, int worker,
		  const struct position *from,
		  const struct journal_position *to);
bool position_is_same(const struct position *a, const struct position *b);

#endif
