/*
 * tool.h - what the programs over call records share on their command lines
 *
 * Functions that take a struct cli print what was wrong and return 0 or the
 * exit status to leave with.
 */
#ifndef CDR_TOOLS_TOOL_H
#define CDR_TOOLS_TOOL_H

#include <jansson.h>

#include "base/cli.h"
#include "base/clock.h"
#include "base/zone.h"
#include "db/store.h"
#include "db/store_url.h"

/* Rows of an option table: with a letter and a value, with a value, without. */
#define TOOL_LETTER(long_name, one, argument_name, member, text) \
	{                                                        \
		.name = (long_name), .letter = (one),            \
		.argument = (argument_name), .value = &(member), \
		.help = (text)                                   \
	}
#define TOOL_VALUE(long_name, argument_name, member, text) \
	TOOL_LETTER(long_name, 0, argument_name, member, text)
#define TOOL_FLAG(long_name, member, text)                              \
	{                                                               \
		.name = (long_name), .given = &(member), .help = (text) \
	}

/* The two rows that fill in a struct tool_store. */
#define TOOL_STORE_OPTIONS(store)                                      \
	TOOL_LETTER("store", 's', "URL", (store).url,                  \
		    "the store, sqlite:PATH or postgresql:...; else\n" \
		    "LCR_STORE, else the setting of --config, "        \
		    "else\n" STORE_URL_DEFAULT),                       \
	    TOOL_LETTER("config", 'c', "FILE", (store).config,         \
			"configuration file, looked at for its store")

/* The options that say which store; values are as given, or NULL. */
struct tool_store {
	const char *url, *config;
};

/* Call first: JSON takes its memory from base/alloc too. */
void tool_init(void);
/* Open the store and look at its version. Statements may be silent for ten
 * minutes: the programs work on whole tables. */
int tool_open_store(const struct cli *cli, const struct tool_store *options,
		    unsigned flags, struct store **out);

/* An instant as people give it: RFC 3339, or a date, its midnight in zone (NULL =
 * UTC): 0, ERR_SYNTAX or ERR_RANGE. */
int tool_instant_parse(struct str text, const struct zone *zone, time_us *out);

/* The options --from and --until; an instant that is not given is the first
 * or the last one a store can hold. */
struct tool_span {
	const char *from, *until;  /* as given, or NULL */
	const struct zone *zone;   /* of dates; NULL = UTC */
	time_us from_us, until_us; /* [from, until) */
};

#define TOOL_TIME_MIN (INT64_C(-62135596800) * US_PER_S)
#define TOOL_TIME_MAX (INT64_C(253402300800) * US_PER_S - 1)

int tool_span_parse(const struct cli *cli, struct tool_span *span);

/* Print the object, which is taken over, and flush; of one that is NULL or not
 * whole memory ran out. */
int tool_print_json(const struct cli *cli, json_t *object, bool is_whole);
/* Flush standard output; what could not be written is an error. */
int tool_flush(const struct cli *cli);

#endif
