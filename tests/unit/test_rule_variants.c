/* test_rule_variants.c - one message in many writings comes out as one (7.3) */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/harness.h"
#include "tests/unit/proxy_world.h"

extern const struct test_suite suite_rule_variants;

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define CALLS 250 /* each in a writing of its own */
#define ROWS_MAX 64

static struct proxy_world w;
static uint64_t state; /* of the random numbers */

/* Below n; the plain writing asks for none. */
static bool is_plain;

static unsigned
random_below(unsigned n)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return is_plain ? 0 : (unsigned)(state >> 33) % n;
}

/* --- writing --- */

struct row {
	const char *name, *compact; /* compact NULL: none */
	const char *value;	    /* of lists one value */
	bool is_list;
};

static const char *const plain_rows[][2] = {
	{ "Call-ID", "i" },	 { "Contact", "m" },   { "Content-Type", "c" },
	{ "Content-Length", "l" }, { "From", "f" },    { "Subject", "s" },
	{ "Supported", "k" },	 { "To", "t" },	       { "Via", "v" },
	{ "Session-Expires", "x" }, { "Refer-To", "r" },
};

static const char *const lists[] = { "Via",	"Route",   "Record-Route",
				     "Contact", "Supported", "Allow",
				     "P-Asserted-Identity", "X-List" };

static bool
is_list(const char *name, size_t len)
{
	for (size_t i = 0; i < N(lists); i++) {
		if (strlen(lists[i]) == len &&
		    strncasecmp(lists[i], name, len) == 0)
			return true;
	}
	return false;
}

struct out {
	char text[PW_TEXT_MAX];
	size_t len;
};

static void
put(struct out *o, const char *text, size_t len)
{
	if (!CHECK(o->len + len < sizeof(o->text)))
		return;
	memcpy(o->text + o->len, text, len);
	o->len += len;
	o->text[o->len] = '\0';
}

/* White space that may be anywhere between two tokens. */
static void
put_lws(struct out *o)
{
	static const char *const spaces[] = { "", "", "", " ", "\t", "  ",
					      "\r\n ", " \r\n\t", "\r\n  " };
	const char *text = spaces[random_below(N(spaces))];

	put(o, text, strlen(text));
}

static void
put_name(struct out *o, const struct row *row)
{
	const char *name = row->name;

	if (row->compact != NULL && random_below(2) == 1)
		name = row->compact;
	for (size_t i = 0; i < strlen(name); i++) {
		char c = name[i];

		if (random_below(4) == 1)
			c ^= c >= 'a' && c <= 'z'   ? 0x20
			     : c >= 'A' && c <= 'Z' ? 0x20
						    : 0;
		put(o, &c, 1);
	}
	if (random_below(4) == 1)
		put(o, " \t", 1 + random_below(2));
	put(o, ":", 1);
	if (is_plain || random_below(3) > 0)
		put(o, " ", 1);
	put_lws(o);
}

/* With white space around separators, but not in quotes and URIs. */
static void
put_value(struct out *o, const char *value)
{
	bool is_quoted = false, is_uri = false;

	for (; *value != '\0'; value++) {
		bool is_free = !is_quoted && !is_uri;
		bool is_separator =
		    is_free && (*value == ';' || *value == '=' ||
				*value == '/');

		if (*value == '"')
			is_quoted = !is_quoted;
		is_uri = *value == '<' || (is_uri && *value != '>');
		if (is_separator)
			put_lws(o);
		put(o, value, 1);
		if (is_separator)
			put_lws(o);
	}
}

static bool
is_same_name(const struct row *a, const struct row *b)
{
	return strcmp(a->name, b->name) == 0;
}

/* Rows of other names change places; those of one stay in their order. */
static void
shuffle(struct row *rows, size_t n)
{
	for (size_t i = 0; i < 3 * n; i++) {
		size_t at = random_below((unsigned)n - 1);
		struct row other = rows[at];

		if (is_plain || is_same_name(&rows[at], &rows[at + 1]))
			continue;
		rows[at] = rows[at + 1];
		rows[at + 1] = other;
	}
}

