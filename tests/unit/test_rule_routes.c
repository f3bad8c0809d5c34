/*
 * test_rule_routes.c - calls by all kinds of ways: proxies before us, behind us
 * and between two passages through us, that route loosely or strictly, or want
 * no more of it, and sides of one transport or two (RFC 3261 16.4, 16.6, 16.12)
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/harness.h"
#include "tests/unit/proxy_world.h"

extern const struct test_suite suite_rule_routes;

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define WAYS 160
#define HOPS_MAX 24 /* of one request */
#define ROUTES_MAX 16

static struct proxy_world w;
static uint64_t state;

static unsigned
random_below(unsigned n)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (unsigned)(state >> 33) % n;
}

/* --- a request as a proxy sees it --- */

struct uri {
	char text[300];
};

struct request {
	struct uri ruri, routes[ROUTES_MAX];
	char rest[PW_TEXT_MAX]; /* all rows but Route, and the body */
	char method[20];
	size_t n;
	bool is_strict; /* it goes where the Request-URI says */
};

static void
add_route(struct request *r, const char *value)
{
	const char *start = strchr(value, '<');

	if (!CHECK(start != NULL && r->n < ROUTES_MAX) || start == NULL)
		return;
	snprintf(r->routes[r->n++].text, sizeof(r->ruri.text), "%.*s",
		 (int)strcspn(start + 1, ">"), start + 1);
}

/* The values of a row, of which there may be two. */
static void
add_routes(struct request *r, const char *row)
{
	const char *comma = strstr(row, ">,");

	add_route(r, row);
	while (comma != NULL) {
		add_route(r, comma + 2);
		comma = strstr(comma + 2, ">,");
	}
}

static void
read_request(struct request *r, const char *text)
{
	size_t len = 0;
	const char *line = strstr(text, "\r\n");

	memset(r, 0, sizeof(*r));
	if (line == NULL)
		return;
	(void)sscanf(text, "%19s %299s", r->method, r->ruri.text);
	for (int i = 0; i < pw_count(text, "Route"); i++)
		add_routes(r, pw_header(text, "Route", i));
	for (line += 2; *line != '\0';) {
		size_t n = strcspn(line, "\n") + 1;

		if (line[n - 1] == '\0')
			n--;
		if (strncasecmp(line, "Route:", 6) != 0) {
			memcpy(r->rest + len, line, n);
			len += n;
		}
		line += n;
	}
}

static void
pop_route(struct request *r)
{
	memmove(&r->routes[0], &r->routes[1],
		(ROUTES_MAX - 1) * sizeof(r->routes[0]));
	r->n--;
}

/* Where it goes next: host and port of the URI. */
static const char *
next_hop(const struct request *r)
{
	static char out[100];
	const char *uri = r->n > 0 && !r->is_strict ? r->routes[0].text
						    : r->ruri.text;
	const char *at = strchr(uri, '@');

	out[0] = '\0';
	if (at == NULL)
		at = strchr(uri, ':');
	if (at == NULL)
		return out;
	at++;
	snprintf(out, sizeof(out), "%.*s", (int)strcspn(at, ";>"), at);
	if (strchr(out, ':') == NULL)
		strcat(out, ":5060");
	return out;
}

/* 16.6 step 6: the next Route wants strict routing. */
static void
tighten(struct request *r)
{
	if (r->n == 0 || strstr(r->routes[0].text, ";lr") != NULL ||
	    !CHECK(r->n < ROUTES_MAX))
		return;
	r->routes[r->n++] = r->ruri;
	r->ruri = r->routes[0];
	r->is_strict = true;
	pop_route(r);
}

/* What a proxy at host, whose Record-Route is own, makes of it. */
static void
pass(struct request *r, const char *own, bool is_strict)
{
	if (is_strict) { /* RFC 2543: the next Route is where it goes */
		if (!CHECK(strcmp(r->ruri.text, own) == 0 && r->n > 0))
			return;
		r->ruri = r->routes[0];
		r->is_strict = true;
		pop_route(r);
		return;
	}
	r->is_strict = false;
	if (strcmp(r->ruri.text, own) == 0 && r->n > 0) /* 16.4 */
		r->ruri = r->routes[--r->n];
	if (r->n > 0 && strcmp(r->routes[0].text, own) == 0)
		pop_route(r);
	tighten(r);
}

