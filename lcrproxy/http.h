/*
 * http.h - a small HTTP server in a thread of its own, over libmicrohttpd
 *
 * GET and HEAD of some pages. Everything is bounded: connections, also of one
 * address, what a request may say, and the time from a connection's beginning (or
 * its last answer) to the next answer. All that is asked of a page runs in the
 * server's thread, which has a libuv loop; who needs others' answers takes them by
 * mail. Clients that are slow hold up nobody.
 */
#ifndef LCRPROXY_HTTP_H
#define LCRPROXY_HTTP_H

#include <uv.h>

#include "base/addr.h"
#include "base/log.h"

#define HTTP_MAX_CONNECTIONS 64
#define HTTP_MAX_PER_ADDRESS 16
#define HTTP_MAX_REQUEST 8192 /* bytes of its line and headers, about */
#define HTTP_DEADLINE_MS 20000

struct http;
struct http_request;
struct http_answer;

struct http_page {
	const char *path;
	/* Answer with http_send, now or later, exactly once. */
	void (*serve)(void *arg, struct http_request *request);
};

struct http_settings {
	struct addr addr;
	const struct http_page *pages; /* borrowed */
	size_t n_pages;
	void *arg;
	/* In the server's thread. Before the first request: 0 or an error. After
	 * the last one, when nothing is answered any more. */
	int (*begin)(void *arg, uv_loop_t *loop);
	void (*end)(void *arg);
};

/* Listens; nobody is served before http_start. settings are copied. 0, ERR_IO
 * (errno) or ERR_NOMEM. */
int http_open(const struct http_settings *settings, struct log *log,
	      struct http **out);
/* 0, ERR_IO or what begin returned. */
int http_start(struct http *http);
/* Requests without an answer get 503; end() is called, and the thread is gone when
 * this returns. NULL is accepted. */
void http_close(struct http *http);

/* Whether the client would rather have OpenMetrics: its Accept names them. */
bool http_wants_openmetrics(const struct http_request *request);

/* text (len bytes, of base/alloc) is taken over, also on failure; type is copied.
 * Counted: one answer may be sent to many. NULL when out of memory. */
struct http_answer *http_answer_new(unsigned status, const char *type,
				    char *text, size_t len);
/* The same of a copy of some plain text. */
struct http_answer *http_answer_text(unsigned status, const char *text);
void http_answer_unref(struct http_answer *answer);
/* The request is not to be used any more. answer NULL: 500 without a text. */
void http_send(struct http_request *request, struct http_answer *answer);

#endif