static void
write_message(struct out *o, const char *start, struct row *rows, size_t n,
	      const char *body)
{
	char length[20];

	o->len = 0;
	put(o, start, strlen(start));
	put(o, "\r\n", 2);
	shuffle(rows, n);
	for (size_t i = 0; i < n; i++) {
		put_name(o, &rows[i]);
		put_value(o, rows[i].value);
		while (rows[i].is_list && i + 1 < n &&
		       is_same_name(&rows[i], &rows[i + 1]) &&
		       random_below(2) == 1) {
			put_lws(o);
			put(o, ",", 1);
			put_lws(o);
			put_value(o, rows[++i].value);
		}
		put(o, "\r\n", 2);
	}
	/* in a datagram it may be left out */
	if (is_plain || random_below(3) > 0) {
		struct row row = { "Content-Length", "l", length, false };

		snprintf(length, sizeof(length), "%zu", strlen(body));
		put_name(o, &row);
		put(o, length, strlen(length));
		put(o, "\r\n", 2);
	}
	put(o, "\r\n", 2);
	put(o, body, strlen(body));
}

/* --- reading, by rules of its own --- */

struct canon {
	char rows[ROWS_MAX][600];
	size_t n;
	char start[300], body[1000];
};

static const char *
long_name(const char *name, size_t len)
{
	for (size_t i = 0; i < N(plain_rows); i++) {
		if (len == 1 && strncasecmp(name, plain_rows[i][1], 1) == 0)
			return plain_rows[i][0];
	}
	return NULL;
}

/* What is made anew each time: our branch, our token, and the call's number,
 * seven digits after "n-". */
static void
mask(char *row)
{
	char *at;

	for (at = row; (at = strstr(at, "n-")) != NULL; at += 2) {
		if (strspn(at + 2, "0123456789") >= 7)
			memset(at + 2, '#', 7);
	}
	for (at = row; (at = strstr(at, "lcr=")) != NULL; at += 4)
		memset(at + 4, '#', strspn(at + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						   "abcdefghijklmnopqrstuvwxyz"
						   "0123456789-_"));
	at = strstr(row, "203.0.113.1");
	if (strncmp(row, "via:", 4) == 0 && at != NULL &&
	    (at = strstr(at, "branch=")) != NULL)
		at[7] = '\0';
}

/* One value, white space around separators dropped, put in by its name, behind
 * those of the same name. */
static void
add_value(struct canon *c, const char *name, size_t name_len,
	  const char *value, size_t len)
{
	char row[600];
	size_t n = 0, at = c->n;
	bool is_quoted = false;

	for (size_t i = 0; i < name_len; i++)
		row[n++] = (char)(name[i] | (name[i] >= 'A' && name[i] <= 'Z'
						 ? 0x20
						 : 0));
	row[n++] = ':';
	for (size_t i = 0; i < len && n < sizeof(row) - 2; i++) {
		char ch = value[i];

		is_quoted ^= ch == '"';
		if (ch == '\r' || ch == '\n' || ch == '\t')
			ch = ' ';
		if (!is_quoted && ch == ' ' && strchr(" :;=/,", row[n - 1]) != NULL)
			continue;
		if (!is_quoted && strchr(";=/,", ch) != NULL)
			while (row[n - 1] == ' ')
				n--;
		row[n++] = ch;
	}
	while (n > 0 && row[n - 1] == ' ')
		n--;
	row[n] = '\0';
	if (!CHECK(c->n < ROWS_MAX))
		return;
	while (at > 0 && strncmp(c->rows[at - 1], row,
				 strcspn(row, ":") + 1) > 0) {
		memcpy(c->rows[at], c->rows[at - 1], sizeof(c->rows[0]));
		at--;
	}
	memcpy(c->rows[at], row, sizeof(row));
	c->n++;
}

