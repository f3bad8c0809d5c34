/* schema_steps_gateways.c - the migrations about what gateways want of us */
#include "db/schema_steps.h"

/* What challenges of a gateway are answered with, by their realm. */
const char *const schema_step_gateway_credentials[] = {
	"CREATE TABLE gateway_credentials ("
	" id %ID%,"
	" gateway %INT% NOT NULL REFERENCES gateways (id),"
	" realm %TEXT% NOT NULL,"
	" username %TEXT% NOT NULL,"
	" ha1_md5 %TEXT%,"
	" ha1_sha256 %TEXT%,"
	" UNIQUE (gateway, realm))",
	NULL,
};

/* The third algorithm of RFC 7616. */
const char *const schema_step_sha512[] = {
	"ALTER TABLE gateway_credentials ADD COLUMN ha1_sha512_256 %TEXT%",
	NULL,
};

/* Whether and as whom we register there. */
const char *const schema_step_registers[] = {
	"ALTER TABLE gateways ADD COLUMN registers %TEXT% NOT NULL"
	" DEFAULT 'no'",
	"ALTER TABLE gateways ADD COLUMN register_aor %TEXT% NOT NULL"
	" DEFAULT ''",
	"ALTER TABLE gateways ADD COLUMN register_contact %TEXT% NOT NULL"
	" DEFAULT ''",
	"ALTER TABLE gateways ADD COLUMN register_expires_s %INT% NOT NULL"
	" DEFAULT 3600",
	NULL,
};

/* What becomes of their redirections (3xx). */
const char *const schema_step_redirects[] = {
	"ALTER TABLE gateways ADD COLUMN redirects %TEXT% NOT NULL"
	" DEFAULT 'preset'",
	NULL,
};
