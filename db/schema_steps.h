/*
 * schema_steps.h - the migrations; private to db/
 */
#ifndef DB_SCHEMA_STEPS_H
#define DB_SCHEMA_STEPS_H

#include <stddef.h>

/* A step is a list of statements for dialect_exec, ending with NULL; step i
 * leads from version i to i + 1. Steps that were released never change. What is
 * for PostgreSQL only begins with "postgresql: ". */
extern const char *const *const schema_steps[];
extern const size_t n_schema_steps;

/* One of them, of schema_months.c. */
extern const char *const schema_months[];
/* Those of files of their own. */
extern const char *const schema_step_limits[];
extern const char *const schema_step_callers[];
extern const char *const schema_step_rated[];
extern const char *const schema_step_gateway_credentials[];
extern const char *const schema_step_sha512[];
extern const char *const schema_step_users[];
extern const char *const schema_step_blocks[];
extern const char *const schema_step_porting[];
extern const char *const schema_step_trunk_limits[];
extern const char *const schema_step_redirects[];
extern const char *const schema_step_trunk_certificates[];
extern const char *const schema_step_registers[];

#endif
