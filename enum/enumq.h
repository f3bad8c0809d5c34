/*
 * enumq.h - what the parts of the program share
 */
#ifndef ENUM_ENUMQ_H
#define ENUM_ENUMQ_H

#include "base/cli.h"
#include "enum/enum.h"
#include "enum/zone.h"

#define ENUMQ_TREES_MAX 16

/* Exit statuses of its own, see enumq(1). */
enum enumq_exit {
	ENUMQ_FOUND = 0,
	ENUMQ_NOT_FOUND = 1,
	ENUMQ_UNUSABLE = 2,
	ENUMQ_DNS_FAILED = 3,
	ENUMQ_USAGE = 64,
};

/* The command line, read. */
struct enumq {
	const struct cli *cli;
	const char *number, *zone_file, *batch_file, *socket;
	bool json, route, resolve, is_raw, no_cache;
	uint16_t type;    /* of a raw question */
	unsigned rate;    /* look-ups per second, 0 = unlimited */
	unsigned watch_s; /* 0 = once */
	unsigned count;   /* rounds of watch, 0 = without end */
	struct addr servers[DNS_SERVERS_MAX];
	struct enum_tree trees[ENUMQ_TREES_MAX];
	struct enum_settings settings;
};

/* The loop and who answers in it. */
struct enumq_world {
	uv_loop_t loop;
	struct dns *dns;
	struct enum_zone *zone;
	struct enum_zone_server *zone_server;
	struct enum_client *client;
};

/* 0, or an exit status after a message. */
int enumq_world_open(struct enumq_world *world, const struct enumq *enumq);
void enumq_world_close(struct enumq_world *world);

/* One number, its report printed; again and again with --watch. The exit
 * status, as of all that follow. */
int enumq_ask(const struct enumq *enumq);
/* Every number of a file, one JSON object per line. */
int enumq_batch(const struct enumq *enumq);
/* One question of any type, its records printed. */
int enumq_raw(const struct enumq *enumq);
enum enumq_exit enumq_exit_of(enum enum_outcome outcome);

struct json_t;
/* Where n URIs are, asked of the first tree's servers or the system's: printed,
 * or in *json (yours) when that is not NULL. 0, or an exit status after a
 * message. */
int enumq_resolve(const struct enumq *enumq, char *const *uris, size_t n,
		  struct json_t **json);
/* What the daemon answers to command ("route": what a call would do, "enum":
 * what its own look-up finds) for the number, as text or, with json, as an
 * object; yours to free. NULL after a message. */
char *enumq_daemon_text(const struct enumq *enumq, const char *command);
struct json_t *enumq_daemon_json(const struct enumq *enumq,
				 const char *command);

#endif
