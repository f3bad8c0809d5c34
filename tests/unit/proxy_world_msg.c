/* proxy_world_msg.c - what the peers of a proxy world say */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sip/value.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_world.h"

/* Text that grows; what does not fit fails the test. */
struct text {
	char *out;
	size_t cap, len;
};

static void add(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void
add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->out + t->len, t->cap - t->len, format, args);
	va_end(args);
	if (CHECK(n >= 0 && t->len + (size_t)n < t->cap))
		t->len += (size_t)n;
}

static const char *
preset(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

void
pw_send(struct proxy_world *w, enum pw_peer from, const char *text)
{
	struct sip_flow flow = { .transport = (uint8_t)w->by[from] };

	(void)addr_parse(str_of(pw_host(from)), w->port[from], &flow.addr);
	if (flow.transport != SIP_UDP) {
		flow.listener = 1;
		flow.conn = w->conn[from];
	}
	sip_txns_receive(w->worker.txns, text, strlen(text), &flow);
	arena_reset(&w->worker.arena);
}

void
pw_undelivered(struct proxy_world *w, const char *text)
{
	sip_txns_undelivered(w->worker.txns, text, strlen(text));
	arena_reset(&w->worker.arena);
}

const char *
pw_ask(struct proxy_world *w, enum pw_peer from, const struct pw_request *r)
{
	static char out[PW_TEXT_MAX];
	struct text t = { out, sizeof(out), 0 };
	const char *method = preset(r->method, "INVITE");
	char branch[40], call_id[40], via[100];

	w->n_calls++;
	snprintf(branch, sizeof(branch), "z9hG4bKpw%u", w->n_calls);
	snprintf(call_id, sizeof(call_id), "call%u@pw", w->n_calls);
	snprintf(via, sizeof(via), "Via: SIP/2.0/%s %s:5060;branch=%s\r\n",
		 sip_transport_via(w->by[from]), pw_host(from),
		 preset(r->branch, branch));
	add(&t, "%s %s SIP/2.0\r\n%s", method, preset(r->ruri, PW_RURI),
	    preset(r->via, via));
	if (r->max_forwards == NULL || r->max_forwards[0] != '\0')
		add(&t, "Max-Forwards: %s\r\n", preset(r->max_forwards, "70"));
	add(&t, "From: <sip:+49891234@%s>;tag=from1\r\n", pw_host(from));
	add(&t, "To: <%s>%s%s\r\n", PW_RURI, r->to_tag != NULL ? ";tag=" : "",
	    preset(r->to_tag, ""));
	add(&t, "Call-ID: %s\r\nCSeq: %u %s\r\n", preset(r->call_id, call_id),
	    r->cseq != 0 ? r->cseq : 1, method);
	if (strstr(preset(r->headers, ""), "Contact:") == NULL)
		add(&t, "Contact: <sip:me@%s>\r\n", pw_host(from));
	add(&t, "%sContent-Length: 0\r\n\r\n", preset(r->headers, ""));
	pw_send(w, from, out);
	return out;
}

const char *
pw_call(struct proxy_world *w, const char *headers)
{
	const struct pw_request request = { .headers = headers };

	return pw_ask(w, PW_CALLER, &request);
}

/* All rows of a header of text, as they are. */
static void
add_rows(struct text *t, const char *text, const char *name)
{
	for (int i = 0; i < pw_count(text, name); i++)
		add(t, "%s: %s\r\n", name, pw_header(text, name, i));
}

static void
add_cseq(struct text *t, const char *text, const char *method)
{
	const char *cseq = pw_header(text, "CSeq", 0);

	add(t, "CSeq: %.*s %s\r\n", (int)strcspn(cseq, " "), cseq, method);
}

/* CANCEL (9.1) and ACK (17.1.1.3) of an INVITE; to: the value of To. */
static void
send_like(struct proxy_world *w, const char *invite, const char *method,
	  const char *to)
{
	char out[PW_TEXT_MAX];
	struct text t = { out, sizeof(out), 0 };
	const char *ruri = invite + strcspn(invite, " ");

	add(&t, "%s%.*s\r\n", method, (int)strcspn(ruri, "\r"), ruri);
	add(&t, "Via: %s\r\n", pw_header(invite, "Via", 0));
	add_rows(&t, invite, "Route");
	add_rows(&t, invite, "From");
	add(&t, "To: %s\r\nMax-Forwards: 70\r\n", to);
	add_rows(&t, invite, "Call-ID");
	add_cseq(&t, invite, method);
	add(&t, "Content-Length: 0\r\n\r\n");
	pw_send(w, PW_CALLER, out);
}

void
pw_cancel(struct proxy_world *w, const char *invite)
{
	send_like(w, invite, "CANCEL", pw_header(invite, "To", 0));
}

void
pw_ack(struct proxy_world *w, const char *invite, const char *response)
{
	send_like(w, invite, "ACK", pw_header(response, "To", 0));
}

void
pw_make_answer(char out[PW_TEXT_MAX], enum pw_peer from, const char *request,
	       int status, const char *tag, const char *headers)
{
	struct text t = { out, PW_TEXT_MAX, 0 };
	const char *to = pw_header(request, "To", 0);
	bool is_tagged = strstr(to, ";tag=") != NULL || status == 100;

	add(&t, "SIP/2.0 %d %s\r\n", status, sip_reason_text(status));
	add_rows(&t, request, "Via");
	if (status > 100 && status < 300)
		add_rows(&t, request, "Record-Route");
	add_rows(&t, request, "From");
	add(&t, "To: %s%s%s\r\n", to, is_tagged ? "" : ";tag=",
	    is_tagged ? "" : tag);
	add_rows(&t, request, "Call-ID");
	add_rows(&t, request, "CSeq");
	if (status > 100 && status < 300)
		add(&t, "Contact: <sip:it@%s>\r\n", pw_host(from));
	add(&t, "%sContent-Length: 0\r\n\r\n", preset(headers, ""));
}

void
pw_answer(struct proxy_world *w, enum pw_peer from, const char *request,
	  int status, const char *tag, const char *headers)
{
	char out[PW_TEXT_MAX];

	pw_make_answer(out, from, request, status, tag, headers);
	pw_send(w, from, out);
}

/* --- dialogs --- */

/* The URI of the first name-addr. */
static void
take_uri(const char *value, char *out, size_t cap)
{
	const char *start = strchr(value, '<');

	start = start != NULL ? start + 1 : value;
	snprintf(out, cap, "%.*s", (int)strcspn(start, ">"), start);
}

void
pw_of_answer(struct pw_dialog *d, enum pw_peer self, const char *answer)
{
	int n = pw_count(answer, "Record-Route");

	memset(d, 0, sizeof(*d));
	d->self = self;
	d->cseq = 1;
	snprintf(d->local, sizeof(d->local), "%s",
		 pw_header(answer, "From", 0));
	snprintf(d->remote, sizeof(d->remote), "%s",
		 pw_header(answer, "To", 0));
	snprintf(d->call_id, sizeof(d->call_id), "%s",
		 pw_header(answer, "Call-ID", 0));
	take_uri(pw_header(answer, "Contact", 0), d->target,
		 sizeof(d->target));
	while (n-- > 0) { /* 12.1.2: in reverse order */
		const char *value = pw_header(answer, "Record-Route", n);
		const char *comma = strstr(value, ">,");

		if (comma != NULL)
			snprintf(d->routes + strlen(d->routes),
				 sizeof(d->routes) - strlen(d->routes),
				 "Route: %s\r\nRoute: %.*s>\r\n",
				 comma + 2 + strspn(comma + 2, " "),
				 (int)(comma - value), value);
		else
			snprintf(d->routes + strlen(d->routes),
				 sizeof(d->routes) - strlen(d->routes),
				 "Route: %s\r\n", value);
	}
}

void
pw_of_invite(struct pw_dialog *d, enum pw_peer self, const char *invite,
	     const char *tag)
{
	memset(d, 0, sizeof(*d));
	d->self = self;
	d->cseq = 100;
	snprintf(d->local, sizeof(d->local), "%s;tag=%s",
		 pw_header(invite, "To", 0), tag);
	snprintf(d->remote, sizeof(d->remote), "%s",
		 pw_header(invite, "From", 0));
	snprintf(d->call_id, sizeof(d->call_id), "%s",
		 pw_header(invite, "Call-ID", 0));
	take_uri(pw_header(invite, "Contact", 0), d->target,
		 sizeof(d->target));
	for (int i = 0; i < pw_count(invite, "Record-Route"); i++)
		snprintf(d->routes + strlen(d->routes),
			 sizeof(d->routes) - strlen(d->routes),
			 "Route: %s\r\n", pw_header(invite, "Record-Route", i));
}

const char *
pw_inside_as(struct proxy_world *w, struct pw_dialog *d, const char *method,
	     unsigned cseq, const char *headers)
{
	static char out[PW_TEXT_MAX];
	struct text t = { out, sizeof(out), 0 };

	add(&t, "%s %s SIP/2.0\r\n", method, d->target);
	add(&t, "Via: SIP/2.0/%s %s:5060;branch=z9hG4bKin%u.%s.%u\r\n",
	    sip_transport_via(w->by[d->self]), pw_host(d->self), cseq, method,
	    w->n_calls++);
	add(&t, "%sMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\n", d->routes,
	    d->local, d->remote);
	add(&t, "Call-ID: %s\r\nCSeq: %u %s\r\n", d->call_id, cseq, method);
	if (strstr(preset(headers, ""), "Contact:") == NULL)
		add(&t, "Contact: <sip:me@%s>\r\n", pw_host(d->self));
	add(&t, "%sContent-Length: 0\r\n\r\n", preset(headers, ""));
	pw_send(w, d->self, out);
	return out;
}

const char *
pw_inside(struct proxy_world *w, struct pw_dialog *d, const char *method,
	  const char *headers)
{
	return pw_inside_as(w, d, method, ++d->cseq, headers);
}

bool
pw_talk(struct proxy_world *w, struct pw_talk *talk, const char *headers)
{
	const char *answer;

	pw_call(w, headers);
	snprintf(talk->invite, sizeof(talk->invite), "%s",
		 pw_get(w, PW_G1, "INVITE "));
	pw_answer(w, PW_G1, talk->invite, 200, "g1", NULL);
	answer = pw_get(w, PW_CALLER, "SIP/2.0 200 ");
	if (answer[0] == '\0')
		return false;
	pw_of_answer(&talk->caller, PW_CALLER, answer);
	pw_of_invite(&talk->callee, PW_G1, talk->invite, "g1");
	pw_inside_as(w, &talk->caller, "ACK", 1, NULL);
	pw_get(w, PW_G1, "ACK ");
	pw_records(w);
	return pw_all_quiet(w);
}