/* --- the way of a call --- */

enum place { UP1, UP2, MIDDLE, DOWN1, DOWN2, N_PLACES };

struct stop {
	bool is_there, is_strict;
	char host[40], uri[60]; /* of its Record-Route */
};

struct path {
	struct stop at[N_PLACES];
	bool is_spiral;
	struct pw_dialog caller, callee;
	unsigned n_branches;
};

static const char *const places[N_PLACES] = {
	[UP1] = "192.0.2.10:5071",     [UP2] = "192.0.2.10:5072",
	[MIDDLE] = "198.51.100.1:5073", [DOWN1] = "198.51.100.1:5074",
	[DOWN2] = "198.51.100.1:5075",
};

static void
choose(struct path *path)
{
	memset(path, 0, sizeof(*path));
	path->is_spiral = random_below(2) == 1;
	for (int i = 0; i < N_PLACES; i++) {
		struct stop *stop = &path->at[i];

		stop->is_there = random_below(2) == 1 &&
				 (i != MIDDLE || path->is_spiral);
		stop->is_strict = random_below(3) == 1;
		snprintf(stop->host, sizeof(stop->host), "%s", places[i]);
		snprintf(stop->uri, sizeof(stop->uri), "sip:%s%s", places[i],
			 stop->is_strict ? "" : ";lr");
	}
}

static struct stop *
find_stop(struct path *path, const char *host)
{
	for (int i = 0; i < N_PLACES; i++) {
		if (path->at[i].is_there &&
		    strcmp(path->at[i].host, host) == 0)
			return &path->at[i];
	}
	return NULL;
}

static enum pw_peer
side_of(const char *host)
{
	return strncmp(host, "192.0.2.10", 10) == 0 ? PW_CALLER : PW_G1;
}

/* To us, from a proxy or a party: with a Via of it. */
static void
send_to_us(struct path *path, const struct request *r, const char *host)
{
	static char text[PW_TEXT_MAX];
	size_t len;

	len = (size_t)snprintf(text, sizeof(text),
			       "%s %s SIP/2.0\r\n"
			       "Via: SIP/2.0/%s %s;branch=z9hG4bKp%u\r\n",
			       r->method, r->ruri.text,
			       sip_transport_via(w.by[side_of(host)]), host,
			       ++path->n_branches);
	for (size_t i = 0; i < r->n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"Route: <%s>\r\n", r->routes[i].text);
	CHECK(len + strlen(r->rest) < sizeof(text));
	snprintf(text + len, sizeof(text) - len, "%s", r->rest);
	pw_send(&w, side_of(host), text);
}

/* What we have sent that begins so, to whom and where it may be; "" without. */
static const char *
next_sent(const char *start, enum pw_peer *peer, char host[ADDR_TEXT_MAX])
{
	for (size_t i = 0; i < w.n_sent; i++) {
		struct pw_sent *sent = &w.sent[i];

		if (sent->seen || strncmp(sent->text, start, strlen(start)) != 0)
			continue;
		sent->seen = true;
		addr_format(&sent->to.addr, host);
		*peer = strncmp(host, "203.0.113.1", 11) == 0 ? PW_SELF
							      : side_of(host);
		return sent->text;
	}
	return "";
}

/* A request on its way from a party, through whoever is on it, to host: whether
 * it comes there, as the last one got it in *r and *text. */
static bool
carry(struct path *path, struct request *r, const char *from, const char *to,
      const char **text)
{
	char at[ADDR_TEXT_MAX], next[ADDR_TEXT_MAX], start[24];

	snprintf(at, sizeof(at), "%s", from);
	snprintf(next, sizeof(next), "%s", next_hop(r));
	snprintf(start, sizeof(start), "%s ", r->method);
	for (int hops = 0; hops < HOPS_MAX; hops++) {
		struct stop *stop;
		enum pw_peer peer = PW_SELF;

		stop = find_stop(path, next);
		if (stop != NULL) {
			snprintf(at, sizeof(at), "%s", next);
			pass(r, stop->uri, stop->is_strict);
			snprintf(next, sizeof(next), "%s", next_hop(r));
			continue;
		}
		if (strcmp(next, to) == 0)
			return r->n == 0 && *text != NULL;
		if (strncmp(next, "203.0.113.1", 11) != 0)
			return false; /* astray */
		send_to_us(path, r, at);
		*text = next_sent(start, &peer, next);
		while (peer == PW_SELF && (*text)[0] != '\0') {
			pw_send(&w, PW_SELF, *text);
			*text = next_sent(start, &peer, next);
		}
		if ((*text)[0] == '\0')
			return false;
		read_request(r, *text);
	}
	return false;
}

