/* test_strict.c - strict routing into loose routing, and back */
#include "lcrproxy/strict.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define TEXT_MAX 4096
#define HEAD                                     \
	"Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n" \
	"From: <sip:a@b>;tag=1\r\n"              \
	"To: <sip:a@b>;tag=2\r\nCall-ID: 1\r\n"  \
	"CSeq: 2 BYE\r\n"
#define OURS "sip:192.0.2.1:5060;lr;lcr=T1"
#define OURS_2 "sip:192.0.2.1:5060;lr;lcr=T2"
#define BARE "sip:192.0.2.1:5060;lr"

struct fixture {
	struct settings settings;
	struct node node;
	struct worker worker;
	char scratch[SIP_MSG_MAX];
};

static void
begin(struct fixture *f)
{
	memset(f, 0, offsetof(struct fixture, scratch));
	sip_value_setup();
	f->node.listeners.n = 1;
	f->node.listeners.at[0].port = 5060;
	addr_parse(str_of("192.0.2.1:5060"), 0,
		   &f->node.listeners.at[0].addr);
	f->node.listeners.at[0].advertised = f->node.listeners.at[0].addr;
	strcpy(f->node.listeners.at[0].host, "192.0.2.1");
	f->node.settings = &f->settings;
	f->worker.node = &f->node;
	f->worker.scratch = f->scratch;
	arena_init(&f->worker.arena, NULL, 0, 0);
}

static void
write_request(char *out, const char *ruri, const char *routes)
{
	snprintf(out, TEXT_MAX, "BYE %s SIP/2.0\r\n" HEAD "%s\r\nbody", ruri,
		 routes);
}

struct row {
	const char *what, *ruri, *routes, *to_ruri, *to_routes;
};

static const struct row loosened[] = {
	{ "loose routing stays", "sip:t@h", "Route: <" OURS ">\r\n", NULL,
	  NULL },
	{ "no Route at all", OURS, "", NULL, NULL },
	{ "the target alone", OURS, "Route: <sip:t@192.0.2.9>\r\n",
	  "sip:t@192.0.2.9", "Route: <" OURS ">\r\n" },
	{ "and another in front of it", OURS,
	  "Route: <sip:p;lr>, <sip:t@192.0.2.9>\r\n", "sip:t@192.0.2.9",
	  "Route: <" OURS ">, <sip:p;lr>\r\n" },
	{ "in rows", OURS,
	  "Route: <sip:p;lr>\r\nRoute: \"T\" <sip:t@192.0.2.9;x=y>;z\r\n",
	  "sip:t@192.0.2.9;x=y", "Route: <" OURS ">, <sip:p;lr>\r\n" },
	{ "in rows that are lists", OURS,
	  "Route: <sip:p;lr>, <sip:q;lr>\r\nX: 1\r\n"
	  "Route: <sip:r;lr>,\r\n <sip:t@192.0.2.9>\r\n",
	  "sip:t@192.0.2.9",
	  "Route: <" OURS ">, <sip:p;lr>, <sip:q;lr>\r\nX: 1\r\n"
	  "Route: <sip:r;lr>\r\n" },
	{ "a Request-URI of ours without a token is no Record-Route", BARE,
	  "Route: <sip:t@192.0.2.9>\r\n", NULL, NULL },
	{ "somebody else's", "sip:192.0.2.8;lr;lcr=T1",
	  "Route: <sip:t@192.0.2.9>\r\n", NULL, NULL },
	{ "a last Route nobody can read", OURS, "Route: nothing\r\n", NULL,
	  NULL },
	{ "the same of ours twice is a pair of way.h", "sip:t@h",
	  "Route: <" OURS ">, <" OURS ">, <sip:p;lr>\r\n", NULL, NULL },
	{ "one of ours without a token behind it", "sip:t@h",
	  "Route: <" OURS ">\r\nRoute: <" BARE ">\r\n", "sip:t@h",
	  "Route: <" OURS ">\r\n" },
	{ "one of ours without a token before it", "sip:t@h",
	  "Route: <" BARE ">, <" OURS ">\r\n", "sip:t@h",
	  "Route: <" OURS ">\r\n" },
	{ "three of ours", "sip:t@h",
	  "Route: <" BARE ">, <" OURS ">, <" OURS ">\r\n", "sip:t@h",
	  "Route: <" OURS ">, <" OURS ">\r\n" },
	{ "a call that came through here twice", "sip:t@h",
	  "Route: <" OURS ">, <" OURS_2 ">\r\n", NULL, NULL },
	{ "others between", "sip:t@h",
	  "Route: <" OURS ">, <sip:p;lr>, <" OURS ">\r\n", NULL, NULL },
};

