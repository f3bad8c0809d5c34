/* pg_state.c - what an SQLSTATE says */
#include "db/pg_state.h"

#include <stddef.h>
#include <string.h>

#include "base/err.h"

#define CLASS_LEN 2

/*
 * Only what the same values would meet again, on whatever server and whenever,
 * is theirs. No room, no rights, a limit, a cancelled statement, a server that
 * is read-only, going, damaged or without a table: others pass, once that is
 * mended.
 */
static const struct pg_state states[] = {
	{ "23505", ERR_EXISTS, true },   /* unique_violation */
	{ "23P01", ERR_EXISTS, true },   /* exclusion_violation */
	{ "54001", ERR_DB, false },      /* statement_too_complex: its stack */
	{ "55P03", ERR_CONFLICT, false }, /* lock_not_available */
	{ "55006", ERR_CONFLICT, false }, /* object_in_use */

	{ "21", ERR_DB, true },	       /* cardinality */
	{ "22", ERR_DB, true },	       /* data */
	{ "23", ERR_DB, true },	       /* integrity constraints */
	{ "27", ERR_DB, true },	       /* triggered data change */
	{ "38", ERR_DB, true },	       /* functions, of triggers say */
	{ "39", ERR_DB, true },	       /* likewise */
	{ "40", ERR_CONFLICT, false }, /* serialisation, deadlock */
	{ "44", ERR_DB, true },	       /* WITH CHECK OPTION */
	{ "54", ERR_DB, true },	       /* a row or key that is too large */
	{ "P0", ERR_DB, true },	       /* RAISE in a trigger */
};

const struct pg_state *
pg_state_find(const char *code)
{
	static const struct pg_state other = { "", ERR_DB, false };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		size_t len = strlen(states[i].code);

		if (strcmp(code, states[i].code) == 0 ||
		    (len == CLASS_LEN &&
		     strncmp(code, states[i].code, len) == 0))
			return &states[i];
	}
	return &other;
}