/* The answer of who got text last, back to where it came from. */
static bool
answer(const char *text, enum pw_peer from, const char *tag, const char **out)
{
	char reply[PW_TEXT_MAX], host[ADDR_TEXT_MAX];
	enum pw_peer peer = from;

	pw_make_answer(reply, from, text, 200, tag, NULL);
	pw_send(&w, from, reply);
	for (int hops = 0; hops < HOPS_MAX; hops++) {
		const char *via;

		*out = next_sent("SIP/2.0 200 ", &peer, host);
		if ((*out)[0] == '\0')
			return false;
		via = pw_header(*out, "Via", 0);
		if (pw_count(*out, "Via") == 1)
			return true;
		if (strstr(via, " 203.0.113.1") != NULL) {
			pw_send(&w, PW_SELF, *out);
			continue;
		}
		via = strstr(*out, "Via: "); /* a proxy's: it goes */
		snprintf(reply, sizeof(reply), "%.*s%s", (int)(via - *out),
			 *out, strstr(via, "\r\n") + 2);
		pw_send(&w, peer, reply);
	}
	return false;
}

/* --- calls --- */

#define CALLER_AT "192.0.2.10:5060"
#define CALLEE_AT "198.51.100.1:5060"

/* What the dialog's side sends, by its route set (12.2.1.1). */
static void
make_inside(struct pw_dialog *d, const char *method, unsigned cseq,
	    struct request *r)
{
	char text[PW_TEXT_MAX];

	snprintf(text, sizeof(text),
		 "%s %s SIP/2.0\r\n%sMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\n"
		 "Call-ID: %s\r\nCSeq: %u %s\r\nContact: <sip:me@%s>\r\n"
		 "Content-Length: 0\r\n\r\n",
		 method, d->target, d->routes, d->local, d->remote, d->call_id,
		 cseq, method, pw_host(d->self));
	read_request(r, text);
	tighten(r);
}

static bool
inside(struct path *path, bool by_caller, const char *method, unsigned cseq)
{
	struct pw_dialog *d = by_caller ? &path->caller : &path->callee;
	const char *from = by_caller ? CALLER_AT : CALLEE_AT;
	const char *to = by_caller ? CALLEE_AT : CALLER_AT;
	const char *text = NULL, *reply;
	struct request r;

	make_inside(d, method, cseq, &r);
	if (!CHECK(carry(path, &r, from, to, &text)))
		return false;
	CHECK(strcmp(r.ruri.text, d->target) == 0);
	return strcmp(method, "ACK") == 0 ||
	       CHECK(answer(text, by_caller ? PW_G1 : PW_CALLER, "", &reply));
}

static void
add_record_route(struct path *path, enum place place, char *text)
{
	char row[100], *at = strstr(text, "Record-Route: ");

	if (!path->at[place].is_there)
		return;
	if (at == NULL)
		at = strstr(text, "Max-Forwards: ");
	snprintf(row, sizeof(row), "Record-Route: <%s>\r\n",
		 path->at[place].uri);
	memmove(at + strlen(row), at, strlen(at) + 1);
	memcpy(at, row, strlen(row));
}

