/* schema_steps_access.c - the migrations about who may call, and how much */
#include "db/schema_steps.h"

/* What accounts may use; a NULL account is every one without a row of its own,
 * a NULL class all calls, a NULL bound none. */
const char *const schema_step_limits[] = {
	"CREATE TABLE limits ("
	" id %ID%,"
	" account %INT% REFERENCES accounts (id),"
	" class %TEXT%,"
	" channels %INT%,"
	" cps %INT%,"
	" calls %INT%," /* within window_s */
	" window_s %INT% NOT NULL DEFAULT 3600,"
	" minutes_hour %INT%,"
	" minutes_day %INT%,"
	" spend_hour %MONEY%,"
	" spend_day %MONEY%,"
	" warn_percent %INT% NOT NULL DEFAULT 80,"
	" hours %TEXT% NOT NULL DEFAULT '',"
	" mode %TEXT% NOT NULL DEFAULT 'block')",
	"CREATE UNIQUE INDEX limits_key ON limits (coalesce(account, 0),"
	" coalesce(class, ''))",

	/* of numbers; valid_until exclusive, NULL = no end */
	"CREATE TABLE barrings ("
	" id %ID%,"
	" account %INT% REFERENCES accounts (id)," /* NULL = of every one */
	" prefix %TEXT% NOT NULL DEFAULT '',"
	" verdict %TEXT% NOT NULL DEFAULT 'blocked',"
	" valid_until %TIME%,"
	" source %TEXT% NOT NULL DEFAULT '')",
	"CREATE UNIQUE INDEX barrings_key ON barrings (coalesce(account, 0),"
	" prefix)",
	NULL,
};

/* Who is called for help, as dialled; a NULL country_code is of every account.
 * And who calls. */
const char *const schema_step_callers[] = {
	"CREATE TABLE emergencies ("
	" id %ID%,"
	" number %TEXT% NOT NULL,"
	" country_code %TEXT%,"
	" gateway %INT% NOT NULL REFERENCES gateways (id),"
	" priority %INT% NOT NULL DEFAULT 100)",
	"CREATE UNIQUE INDEX emergencies_key ON emergencies (number,"
	" coalesce(country_code, ''), gateway)",

	/* the numbers an account may present */
	"CREATE TABLE callers ("
	" id %ID%,"
	" account %INT% NOT NULL REFERENCES accounts (id),"
	" prefix %TEXT% NOT NULL,"
	" preset %BOOL% NOT NULL DEFAULT false,"
	" UNIQUE (account, prefix))",
	NULL,
};
