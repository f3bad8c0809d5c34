/* http.c - requests and their answers */
#include "lcrproxy/http.h"

#include <string.h>

#include "base/alloc.h"
#include "lcrproxy/http_private.h"

struct http_answer {
	struct MHD_Response *response;
	unsigned status;
};

/* --- answers --- */

static void
free_text(void *text)
{
	mem_free(text);
}

static void
add_headers(struct MHD_Response *response, const char *type)
{
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
				"no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

struct http_answer *
http_answer_new(unsigned status, const char *type, char *text, size_t len)
{
	struct http_answer *answer = mem_zalloc(1, sizeof(*answer));

	if (answer != NULL)
		answer->response =
		    MHD_create_response_from_buffer_with_free_callback(
			len, text, free_text);
	if (answer == NULL || answer->response == NULL) {
		mem_free(text);
		mem_free(answer);
		return NULL;
	}
	answer->status = status;
	add_headers(answer->response, type);
	return answer;
}

struct http_answer *
http_answer_text(unsigned status, const char *text)
{
	char *copy = mem_strdup(text);

	return copy != NULL
		   ? http_answer_new(status, "text/plain; charset=utf-8", copy,
				     strlen(copy))
		   : NULL;
}

void
http_answer_unref(struct http_answer *answer)
{
	if (answer == NULL)
		return;
	MHD_destroy_response(answer->response);
	mem_free(answer);
}

/* --- requests --- */

static void
list(struct http *http, struct http_request *request)
{
	request->next = http->unanswered;
	request->link = &http->unanswered;
	if (request->next != NULL)
		request->next->link = &request->next;
	http->unanswered = request;
	request->is_listed = true;
}

static void
unlist(struct http_request *request)
{
	if (!request->is_listed)
		return;
	*request->link = request->next;
	if (request->next != NULL)
		request->next->link = request->link;
	request->is_listed = false;
}

void
http_send(struct http_request *request, struct http_answer *answer)
{
	static char nothing[1];
	struct MHD_Response *response =
	    answer != NULL ? answer->response
			   : MHD_create_response_from_buffer(
				 0, nothing, MHD_RESPMEM_PERSISTENT);

	unlist(request);
	request->is_answered = true;
	/* without a response the connection is closed by the deadline */
	if (response != NULL)
		MHD_queue_response(request->connection,
				   answer != NULL ? answer->status
						  : MHD_HTTP_INTERNAL_SERVER_ERROR,
				   response);
	if (answer == NULL && response != NULL)
		MHD_destroy_response(response);
	if (!request->is_suspended)
		return;
	request->is_suspended = false;
	MHD_resume_connection(request->connection);
	http_run_soon(request->http);
}

static void
refuse(struct http_request *request, unsigned status, const char *text)
{
	struct http_answer *answer = http_answer_text(status, text);

	if (answer != NULL && status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(answer->response,
					MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	http_send(request, answer);
	http_answer_unref(answer);
}

bool
http_wants_openmetrics(const struct http_request *request)
{
	const char *accept = MHD_lookup_connection_value(
	    request->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);

	return accept != NULL &&
	       strcasestr(accept, "application/openmetrics-text") != NULL;
}

static bool
has_header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name) !=
	       NULL;
}

static const struct http_page *
find_page(const struct http *http, const char *path)
{
	for (size_t i = 0; i < http->settings.n_pages; i++) {
		if (strcmp(http->settings.pages[i].path, path) == 0)
			return &http->settings.pages[i];
	}
	return NULL;
}

/* What is refused at once is not asked for the rest of what it brings; the
 * connection is closed after that. */
static void
admit(struct http_request *request, const char *path, const char *method)
{
	const struct http_page *page = find_page(request->http, path);

	if (page == NULL)
		refuse(request, MHD_HTTP_NOT_FOUND, "there is no such page\n");
	else if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
		 strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		refuse(request, MHD_HTTP_METHOD_NOT_ALLOWED,
		       "expected GET or HEAD\n");
	else if (has_header(request->connection,
			    MHD_HTTP_HEADER_CONTENT_LENGTH) ||
		 has_header(request->connection,
			    MHD_HTTP_HEADER_TRANSFER_ENCODING))
		refuse(request, MHD_HTTP_BAD_REQUEST, "expected no body\n");
	else
		request->page = page;
}

static void
serve(struct http_request *request)
{
	const struct http_page *page = request->page;

	request->page = NULL;
	page->serve(request->http->settings.arg, request);
	if (request->is_answered)
		return;
	request->is_suspended = true;
	MHD_suspend_connection(request->connection);
}

/* Called when its headers are there, and once more when all of it is. */
enum MHD_Result
http_on_request(void *arg, struct MHD_Connection *connection, const char *path,
		const char *method, const char *version, const char *data,
		size_t *len, void **state)
{
	struct http *http = arg;
	struct http_request *request = *state;

	(void)version;
	(void)data;
	(void)len;
	if (request != NULL) {
		if (request->page != NULL)
			serve(request);
		return MHD_YES;
	}
	request = mem_zalloc(1, sizeof(*request));
	if (request == NULL)
		return MHD_NO;
	*state = request;
	request->http = http;
	request->connection = connection;
	list(http, request);
	admit(request, path, method);
	return MHD_YES;
}

static struct http_conn *
conn_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

void
http_on_completed(void *arg, struct MHD_Connection *connection, void **state,
		  enum MHD_RequestTerminationCode code)
{
	struct http *http = arg;
	struct http_request *request = *state;
	struct http_conn *conn = conn_of(connection);

	(void)code;
	if (conn != NULL)
		conn->since_ms = clock_mono_ms(&http->clock);
	if (request == NULL)
		return;
	unlist(request);
	mem_free(request);
	*state = NULL;
}

void
http_refuse_all(struct http *http)
{
	while (http->unanswered != NULL)
		refuse(http->unanswered, MHD_HTTP_SERVICE_UNAVAILABLE,
		       "the daemon is stopping\n");
}
