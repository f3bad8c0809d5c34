/* schema_steps_policy.c - the migrations about where requests go */
#include "db/schema_steps.h"

/* The users of our domains, each with a fixed contact; "" = of all domains of
 * ours. And what rules call several accounts by. */
const char *const schema_step_users[] = {
	"CREATE TABLE users ("
	" id %ID%,"
	" username %TEXT% NOT NULL,"
	" domain %TEXT% NOT NULL DEFAULT '',"
	" contact %TEXT% NOT NULL,"
	" number %TEXT% NOT NULL DEFAULT '',"
	" account %INT% REFERENCES accounts (id),"
	" enabled %BOOL% NOT NULL DEFAULT true,"
	" UNIQUE (username, domain))",
	"ALTER TABLE accounts ADD COLUMN account_group %TEXT%",
	NULL,
};

/* One table says what is blocked: for calls at all (no carrier) or for one
 * carrier. Where both said something of the same numbers, the block stays. */
const char *const schema_step_blocks[] = {
	"ALTER TABLE blocks ADD COLUMN verdict %TEXT% NOT NULL"
	" DEFAULT 'blocked'",
	"ALTER TABLE blocks ADD COLUMN valid_until %TIME%",
	"ALTER TABLE blocks ADD COLUMN source %TEXT% NOT NULL DEFAULT ''",
	"INSERT INTO blocks (account, prefix, verdict, valid_until, source)"
	" SELECT account, prefix, verdict, valid_until, source FROM barrings"
	" WHERE NOT EXISTS (SELECT 1 FROM blocks WHERE blocks.prefix ="
	" barrings.prefix AND coalesce(blocks.account, 0) ="
	" coalesce(barrings.account, 0) AND blocks.carrier IS NULL"
	" AND blocks.class IS NULL)",
	"DROP TABLE barrings",
	NULL,
};

/* Trunks have names, by which limits may be about one of them. */
const char *const schema_step_trunk_limits[] = {
	"ALTER TABLE trunks ADD COLUMN trunk %TEXT%",
	"ALTER TABLE limits ADD COLUMN trunk %TEXT%",
	"DROP INDEX limits_key",
	"CREATE UNIQUE INDEX limits_key ON limits (coalesce(account, 0),"
	" coalesce(class, ''), coalesce(trunk, ''))",
	NULL,
};

/* Trunks that are known by a client certificate; "" = none is asked for. One
 * that any address may have has the address "". */
const char *const schema_step_trunk_certificates[] = {
	"ALTER TABLE trunks ADD COLUMN certificate %TEXT% NOT NULL DEFAULT ''",
	"DROP INDEX trunks_key",
	"CREATE UNIQUE INDEX trunks_key ON trunks (address, coalesce(port, 0),"
	" coalesce(transport, ''), tech_prefix, certificate)",
	NULL,
};
