/* schema_months.c - the migration to call records by the month */
#include "db/schema_steps.h"

/*
 * PostgreSQL: call records by the month (partition.h). The tables are made
 * anew, with partitions from the oldest record, at most ten years ago, to three
 * months ahead, and the rows move over. id is no longer a key, because every
 * key must have the month in it; it still tells rows apart.
 */
const char *const schema_months[] = {
	"postgresql: DO $$"
	" DECLARE t text; columns text; m timestamptz; next timestamptz;"
	" this_month timestamptz := date_trunc('month', now(), 'UTC');"
	" BEGIN"
	" FOREACH t IN ARRAY ARRAY['cdr', 'cdr_attempt'] LOOP"
	" SELECT string_agg(quote_ident(column_name), ', ') INTO columns"
	" FROM information_schema.columns WHERE table_schema ="
	" current_schema() AND table_name = t AND is_generated = 'NEVER';"
	" EXECUTE 'ALTER TABLE ' || t || ' RENAME TO ' || t || '_before';"
	" EXECUTE 'CREATE TABLE ' || t || ' (LIKE ' || t || '_before"
	" INCLUDING DEFAULTS INCLUDING GENERATED)"
	" PARTITION BY RANGE (setup_time)';"
	" EXECUTE 'CREATE SEQUENCE ' || t || '_row OWNED BY ' || t || '.id';"
	" EXECUTE 'SELECT setval(' || quote_literal(t || '_row') ||"
	" ', coalesce(max(id), 0) + 1, false) FROM ' || t || '_before';"
	" EXECUTE 'ALTER TABLE ' || t || ' ALTER COLUMN id SET DEFAULT"
	" nextval(' || quote_literal(t || '_row') || ')';"
	" EXECUTE 'CREATE TABLE ' || t || '_other PARTITION OF ' || t ||"
	" ' DEFAULT';"
	" EXECUTE 'SELECT date_trunc(''month'', min(setup_time), ''UTC'')"
	" FROM ' || t || '_before WHERE setup_time >= $1' INTO m"
	" USING this_month - interval '10 years';"
	" m := least(coalesce(m, this_month), this_month);"
	" WHILE m < this_month + interval '100 days' LOOP"
	" next := (m AT TIME ZONE 'UTC' + interval '1 month')"
	" AT TIME ZONE 'UTC';"
	" EXECUTE 'CREATE TABLE ' || t || '_' ||"
	" to_char(m AT TIME ZONE 'UTC', 'YYYYMM') || ' PARTITION OF ' || t ||"
	" ' FOR VALUES FROM (' || quote_literal(m) || ') TO (' ||"
	" quote_literal(next) || ')';"
	" m := next;"
	" END LOOP;"
	" EXECUTE 'INSERT INTO ' || t || ' (' || columns || ') SELECT ' ||"
	" columns || ' FROM ' || t || '_before';"
	" EXECUTE 'DROP TABLE ' || t || '_before';"
	" END LOOP;"
	" END $$",
	"postgresql: ALTER TABLE cdr ADD UNIQUE"
	" (setup_time, call_key, to_tag)",
	"postgresql: ALTER TABLE cdr_attempt ADD UNIQUE"
	" (setup_time, call_key, hop)",
	"postgresql: CREATE INDEX cdr_id ON cdr (id)",
	"postgresql: CREATE INDEX cdr_account ON cdr (account, answer_time)",
	"postgresql: CREATE INDEX cdr_unrated ON cdr (answer_time)"
	" WHERE rating_run IS NULL",
	"postgresql: CREATE INDEX cdr_unended ON cdr (setup_time)"
	" WHERE status = 'open'"
	" OR (status = 'swept' AND last_seen > end_time)",
	NULL,
};
