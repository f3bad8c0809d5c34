/*
 * fuzz_proxy.c - any messages to a whole node: what it sends can be read, what
 * it writes into its journal is an event, and in the end nothing is left
 *
 * The input is pieces that end with a NUL. The first octet says what happens
 * with the rest of a piece: c, o, n, g a message from a trunk, from a trunk
 * that is not trusted (by TCP), from nobody, from a gateway; d, w one from
 * nobody that answers the last challenge with the right, with a wrong password;
 * a an answer to the request that the node sent last, "486 Busy", rows and
 * body; i, j a request inside the call, "BYE", rows and body, from the caller,
 * from the callee; I, J the same by way of a strict router; t time passes.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "acct/event.h"
#include "acct/journal.h"
#include "base/err.h"
#include "lcrproxy/transports.h"
#include "sip/digest.h"
#include "sip/msg.h"
#include "sip/value.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/proxy_node.h"

#define TEXT_MAX 16384
#define SETTLE_MS 40000 /* more than any one timer */
#define N_SETTLES 40

struct text {
	char data[TEXT_MAX];
	size_t len;
	struct sip_flow to;
	struct sip_msg msg;
};

/* What the node sent last. */
static struct sent {
	struct text request; /* but ACK */
	struct text
	    invite; /* that begins a call: its routes are the callee's */
	struct text response; /* that may make a dialog, to who calls */
	struct text challenge;
	bool is_odd; /* a message was given that cannot be read */
	unsigned n_given;
} sent;

/* --- in the place of sockets, thread and disk --- */

int __wrap_transports_send(struct transports *transports, struct sip_flow *to,
			   const char *data, size_t len);
int __wrap_worker_start(struct worker *worker);
int __wrap_journal_add(struct journal *journal, const void *data, size_t len);

static void
keep(struct text *text, const struct sip_flow *to, const char *data, size_t len)
{
	assert(len < TEXT_MAX * 2);
	if (len > TEXT_MAX)
		return;
	memcpy(text->data, data, len);
	text->len = len;
	text->to = *to;
	if (sip_scan(&text->msg, text->data, len, NULL) != 0)
		text->len = 0;
}

/* What answers bad messages repeats of them what it can. */
int
__wrap_transports_send(struct transports *transports, struct sip_flow *to,
		       const char *data, size_t len)
{
	struct sip_msg msg;
	int err = sip_scan(&msg, data, len, NULL);

	(void)transports;
	assert(to->addr.family != 0);
	assert(err == 0 || err == ERR_LIMIT || !msg.is_request);
	assert(err == 0 || err == ERR_LIMIT || sent.is_odd);
	if (err != 0)
		return 0;
	if (msg.is_request && msg.method != SIP_ACK)
		keep(&sent.request, to, data, len);
	if (msg.is_request && msg.method == SIP_INVITE &&
	    sip_tag(sip_value(&msg, SIP_HDR_TO)).p == NULL)
		keep(&sent.invite, to, data, len);
	if (!msg.is_request && msg.status > 100 && msg.status < 300 &&
	    !addr_eq(&to->addr, &sent.request.to.addr))
		keep(&sent.response, to, data, len);
	else if (!msg.is_request && (msg.status == 401 || msg.status == 407))
		keep(&sent.challenge, to, data, len);
	return 0;
}

int
__wrap_worker_start(struct worker *worker)
{
	(void)worker;
	return 0;
}

int
__wrap_journal_add(struct journal *journal, const void *data, size_t len)
{
	struct event event;
	struct arena arena;

	(void)journal;
	arena_init(&arena, NULL, 0, 0);
	assert(event_decode(&arena, data, len, &event) == 0);
	arena_fini(&arena);
	return 0;
}

/* --- what is given to it --- */

static void
give(struct worker *worker, const char *data, size_t len,
     const struct sip_flow *from)
{
	struct sip_msg msg;

	if (sip_scan(&msg, data, len, NULL) != 0)
		sent.is_odd = true;
	worker_take(worker, data, len, from);
}

static void
give_from(struct worker *worker, struct str text, const char *addr,
	  enum sip_transport by)
{
	struct sip_flow from = { .transport = (uint8_t)by,
				 .listener = by == SIP_TCP,
				 .conn = by == SIP_TCP ? 7 : 0 };

	(void)addr_parse(str_of(addr), 0, &from.addr);
	give(worker, text.p, text.len, &from);
}

/* The rows of a message with this header, under another name. */
static void
copy_rows(struct wbuf *w, const struct sip_msg *msg, enum sip_header id,
	  const char *name, const char *more)
{
	for (int i = msg->first[id]; i >= 0; i = msg->fields[i].next) {
		struct str value = sip_field_value(msg, &msg->fields[i]);

		wbuf_printf(w, "%s: %.*s%s\r\n", name, STR_ARG(value), more);
	}
}

/* Rows and body of a piece, with the empty line if it has none. */
static void
add_rest(struct wbuf *w, struct str rest)
{
	wbuf_bytes(w, rest.p, rest.len);
	if (rest.len < 4 || memmem(rest.p, rest.len, "\r\n\r\n", 4) == NULL)
		wbuf_text(w, rest.len < 2 || rest.p[rest.len - 1] != '\n'
				 ? "\r\n\r\n"
				 : "\r\n");
}

