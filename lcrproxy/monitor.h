/*
 * monitor.h - /metrics, /healthz and /readyz
 *
 * Answered by a thread of their own (http.h). Metrics are asked of the control
 * thread and by it of the workers, by mail: one harvest at a time, which serves all
 * who have asked by then; a thread that does not answer costs whoever asks a 503.
 * Health does not depend on either: the monitor sends each thread a letter now and
 * then, and knows how long the last one has been under way.
 */
#ifndef LCRPROXY_MONITOR_H
#define LCRPROXY_MONITOR_H

#include "lcrproxy/app.h"

#define MONITOR_STUCK_MS 5000  /* a thread that has not opened its letter so long */
#define MONITOR_SCRAPE_MS 5000 /* who has asked for metrics waits so long */

struct monitor;

/* Listens at control.http of settings; *out is NULL when it says nothing. Errors
 * were logged: ERR_IO, ERR_NOMEM. */
int monitor_open(struct app *app, const struct settings_control *settings,
		 struct monitor **out);
/* Serve, once the workers run: 0, ERR_IO or ERR_NOMEM. NULL is accepted. */
int monitor_start(struct monitor *monitor);
/* Nobody is asked anything from when this returns; health is told on, metrics get
 * 503. By the control thread, after the node's `stopping` was set and before its
 * workers end. NULL is accepted. */
void monitor_hush(struct monitor *monitor);
/* After those have ended, and the control thread has opened all its mail. NULL is
 * accepted. */
void monitor_close(struct monitor *monitor);

#endif
