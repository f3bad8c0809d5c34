/*
 * lookup.h - one number through all trees
 */
#ifndef ENUM_LOOKUP_H
#define ENUM_LOOKUP_H

#include "enum/fetch.h"

struct enum_lookup {
	struct enum_waiter waiter; /* first: see lookup_of */
	struct enum_client *client;
	struct enum_number number;
	/* It has come to its end; NULL: from memory or not at all. */
	void (*ended)(struct enum_lookup *lookup);
	enum_done *done; /* for the caller, with arg */
	void *arg;
	struct timer timer;
	int64_t started_us, deadline_ms;
	int64_t now_ms; /* read when it last went on */
	size_t tree;    /* being walked */
	bool is_walking;
	struct enum_answer *answer;
	struct enum_walk walk;
};

/* What is set before the first enum_lookup_run. */
void enum_lookup_init(struct enum_lookup *lookup, struct enum_client *client,
		      const struct enum_number *number,
		      struct enum_answer *answer);
/* Go on as far as it goes: true at the end, false when a name must be asked
 * for (and, with ended, is). */
bool enum_lookup_run(struct enum_lookup *lookup);
/* The deadline has come: what there is is the answer. */
void enum_lookup_give_up(struct enum_lookup *lookup);
/* Let go of everything but the answer. */
void enum_lookup_fini(struct enum_lookup *lookup);

#endif
