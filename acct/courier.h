/*
 * courier.h - the thread that ships the journals; private to acct/
 *
 * Keeps a connection to the store, or tries to: 0.2 to 5 s between attempts,
 * one log line when the store is lost and one when it is back.
 */
#ifndef ACCT_COURIER_H
#define ACCT_COURIER_H

#include "acct/acct.h"
#include "acct/clock_mark.h"

struct courier;

/* Bytes written to the journals since they were opened, from any thread. */
typedef uint64_t courier_written(const void *arg);

/* Before the journals are opened. settings, mark and log are borrowed: 0, ERR_IO
 * or ERR_NOMEM. */
int courier_new(const struct acct_settings *settings, struct clock_mark *mark,
		struct log *log, struct courier **out);
void courier_free(struct courier *courier);
/* Once the journals are open: 0 or ERR_IO (errno). written is called until
 * courier_stop returns. */
int courier_start(struct courier *courier, courier_written *written,
		  const void *arg);
/* Ship what is there, for at most wait_ms, and end the thread; a connection that
 * is just being made is waited for (some seconds for each address of the store). */
void courier_stop(struct courier *courier, int64_t wait_ms);
/* Bytes that are not shipped; from any thread, cheap. Right also while the
 * store hangs. */
int64_t courier_backlog(const struct courier *courier);
/* Of another node, see acct_clock_ahead. */
int64_t courier_clock_ahead(struct courier *courier, uint32_t node_id,
			    time_us wall);
/* All of out but backlog_bytes, from any thread. */
void courier_status(struct courier *courier, struct acct_status *out);

#endif