static bool
set_up(struct path *path)
{
	static const struct pw_request plain = { .headers = NULL };
	char text[PW_TEXT_MAX], first[PW_TEXT_MAX], call_id[40], headers[300];
	struct pw_request request = plain;
	struct request r;
	const char *got;

	w.n_sent = 0;
	snprintf(call_id, sizeof(call_id), "way%u@pw", w.n_calls);
	snprintf(headers, sizeof(headers), "%s%s%s%s%s%s",
		 path->at[UP2].is_there ? "Record-Route: <" : "",
		 path->at[UP2].is_there ? path->at[UP2].uri : "",
		 path->at[UP2].is_there ? ">\r\n" : "",
		 path->at[UP1].is_there ? "Record-Route: <" : "",
		 path->at[UP1].is_there ? path->at[UP1].uri : "",
		 path->at[UP1].is_there ? ">\r\n" : "");
	request.headers = headers;
	request.call_id = call_id;
	pw_ask(&w, PW_CALLER, &request);
	got = pw_get(&w, PW_G1, "INVITE ");
	snprintf(first, sizeof(first), "%s", got);
	if (path->is_spiral) {
		pw_run(&w, 1);
		add_record_route(path, MIDDLE, first);
		read_request(&r, first);
		strcpy(r.ruri.text, "sip:+4930123457@203.0.113.1");
		send_to_us(path, &r, places[MIDDLE]);
		snprintf(first, sizeof(first), "%s",
			 pw_get(&w, PW_G1, "INVITE "));
	}
	if (first[0] == '\0')
		return false;
	snprintf(text, sizeof(text), "%s", first);
	add_record_route(path, DOWN1, text);
	add_record_route(path, DOWN2, text);
	pw_of_invite(&path->callee, PW_G1, text, "g1");
	if (!CHECK(answer(text, PW_G1, "g1", &got)))
		return false;
	pw_of_answer(&path->caller, PW_CALLER, got);
	return true;
}

static void
one_way(bool two_transports, unsigned seed)
{
	struct path path;
	bool by_caller;

	state = seed;
	choose(&path);
	path.n_branches = seed * 1000;
	w.by[PW_G1] = two_transports ? SIP_TCP : SIP_UDP;
	if (!set_up(&path))
		return;
	inside(&path, true, "ACK", 1);
	CHECK(pw_was(&w, path.is_spiral ? "attempt 1 answered 200; start 1; "
					  "attempt 1 answered 200; start 1"
					: "attempt 1 answered 200; start 1"));
	for (unsigned i = 0; i < 4; i++) {
		by_caller = random_below(2) == 1;
		inside(&path, by_caller, i % 2 == 0 ? "INFO" : "INVITE", 10 + i);
		if (i % 2 == 1)
			inside(&path, by_caller, "ACK", 10 + i);
	}
	CHECK(pw_was(&w, path.is_spiral ? "life; life; life; life"
					: "life; life"));
	by_caller = random_below(2) == 1;
	inside(&path, by_caller, "BYE", 20);
	if (path.is_spiral)
		CHECK(pw_was(&w, by_caller ? "stop caller; stop caller"
					   : "stop callee; stop callee"));
	else
		CHECK(pw_was(&w, by_caller ? "stop caller" : "stop callee"));
	CHECK(w.worker.live.map.n == 0 && w.worker.counters.astray == 0);
	w.n_sent = 0;
	pw_run(&w, 40000);
}

static void
ways(void)
{
	static const struct {
		const char *name, *gateways;
	} rows[] = {
		{ "rq1", NULL },
		{ "rq2", "gateway,carrier,uri\n"
			"g1,c1,sip:198.51.100.1;transport=tcp\n" },
	};
	static const struct route_csv sbc[] = {
		{ "accounts", "account,tariff,country_code\nsbc,sell,49\n" },
		{ "trunks", "account,address\nsbc,198.51.100.1\n" },
		{ NULL, NULL }
	};
	char what[60];

	for (size_t i = 0; i < N(rows); i++) {
		const struct pw_config config = { .name = rows[i].name,
						  .gateways = rows[i].gateways,
						  .more = sbc };

		if (pw_open(&w, &config)) {
			for (unsigned n = 0; n < WAYS; n++) {
				snprintf(what, sizeof(what), "%s seed %u",
					 rows[i].name, n);
				test_row(what);
				one_way(i == 1, n);
			}
		}
		pw_close(&w);
	}
}

static const struct test tests[] = {
	{ "by whatever way, requests arrive and records end", ways, true },
};

const struct test_suite suite_rule_routes = TEST_SUITE("rule_routes", tests);
