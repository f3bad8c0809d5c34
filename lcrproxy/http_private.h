/*
 * http_private.h - the inside of the HTTP server, for http*.c only
 */
#ifndef LCRPROXY_HTTP_PRIVATE_H
#define LCRPROXY_HTTP_PRIVATE_H

#include <microhttpd.h>
#include <pthread.h>

#include "base/clock.h"
#include "lcrproxy/http.h"

/* What is known of a connection, from its beginning to its end. */
struct http_conn {
	struct http_conn *next, **link;
	int fd;
	int64_t since_ms; /* it began, or was answered last */
};

struct http_request {
	struct http *http;
	struct http_request *next, **link; /* among the unanswered */
	struct MHD_Connection *connection;
	const struct http_page *page; /* to be served; NULL = it was */
	bool is_suspended, is_answered, is_listed;
};

struct http {
	struct http_settings settings;
	struct log *log;
	struct clock clock;
	int fd;
	struct MHD_Daemon *daemon; /* NULL before it runs and after */
	struct http_conn *conns;
	struct http_request *unanswered;
	uv_loop_t loop;
	uv_poll_t poll;
	uv_timer_t tick;
	uv_async_t stop;
	pthread_t thread;
	bool has_loop, has_stop, has_handles, has_begun, is_running;
};

/* For libmicrohttpd: a request whose headers are there, and its end. */
enum MHD_Result http_on_request(void *arg, struct MHD_Connection *connection,
				const char *path, const char *method,
				const char *version, const char *data,
				size_t *len, void **state);
void http_on_completed(void *arg, struct MHD_Connection *connection,
		       void **state, enum MHD_RequestTerminationCode code);
/* Requests that wait for an answer get 503. */
void http_refuse_all(struct http *http);
/* The loop looks at the server again as soon as it is back. */
void http_run_soon(struct http *http);

#endif