static void
add_values(struct canon *c, const char *name, size_t name_len,
	   const char *value, size_t len)
{
	bool is_quoted = false, is_uri = false;
	size_t from = 0;

	if (name_len == 14 && strncasecmp(name, "Content-Length", 14) == 0)
		return;
	for (size_t i = 0; i < len; i++) {
		is_quoted ^= value[i] == '"';
		is_uri = value[i] == '<' || (is_uri && value[i] != '>');
		if (value[i] == ',' && !is_quoted && !is_uri &&
		    is_list(name, name_len)) {
			add_value(c, name, name_len, value + from, i - from);
			from = i + 1;
		}
	}
	add_value(c, name, name_len, value + from, len - from);
}

static void
read_message(struct canon *c, const char *text)
{
	const char *p = strstr(text, "\r\n");

	memset(c, 0, sizeof(*c));
	if (p == NULL)
		return;
	snprintf(c->start, sizeof(c->start), "%.*s", (int)(p - text), text);
	for (p += 2; *p != '\0' && *p != '\r';) {
		const char *end = strstr(p, "\r\n");
		size_t name_len = strcspn(p, ": \t");
		const char *colon = strchr(p, ':'), *name;

		while (end != NULL && (end[2] == ' ' || end[2] == '\t'))
			end = strstr(end + 2, "\r\n");
		if (!CHECK(end != NULL && colon != NULL) || end == NULL ||
		    colon == NULL)
			return;
		name = long_name(p, name_len);
		add_values(c, name != NULL ? name : p,
			   name != NULL ? strlen(name) : name_len, colon + 1,
			   (size_t)(end - colon - 1));
		p = end + 2;
	}
	snprintf(c->body, sizeof(c->body), "%s", p + 2);
}

/* Whether both say the same; the first difference is printed. Masks both. */
static bool
is_same(struct canon *a, struct canon *b)
{
	size_t i = 0;

	if (strcmp(a->start, b->start) != 0 || strcmp(a->body, b->body) != 0) {
		fprintf(stderr, "    \"%s\" \"%s\"\n    \"%s\" \"%s\"\n",
			a->start, a->body, b->start, b->body);
		return false;
	}
	for (; i < a->n && i < b->n; i++) {
		mask(a->rows[i]);
		mask(b->rows[i]);
		if (strcmp(a->rows[i], b->rows[i]) != 0)
			break;
	}
	if (i == a->n && i == b->n)
		return true;
	fprintf(stderr, "    plain \"%s\"\n    other \"%s\"\n",
		i < a->n ? a->rows[i] : "", i < b->n ? b->rows[i] : "");
	return false;
}

/* --- a call --- */

#define MULTIPART                                                  \
	"--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b\r\n" \
	"Content-Type: text/plain\r\n\r\nCall-ID: no\r\n\r\n--b--\r\n"

static const char *const bodies[] = {
	"v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nt=0 0\r\n",
	"",
	MULTIPART,
	"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bKx\r\n\r\n",
	"\r\n\r\n\r\n",
	"\x80\xff\x01 no text at all",
};

/* What goes and comes in one call, each as its receiver gets it. */
enum leg { INVITE_OUT, EARLY_BACK, ANSWER_BACK, ACK_OUT, REINVITE_OUT,
	   REANSWER_BACK, BYE_OUT, N_LEGS };

static struct canon plain[N(bodies)][N_LEGS], got;
static struct row rows[ROWS_MAX];
static char texts[ROWS_MAX][700];
static size_t n_rows;

static void
add(const char *name, const char *value)
{
	const char *compact = NULL;

	if (!CHECK(n_rows < ROWS_MAX))
		return;
	for (size_t i = 0; i < N(plain_rows); i++) {
		if (strcmp(plain_rows[i][0], name) == 0)
			compact = plain_rows[i][1];
	}
	snprintf(texts[n_rows], sizeof(texts[0]), "%s", value);
	rows[n_rows] = (struct row){ name, compact, texts[n_rows],
				     is_list(name, strlen(name)) };
	n_rows++;
}