/* What stands behind the first line of a piece. */
static struct str
cut_line(struct str *rest)
{
	struct str line = str_cut(rest, '\n');

	if (rest->p == NULL)
		*rest = str_make("", 0);
	return str_trim(line);
}

static void
answer(struct worker *worker, struct str rest)
{
	static char data[TEXT_MAX * 2];
	const struct sip_msg *msg = &sent.request.msg;
	struct sip_flow from = sent.request.to;
	struct str line = cut_line(&rest);
	struct wbuf w;
	bool has_tag;

	if (sent.request.len == 0)
		return;
	has_tag = sip_tag(sip_value(msg, SIP_HDR_TO)).p != NULL;
	if (from.transport != SIP_UDP && from.conn == 0)
		from.conn = 8;
	wbuf_init(&w, data, sizeof(data));
	wbuf_printf(&w, "SIP/2.0 %.*s\r\n", STR_ARG(line));
	copy_rows(&w, msg, SIP_HDR_VIA, "Via", "");
	copy_rows(&w, msg, SIP_HDR_RECORD_ROUTE, "Record-Route", "");
	copy_rows(&w, msg, SIP_HDR_FROM, "From", "");
	copy_rows(&w, msg, SIP_HDR_TO, "To", has_tag ? "" : ";tag=g");
	copy_rows(&w, msg, SIP_HDR_CALL_ID, "Call-ID", "");
	copy_rows(&w, msg, SIP_HDR_CSEQ, "CSeq", "");
	add_rest(&w, rest);
	if (w.err == 0)
		give(worker, data, w.len, &from);
}

/* The value that answers the last challenge to this request; 0 or an error. */
static int
add_login(struct wbuf *w, const struct sip_msg *request, const char *password)
{
	const struct sip_msg *msg = &sent.challenge.msg;
	struct sip_answer login = { .username = str_of("bob"),
				    .method = request->method_text,
				    .uri = request->ruri,
				    .cnonce = str_of("c"),
				    .nc = sent.n_given };
	char ha1[SIP_DIGEST_HEX_MAX];
	struct sip_challenge challenge;
	int err = sip_challenge_parse(
	    sip_value(msg, msg->status == 407 ? SIP_HDR_PROXY_AUTHENTICATE
					      : SIP_HDR_WWW_AUTHENTICATE),
	    &challenge);

	if (err == 0)
		err = sip_digest_ha1(challenge.algorithm, login.username,
				     challenge.realm, str_of(password), ha1);
	login.ha1 = ha1;
	wbuf_text(w, msg->status == 407 ? "Proxy-Authorization: "
					: "Authorization: ");
	if (err == 0)
		err = sip_answer_format(w, &challenge, &login);
	wbuf_text(w, "\r\n");
	return err;
}

static void
log_in(struct worker *worker, struct str rest, const char *password)
{
	static char data[TEXT_MAX * 2];
	struct sip_msg msg;
	struct str line;
	struct wbuf w;

	if (sent.challenge.len == 0 ||
	    sip_scan(&msg, rest.p, rest.len, NULL) != 0 || !msg.is_request)
		return;
	line = str_cut(&rest, '\n');
	wbuf_init(&w, data, sizeof(data));
	wbuf_printf(&w, "%.*s\n", STR_ARG(line));
	if (add_login(&w, &msg, password) != 0)
		return;
	wbuf_str(&w, rest);
	if (w.err == 0)
		give_from(worker, str_make(data, w.len), NODE_STRANGER,
			  SIP_UDP);
}

/* --- inside a call --- */

/* Rows of the routes that the call has given, last is the one behind them. */
static void
add_routes(struct wbuf *w, bool by_caller, struct str last, size_t n_skipped)
{
	const struct sip_msg *msg =
	    by_caller ? &sent.response.msg : &sent.invite.msg;
	int rows[8];
	size_t n = 0;

	for (int i = msg->first[SIP_HDR_RECORD_ROUTE]; i >= 0 && n < 8;
	     i = msg->fields[i].next)
		rows[n++] = i;
	for (size_t i = n_skipped; i < n; i++) {
		int row = rows[by_caller ? n - 1 - i : i];
		struct str value = sip_field_value(msg, &msg->fields[row]);

		wbuf_printf(w, "Route: %.*s\r\n", STR_ARG(value));
	}
	if (last.p != NULL)
		wbuf_printf(w, "Route: <%.*s>\r\n", STR_ARG(last));
}

/* The URI in <> of a value, or of a row that is not there what is said. */
static struct str
uri_of(struct str value, const char *otherwise)
{
	const char *start =
	    value.p != NULL ? memchr(value.p, '<', value.len) : NULL;
	const char *end =
	    start != NULL
		? memchr(start, '>', value.len - (size_t)(start - value.p))
		: NULL;

	return end != NULL ? str_make(start + 1, (size_t)(end - start - 1))
			   : str_of(otherwise);
}

