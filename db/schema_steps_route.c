/* schema_steps_route.c - the migrations about routing decisions */
#include "db/schema_steps.h"

/* Numbers that were ported, what gateways are told and take, and how long
 * calls were on the average. */
const char *const schema_step_porting[] = {
	"CREATE TABLE portability ("
	" id %ID%,"
	" number %TEXT% NOT NULL UNIQUE,"
	" routing_number %TEXT% NOT NULL)",

	"ALTER TABLE gateways ADD COLUMN portability %TEXT% NOT NULL"
	" DEFAULT 'none'",
	"ALTER TABLE gateways ADD COLUMN media %TEXT% NOT NULL DEFAULT ''",
	"ALTER TABLE gateways ADD COLUMN caller_format %TEXT% NOT NULL"
	" DEFAULT 'keep'",
	"ALTER TABLE gateways ADD COLUMN caller_strip %INT% NOT NULL DEFAULT 0",
	"ALTER TABLE gateways ADD COLUMN caller_prefix %TEXT% NOT NULL"
	" DEFAULT ''",
	"ALTER TABLE gateways ADD COLUMN identity %TEXT% NOT NULL"
	" DEFAULT 'keep'",
	"ALTER TABLE gateways ADD COLUMN diversion %TEXT% NOT NULL"
	" DEFAULT 'keep'",
	"ALTER TABLE accounts ADD COLUMN secure %BOOL% NOT NULL DEFAULT false",

	/* averages; a NULL account is all of them */
	"CREATE TABLE measured_durations ("
	" id %ID%,"
	" account %INT% REFERENCES accounts (id),"
	" prefix %TEXT% NOT NULL DEFAULT '',"
	" duration_s %INT% NOT NULL,"
	" calls %INT% NOT NULL)",
	"CREATE UNIQUE INDEX measured_durations_key ON measured_durations"
	" (coalesce(account, 0), prefix)",
	NULL,
};
