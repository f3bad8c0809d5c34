/*
 * pg_state.h - what an SQLSTATE says; private to db/
 *
 * Codes are those of PostgreSQL, appendix A: five characters, the first two of
 * them the class. A class we know nothing of is the server's trouble, not that
 * of the values.
 */
#ifndef DB_PG_STATE_H
#define DB_PG_STATE_H

#include <stdbool.h>

struct pg_state {
	const char *code; /* of five characters, or a class of two */
	int err;	  /* ERR_DB, ERR_EXISTS or ERR_CONFLICT */
	bool is_values;	  /* refused for the values: see store_blames_values */
};

/* Of the code, else of its class, else ERR_DB of the server's. */
const struct pg_state *pg_state_find(const char *code);

#endif
