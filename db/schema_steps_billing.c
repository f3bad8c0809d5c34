/* schema_steps_billing.c - the migrations about ratings and bills */
#include "db/schema_steps.h"

/*
 * rated_us is the duration that a rating rests on: an end that comes later
 * shows as a difference, and what a bill stated stays known. sell_rest is what
 * the eight decimals of an amount leave out, in 1e-8 / 60, where the tariff
 * rounds at the bill. History has the whole way to its record: with its month no
 * index over id is needed, which every call and every rating would pay for.
 */
const char *const schema_step_rated[] = {
	"ALTER TABLE cdr ADD COLUMN rated_us %INT%",
	"ALTER TABLE cdr ADD COLUMN sell_rest %INT%",
	"ALTER TABLE rating_history ADD COLUMN setup_time %TIME%",
	"ALTER TABLE rating_history ADD COLUMN rated_us %INT%",
	"ALTER TABLE rating_history ADD COLUMN sell_rest %INT%",
	"UPDATE cdr SET rated_us = duration_us WHERE rating_run IS NOT NULL",
	"UPDATE rating_history SET rated_us = c.duration_us,"
	" setup_time = c.setup_time FROM cdr c WHERE c.id = rating_history.cdr",
	"postgresql: DROP INDEX cdr_id",
	"CREATE INDEX cdr_stale ON cdr (answer_time)"
	" WHERE rated_us <> duration_us",
	NULL,
};