/* The values of a header of c, as header `as`. */
static void
add_from(const struct canon *c, const char *name, const char *as, bool backwards)
{
	size_t len = strlen(name);

	for (size_t k = 0; k < c->n; k++) {
		const char *row = c->rows[backwards ? c->n - 1 - k : k];

		if (strncasecmp(row, name, len) == 0 && row[len] == ':')
			add(as, row + len + 1);
	}
}

static void
send_rows(enum pw_peer from, const char *start, const char *body)
{
	static struct out o;

	write_message(&o, start, rows, n_rows, body);
	pw_send(&w, from, o.text);
	n_rows = 0;
}

/* What a peer gets: got, and as in the plain writing. */
static void
see(enum leg leg, size_t body, enum pw_peer peer, const char *start)
{
	static struct canon copy;
	const char *text = pw_get(&w, peer, start);

	read_message(&got, text);
	copy = got;
	if (is_plain)
		plain[body][leg] = got;
	else if (!CHECK(is_same(&plain[body][leg], &copy)))
		fprintf(stderr, "    leg %d: %s\n", (int)leg, text);
}

static void
add_invite(unsigned number)
{
	char text[100];

	snprintf(text, sizeof(text),
		 "SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKn-%07u;rport", number);
	add("Via", text);
	add("Via", "SIP/2.0/TCP [2001:db8::9]:5062;branch=z9hG4bKa;received="
		   "2001:db8::10");
	add("Via", "SIP/2.0/TLS p.example;branch=z9hG4bKb;x=\"a, ;b\"");
	add("Max-Forwards", "70");
	add("From", "\"A, \\\" B\" <sip:+49891234@192.0.2.10;a=b>;tag=from1;x=y");
	add("To", "<" PW_RURI ">");
	snprintf(text, sizeof(text), "n-%07u@pw", number);
	add("Call-ID", text);
	add("CSeq", "7 INVITE");
	add("Contact", "<sip:me@192.0.2.10;x=1,2>;a=\"b\"");
	add("Record-Route", "<sip:p2.example;lr>");
	add("Record-Route", "\"p, 1\" <sip:p1.example;lr;a=b>;c=d");
	add("Supported", "timer");
	add("Supported", "100rel");
	add("Supported", "x-odd");
	add("Session-Expires", "3600;refresher=uac");
	add("Min-SE", "100");
	add("Subject", "what, ever (it; is)");
	add("X-List", "a");
	add("X-List", "\"b,c\";d=e");
	add("X-Once", "a,b , c");
	add("Content-Type", "multipart/mixed;boundary=b");
	add("Refer-To", "<sip:c@example>");
}

static void
add_answer(const struct canon *request, const char *to_tag)
{
	char to[300] = "";

	for (size_t i = 0; i < request->n; i++) {
		if (strncmp(request->rows[i], "to:", 3) == 0)
			snprintf(to, sizeof(to), "%s%s", request->rows[i] + 3,
				 strstr(request->rows[i], ";tag=") == NULL
				     ? to_tag
				     : "");
	}
	add_from(request, "via", "Via", false);
	add_from(request, "record-route", "Record-Route", false);
	add_from(request, "from", "From", false);
	add("To", to);
	add_from(request, "call-id", "Call-ID", false);
	add_from(request, "cseq", "CSeq", false);
	add("X-List", "1");
	add("X-List", "2");
}

/* A request inside: the sides' headers are of message (the INVITE or its 2xx). */
static void
add_inside(const struct canon *message, bool by_caller, const char *method,
	   unsigned cseq)
{
	static unsigned number;
	char text[100];

	snprintf(text, sizeof(text),
		 "SIP/2.0/UDP %s;branch=z9hG4bKn-%07u.%u;rport",
		 by_caller ? "192.0.2.10" : "198.51.100.1", ++number, cseq);
	add("Via", text);
	add("Max-Forwards", "70");
	add_from(message, by_caller ? "from" : "to", "From", false);
	add_from(message, by_caller ? "to" : "from", "To", false);
	add_from(message, "call-id", "Call-ID", false);
	/* the caller's are ours and what is behind us, the callee's likewise */
	add_from(message, "record-route", "Route", by_caller);
	snprintf(text, sizeof(text), "%u %s", cseq, method);
	add("CSeq", text);
	add("Contact", by_caller ? "<sip:me@192.0.2.10>"
				 : "<sip:it@198.51.100.1>");
	add("Supported", "timer");
	add("Supported", "a");
}