struct inside {
	bool by_caller, is_strict;
};

static void
add_target(struct wbuf *w, const struct inside *how, struct str method)
{
	const struct sip_msg *msg = &sent.response.msg;
	struct str route = sip_value(how->by_caller ? msg : &sent.invite.msg,
				     SIP_HDR_RECORD_ROUTE);
	struct str target =
	    how->by_caller
		? uri_of(sip_value(msg, SIP_HDR_CONTACT), "sip:x@" NODE_GATEWAY)
		: str_of("sip:c@" NODE_CALLER);
	bool is_strict = how->is_strict && route.p != NULL;

	if (is_strict)
		route = uri_of(route, "sip:" NODE_DOMAIN);
	wbuf_printf(w, "%.*s %.*s SIP/2.0\r\n", STR_ARG(method),
		    STR_ARG(is_strict ? route : target));
	add_routes(w, how->by_caller, is_strict ? target : str_make(NULL, 0),
		   is_strict);
}

static void
ask_inside(struct worker *worker, const struct inside *how, struct str rest)
{
	static char data[TEXT_MAX * 2];
	const struct sip_msg *msg = &sent.response.msg;
	struct str method = cut_line(&rest);
	bool by_caller = how->by_caller;
	struct wbuf w;

	if (sent.response.len == 0 || sent.invite.len == 0)
		return;
	wbuf_init(&w, data, sizeof(data));
	add_target(&w, how, method);
	wbuf_printf(&w, "Via: SIP/2.0/UDP h;branch=z9hG4bK-%u\r\n",
		    sent.n_given);
	copy_rows(&w, msg, by_caller ? SIP_HDR_FROM : SIP_HDR_TO, "From", "");
	copy_rows(&w, msg, by_caller ? SIP_HDR_TO : SIP_HDR_FROM, "To", "");
	copy_rows(&w, msg, SIP_HDR_CALL_ID, "Call-ID", "");
	wbuf_printf(&w, "CSeq: %u %.*s\r\n",
		    str_eq_text(method, "ACK") ? msg->cseq : 10 + sent.n_given,
		    STR_ARG(method));
	add_rest(&w, rest);
	if (w.err == 0)
		give_from(worker, str_make(data, w.len),
			  by_caller ? NODE_CALLER : NODE_GATEWAY, SIP_UDP);
}

static void
pass_time(struct worker *worker, int64_t ms)
{
	int64_t end = clock_mono_ms(&worker->clock) + ms;

	for (;;) {
		int64_t now = clock_mono_ms(&worker->clock);
		int64_t wait = timers_next_ms(&worker->timers, now);

		if (wait < 0 || now + wait > end)
			break;
		clock_advance_us(&worker->clock, wait * US_PER_MS);
		timers_run(&worker->timers, now + wait);
		arena_reset(&worker->arena);
	}
	clock_advance_us(&worker->clock,
			 (end - clock_mono_ms(&worker->clock)) * US_PER_MS);
}

static void
happen(struct worker *worker, char what, struct str rest)
{
	const struct inside how = { what == 'i' || what == 'I',
				    what == 'I' || what == 'J' };

	sent.n_given++;
	if (what == 'c')
		give_from(worker, rest, NODE_CALLER, SIP_UDP);
	else if (what == 'o')
		give_from(worker, rest, NODE_OTHER, SIP_TCP);
	else if (what == 'n')
		give_from(worker, rest, NODE_STRANGER, SIP_UDP);
	else if (what == 'g')
		give_from(worker, rest, NODE_GATEWAY, SIP_UDP);
	else if (what == 'd' || what == 'w')
		log_in(worker, rest, what == 'd' ? "secret" : "another");
	else if (what == 'a')
		answer(worker, rest);
	else if (strchr("iIjJ", what) != NULL)
		ask_inside(worker, &how, rest);
	else if (what == 'l' && sent.request.len > 0)
		give_from(worker, str_make(sent.request.data, sent.request.len),
			  NODE_GATEWAY, SIP_UDP);
	else if (what == 't')
		pass_time(worker, (int64_t)rest.len * 200);
}

static void
settle(struct worker *worker)
{
	const struct sip_txns_counters *c = sip_txns_counters(worker->txns);

	for (int i = 0; i < N_SETTLES && c->servers + c->clients > 0; i++)
		pass_time(worker, SETTLE_MS);
	assert(c->servers == 0 && c->clients == 0 && c->bytes == 0);
	assert(worker->n_calls == 0 && worker->dialogs == NULL &&
	       worker->relays == NULL);
	proxy_node_forget(worker);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size };
	struct worker *worker = proxy_node();

	sent.request.len = sent.invite.len = 0;
	sent.response.len = sent.challenge.len = 0;
	sent.is_odd = false;
	sent.n_given = 0;
	while (rest.p != NULL && sent.n_given < 32) {
		struct str piece = str_cut(&rest, '\0');

		if (piece.len > 0)
			happen(worker, piece.p[0],
			       str_make(piece.p + 1, piece.len - 1));
	}
	settle(worker);
	return 0;
}