static void
what_comes_strictly_goes_on_loosely(void)
{
	static struct fixture f;
	char text[TEXT_MAX], expected[TEXT_MAX];

	begin(&f);
	for (size_t i = 0; i < N_ROWS(loosened); i++) {
		const struct row *row = &loosened[i];
		const struct sip_msg *made;
		struct sip_uri uri;
		struct sip_msg msg;

		test_row(row->what);
		write_request(text, row->ruri, row->routes);
		write_request(
		    expected, row->to_ruri != NULL ? row->to_ruri : row->ruri,
		    row->to_routes != NULL ? row->to_routes : row->routes);
		if (!OK(sip_scan(&msg, text, strlen(text), NULL)) ||
		    !OK(sip_uri_parse(&f.worker.arena, msg.ruri, &uri)))
			continue;
		made = strict_loosen(&f.worker, &msg, &uri);
		CHECK((made == &msg) == (row->to_ruri == NULL));
		CHECK(
		    str_eq(str_make(made->data, made->len), str_of(expected)));
		CHECK(str_eq(uri.text, made->ruri));
		arena_reset(&f.worker.arena);
	}
	test_row(NULL);
	arena_fini(&f.worker.arena);
}

static const struct row tightened[] = {
	{ "a loose next hop", "sip:t@h", "Route: <sip:p;lr>\r\n", NULL, NULL },
	{ "no next hop", "sip:t@h", "", NULL, NULL },
	{ "a strict one", "sip:t@h", "Route: <sip:p>\r\n", "sip:p",
	  "Route: <sip:t@h>\r\n" },
	{ "a strict one and more", "sip:t@h;x",
	  "Route: <sip:p>, <sip:q;lr>\r\n", "sip:p",
	  "Route: <sip:q;lr>, <sip:t@h;x>\r\n" },
	{ "in rows", "sip:t@h",
	  "Route: <sip:p;a=b>\r\nX: 1\r\nRoute: <sip:q>,<sip:r>\r\n",
	  "sip:p;a=b", "X: 1\r\nRoute: <sip:q>,<sip:r>, <sip:t@h>\r\n" },
};

static void
what_goes_to_a_strict_router_goes_strictly(void)
{
	static struct fixture f;
	char expected[TEXT_MAX];

	begin(&f);
	for (size_t i = 0; i < N_ROWS(tightened); i++) {
		const struct row *row = &tightened[i];
		size_t len;

		test_row(row->what);
		write_request(f.scratch, row->ruri, row->routes);
		write_request(
		    expected, row->to_ruri != NULL ? row->to_ruri : row->ruri,
		    row->to_routes != NULL ? row->to_routes : row->routes);
		len = strlen(f.scratch);
		if (OK(strict_tighten(&f.worker, &len)))
			CHECK(
			    str_eq(str_make(f.scratch, len), str_of(expected)));
		arena_reset(&f.worker.arena);
	}
	test_row(NULL);
	arena_fini(&f.worker.arena);
}

static const struct test tests[] = {
	{ "what comes strictly goes on loosely",
	  what_comes_strictly_goes_on_loosely, false },
	{ "what goes to a strict router goes strictly",
	  what_goes_to_a_strict_router_goes_strictly, false },
};

extern const struct test_suite suite_strict;
const struct test_suite suite_strict = TEST_SUITE("strict", tests);