/* Through two proxies of the caller, whose Routes are not ours to see. */
static void
forget_routes_before_ours(void)
{
	size_t n = 0;
	bool is_seen = false;

	for (size_t i = 0; i < n_rows; i++) {
		is_seen |= strstr(rows[i].value, "lcr=") != NULL;
		if (strcmp(rows[i].name, "Route") == 0 && !is_seen)
			continue;
		rows[n++] = rows[i];
	}
	n_rows = n;
}

static void
one_call(size_t body, unsigned number)
{
	static struct canon invite, answer;

	n_rows = 0;
	w.n_sent = 0;
	add_invite(number);
	send_rows(PW_CALLER, "INVITE " PW_RURI " SIP/2.0", bodies[body]);
	see(INVITE_OUT, body, PW_G1, "INVITE ");
	invite = got;
	add_answer(&invite, ";tag=g1");
	add("Require", "100rel");
	add("RSeq", "1");
	add("Contact", "<sip:it@198.51.100.1>");
	send_rows(PW_G1, "SIP/2.0 183 Session, Progress", bodies[body]);
	see(EARLY_BACK, body, PW_CALLER, "SIP/2.0 183 ");
	add_answer(&invite, ";tag=g1");
	add("Contact", "<sip:it@198.51.100.1>");
	send_rows(PW_G1, "SIP/2.0 200 OK", bodies[body]);
	see(ANSWER_BACK, body, PW_CALLER, "SIP/2.0 200 ");
	answer = got;
	add_inside(&answer, true, "ACK", 7);
	forget_routes_before_ours();
	send_rows(PW_CALLER, "ACK sip:it@198.51.100.1 SIP/2.0", bodies[body]);
	see(ACK_OUT, body, PW_G1, "ACK ");
	add_inside(&answer, true, "INVITE", 8);
	forget_routes_before_ours();
	send_rows(PW_CALLER, "INVITE sip:it@198.51.100.1 SIP/2.0",
		  bodies[body]);
	see(REINVITE_OUT, body, PW_G1, "INVITE ");
	invite = got;
	add_answer(&invite, "");
	send_rows(PW_G1, "SIP/2.0 200 OK", bodies[body]);
	see(REANSWER_BACK, body, PW_CALLER, "SIP/2.0 200 ");
	add_inside(&answer, true, "BYE", 9);
	forget_routes_before_ours();
	send_rows(PW_CALLER, "BYE sip:it@198.51.100.1 SIP/2.0", bodies[body]);
	see(BYE_OUT, body, PW_G1, "BYE ");
	invite = got;
	add_answer(&invite, "");
	send_rows(PW_G1, "SIP/2.0 200 OK", "");
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
	CHECK(pw_was(&w, "attempt 1 answered 200; start 1; life; stop caller"));
	w.n_sent = 0;
	pw_run(&w, 40000);
	w.n_sent = 0;
}

static void
writings(void)
{
	const struct pw_config preset = { .name = "rv" };
	char what[60];

	if (!pw_open(&w, &preset))
		goto out;
	is_plain = true;
	for (size_t i = 0; i < N(bodies); i++)
		one_call(i, (unsigned)i);
	is_plain = false;
	for (unsigned i = 0; i < CALLS; i++) {
		state = i;
		snprintf(what, sizeof(what), "seed %u", i);
		test_row(what);
		one_call(i % N(bodies), 1000 + i);
	}
out:
	pw_close(&w);
}

static const struct test tests[] = {
	{ "each writing of a call comes out as the plain one", writings, true },
};

const struct test_suite suite_rule_variants = TEST_SUITE("rule_variants", tests);
