/*
 * kind_table.h - what a kind is made of; private to db/
 *
 * One row per column says how a field of a CSV file becomes a value of the
 * table of the same name and back. Hooks do what one column cannot know.
 */
#ifndef DB_KIND_TABLE_H
#define DB_KIND_TABLE_H

#include "base/arena.h"
#include "base/str.h"
#include "db/kind.h"
#include "db/refs.h"
#include "db/sql_text.h"
#include "db/store.h"

enum kind_type {
	KIND_NAME,   /* text that names a row; fit for a file name */
	KIND_TEXT,   /* min..max octets */
	KIND_USER,   /* the same without ':' (RFC 7616, 3.4.2) */
	KIND_SECRET, /* the same, untrimmed, never shown, never stored */
	KIND_INT,    /* min..max */
	KIND_MONEY,  /* min..max of 1e-8 units */
	KIND_BOOL,
	KIND_TIME,   /* RFC 3339, or a date in the row's tariff's zone */
	KIND_DATE,   /* stored as text YYYY-MM-DD */
	KIND_PREFIX, /* digits of an E.164 prefix, stored without '+' */
	KIND_DIGITS, /* min..max digits */
	KIND_DIAL,   /* up to max of 0-9 * # +, or "none" for the empty one */
	KIND_BAND,
	KIND_WORD, /* one of words */
	KIND_REF,  /* the id of a row of table ref */
	KIND_ZONE,
	KIND_URI,      /* sip or sips, host, port, parameters */
	KIND_CONTACT,  /* the same, with or without a user */
	KIND_NET,      /* an address or a network, or nothing */
	KIND_DOMAIN,   /* a domain name, or nothing; stored in lower case */
	KIND_CURRENCY, /* ISO 4217 */
	KIND_CODES, /* response codes, tel/codes.h */
	KIND_MEDIA, /* words of tel/media.h */
	KIND_HEX,      /* exactly max hex digits */
};

enum kind_flags {
	KIND_KEY = 1,      /* part of what makes a row the same row */
	KIND_COLUMN = 2,   /* a file without this column is refused */
	KIND_FILLED = 4,   /* and so is an empty field */
	KIND_INPUT = 8,    /* import only: not in the table */
	KIND_SUBJECT = 16, /* what messages call the row; a text */
};

struct kind_column {
	const char *name;
	enum kind_type type;
	unsigned flags;
	int64_t min, max;
	const char *preset;        /* of an empty field; NULL = NULL */
	const char *const *words;  /* KIND_WORD; ends with NULL */
	const char *ref;           /* KIND_REF: "tariffs" ... */
	const char *const *others; /* further names in files, or NULL */
};

#define KIND_MAX_COLUMNS 32

/* One row of a file on its way into the table. */
struct kind_row {
	const struct kind *kind;
	struct str fields[KIND_MAX_COLUMNS]; /* p == NULL: not in the file */
	struct store_value values[KIND_MAX_COLUMNS];
	struct refs *refs[KIND_MAX_COLUMNS]; /* of KIND_REF */
	struct ref *tariff;                  /* the row's; NULL without */
	struct arena *arena;                 /* goes with the row */
	size_t bad;                          /* the column that is wrong */
	char why[256];                       /* "found, expected ..." */
};

struct import;

struct kind {
	const char *name; /* also the table's */
	const struct kind_column *columns;
	size_t n_columns;
	bool whole_rows;   /* a column that is not in the file goes back to its
			    * preset in rows that are there already */
	bool more_columns; /* files may have columns that are not ours */
	/* Rearrange fields before they are parsed, or NULL. */
	void (*fill)(struct kind_row *row);
	/* Look across the values of a row, complete them, or NULL: 0,
	 * ERR_SYNTAX after kind_row_fail, ERR_NOMEM. */
	int (*check)(struct kind_row *row);
	/* A good row goes into the stage: look at it, or NULL. */
	void (*note)(struct import *import, const struct kind_row *row);
	/* Look across the rows of the stage and of the table and report, or
	 * NULL: 0 or a store error. */
	int (*check_rows)(struct import *import);
};

extern const struct kind kind_tables[];
extern const size_t n_kind_tables;

/* Index of a column that the kind has. */
size_t kind_column_index(const struct kind *kind, const char *name);
/* Whether column i is kept in the table. */
bool kind_is_stored(const struct kind *kind, size_t i);
enum store_type kind_store_type(const struct kind_column *column);
/* Add column i of the table called alias to sql, NULL replaced by a value that
 * no row has, so that keys can be compared; for dialect_expand. */
void kind_add_key(struct sql_text *sql, const struct kind *kind, size_t i,
		  const char *alias);
/* The column of kind that a file calls name, or -1. Case does not matter, and
 * '_', '-' and ' ' are the same. */
int kind_find_column(const struct kind *kind, struct str name);

/* Note what is wrong with column i: returns ERR_SYNTAX. */
int kind_row_fail(struct kind_row *row, size_t i, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* values[i] from fields[i]: 0, ERR_SYNTAX after kind_row_fail, ERR_NOMEM. */
int kind_parse(struct kind_row *row, size_t i);
/* Write the value of a query's column as a CSV field. */
void kind_write(const struct kind_column *column, struct store_stmt *stmt,
		int at, FILE *out);

/* The hooks of the tables that have some. */
void kind_rates_fill(struct kind_row *row);
int kind_rates_check(struct kind_row *row);
int kind_rates_check_bands(struct import *import);
void import_note_example(struct import *import, const struct kind_row *row);
int kind_credentials_check(struct kind_row *row);
int kind_exchange_check(struct kind_row *row);
int kind_taxes_check(struct kind_row *row);
int kind_blocks_check(struct kind_row *row);
int kind_limits_check(struct kind_row *row);
int kind_trunks_check(struct kind_row *row);
int kind_portability_check(struct kind_row *row);

#endif
