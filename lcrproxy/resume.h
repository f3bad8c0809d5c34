/*
 * resume.h - from the store's open calls to the workers that count them
 *
 * Listens to acct (open_calls.h): sorts the calls by their workers and posts
 * them. The first time those answered before the start are to be counted in;
 * the workers start after that, or after a while without it.
 */
#ifndef LCRPROXY_RESUME_H
#define LCRPROXY_RESUME_H

#include "acct/open_calls.h"
#include "lcrproxy/node.h"

#define RESUME_WAIT_MS 3000

struct resume;

/* For a node whose name, start, hash key and number of workers are known. 0 or
 * ERR_NOMEM. */
int resume_new(struct node *node, struct resume **out);
/* After acct has stopped. NULL is accepted. */
void resume_free(struct resume *resume);
const struct open_calls_listener *resume_listener(struct resume *resume);
/* The workers are there, with their snapshots on the way, and not started yet:
 * wait for the first report, for wait_ms at most, and post it. */
void resume_open(struct resume *resume, int64_t wait_ms);
/* The workers are about to end: nothing is posted any more. NULL is
 * accepted. */
void resume_close(struct resume *resume);

#endif
