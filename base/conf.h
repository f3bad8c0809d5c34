/*
 * conf.h - table-driven configuration over libconfig
 *
 * A setting is one row of a table: where it goes, its type, unit, bounds,
 * default and one line of help. A file is read whole: every error is found
 * and reported as "FILE:LINE: setting is VALUE, expected ...", and the caller's
 * struct is only good when there was none.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conf_type {
	CONF_INT,     /* int64_t */
	CONF_BOOL,    /* bool */
	CONF_STRING,  /* char *, heap; NULL when absent and no default */
	CONF_ENUM,    /* int: index into words */
	CONF_GROUP,   /* a nested struct at offset, described by sub */
	CONF_LIST,    /* struct conf_list of structs described by sub */
	CONF_STRINGS, /* struct conf_list of char *; a single text is a list of
		       * one */
	CONF_WHERE,   /* no setting (key ""): struct conf_where of its group */
};

/* Where a group stands, for messages about it later. */
struct conf_where {
	char *file; /* heap; NULL in presets */
	int line;
};

struct conf_list {
	void *items; /* heap; CONF_LIST: n structs of sub->size bytes */
	size_t n;
};

struct conf_table;
struct conf_errors;

struct conf_field {
	const char *key;
	enum conf_type type;
	size_t offset;		      /* in the struct of this table */
	/* CONF_INT: both 0 = any; lists: the number of items, max 0 = any */
	int64_t min, max;
	int64_t preset;		      /* CONF_INT, CONF_BOOL, CONF_ENUM */
	const char *preset_text;      /* CONF_STRING */
	const char *const *words;     /* CONF_ENUM, ends with NULL */
	const struct conf_table *sub; /* CONF_GROUP, CONF_LIST */
	bool required;		      /* within a group that is there */
	bool reloadable;	      /* may change in a running process */
	const char *unit;	      /* "ms", "MB", or NULL */
	const char *help;
	const char *expected;	      /* replaces "MIN..MAX" in messages */
};

struct conf_table {
	const struct conf_field *fields;
	size_t n_fields;
	size_t size;		      /* of the struct described */
	/* A check across fields, or NULL: returns 0 or ERR_INVAL after
	 * conf_error(errors, path, line, ...); path is the file. Called for a
	 * group that is there and has no other error. */
	int (*check)(const void *item, struct conf_errors *errors,
		     const char *path, int line);
};

/* What was wrong, one line each. */
struct conf_errors {
	char **lines;
	size_t n, cap;
};

/*
 * Read file into *out (of table->size bytes, zeroed here). Returns 0,
 * ERR_SYNTAX (errors->n lines say what), ERR_IO (in errors too) or ERR_NOMEM.
 * After 0, conf_free releases what *out holds; after an error nothing is
 * held. errors is begun here and always to be freed with conf_errors_fini.
 * Unknown settings are errors. `@include "FILE"` on a line of its own is
 * replaced by that file, looked for beside the one that names it.
 */
int conf_read_file(const char *file, const struct conf_table *table, void *out,
		   struct conf_errors *errors);
/* The same from text, where @include is an error; name stands for the file in
 * messages. */
int conf_read_text(const char *name, const char *text,
		   const struct conf_table *table, void *out,
		   struct conf_errors *errors);
/* All presets, as an empty file would give (required ones stay empty). */
int conf_presets(const struct conf_table *table, void *out);
void conf_free(const struct conf_table *table, void *item);

/* Add a line "PATH:LINE: text" ("PATH: text" for line 0). Returns ERR_INVAL
 * (or ERR_NOMEM). */
int conf_error(struct conf_errors *errors, const char *path, int line,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));
void conf_errors_fini(struct conf_errors *errors);

/*
 * Compare two readings. For each setting that differs calls differs(arg,
 * "group.key", reloadable).
 */
typedef void conf_differs_fn(void *arg, const char *setting, bool reloadable);
void conf_compare(const struct conf_table *table, const void *before,
		  const void *after, conf_differs_fn *differs, void *arg);

#endif
