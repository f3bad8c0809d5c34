/* test_present.c - what hops are told of the caller */
#include "lcrproxy/present.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/identity.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

extern const struct test_suite suite_present;

#define TEXT_MAX 2048
#define FROM "From: \"Ann\" <sip:+4930111@a>;tag=1\r\n"
#define PAI "P-Asserted-Identity: \"Ann\" <sip:+4930222@a>, <tel:+4930222>\r\n"
#define RPID "Remote-Party-ID: <sip:+4930333@a>;privacy=off\r\n"
#define DIVERSION "Diversion: <sip:+4930444@a>;reason=no-answer\r\n"
#define PRIVATE "Diversion: <sip:+4930444@a>;privacy=full\r\n"
#define ANONYMOUS \
	"\r\nFrom: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1\r\n"
#define GATEWAY(...) { .caller_prefix = "", __VA_ARGS__ }
#define NATIONAL .caller_format = FORMAT_NATIONAL

enum { URI = 1, UNTRUSTED = 2, CLAIMS = 4, OWN = 8, EMERGENCY = 16 };

static const struct {
	const char *what, *headers;
	struct gateway gateway;
	const char *there[4], *gone[4];
	unsigned flags;
} cases[] = {
	{ "as it came", PAI RPID DIVERSION, GATEWAY(.trusted = true),
	  { FROM, PAI, RPID, DIVERSION }, { "lcrf" }, 0 },
	{ "no trust, no wish", PAI "Privacy: none\r\n", GATEWAY(),
	  { FROM, PAI, "Privacy: none" }, { NULL }, 0 },
	{ "in a format", PAI RPID DIVERSION,
	  GATEWAY(.trusted = true, NATIONAL),
	  { "\r\nFrom: \"Ann\" <sip:030111@a>;tag=1\r\n",
	    "\"Ann\" <sip:030222@a>, <tel:+4930222>\r\n", "<sip:030333@a>;p",
	    "<sip:030444@a>;reason" },
	  { "+4930111", "+4930333" }, 0 },
	{ "as Remote-Party-ID", PAI RPID,
	  GATEWAY(.trusted = true, NATIONAL, .identity = IDENTITY_RPID),
	  { "Remote-Party-ID: \"Ann\" <sip:030222@a>;party=calling;screen=yes;"
	    "privacy=off\r\n" },
	  { "P-Asserted", "030333" }, 0 },
	{ "as P-Asserted-Identity", RPID,
	  GATEWAY(.trusted = true, .identity = IDENTITY_PAI),
	  { "P-Asserted-Identity: <sip:+4930333@a>\r\n" }, { "Remote" }, 0 },
	{ "asserted by both, one told", PAI RPID,
	  GATEWAY(.trusted = true, .identity = IDENTITY_PAI),
	  { "P-Asserted-Identity: \"Ann\" <sip:+4930222@a>\r\n",
	    "P-Asserted-Identity: <tel:+4930222>\r\n" },
	  { "Remote" }, 0 },
	{ "nothing of it", PAI RPID DIVERSION,
	  GATEWAY(.trusted = true, .identity = IDENTITY_NONE,
		  .no_diversion = true),
	  { FROM }, { "P-Asserted", "Remote", "Diversion" }, 0 },
	{ "hidden from it", PAI RPID DIVERSION "Privacy: id\r\n"
	  "P-Preferred-Identity: <sip:+4930222@a>\r\nSubject: s\r\n",
	  GATEWAY(NATIONAL, .identity = IDENTITY_PAI),
	  { ANONYMOUS, "Privacy: id\r\n", "<sip:030444@a>", "Subject: s" },
	  { "30111", "30222", "30333" }, 0 },
	{ "with all traces", "Privacy: user;critical\r\nSubject: s\r\n"
	  "User-Agent: u\r\nOrganization: o\r\nReply-To: <sip:r@a>\r\nX: x\r\n",
	  GATEWAY(), { ANONYMOUS, "X: x", "Privacy: user;critical" },
	  { "Subject", "User-Agent", "Organization", "Reply-To" }, 0 },
	{ "by its Remote-Party-ID", "Remote-Party-ID: <sip:+49@a>;Privacy=Full"
	  "\r\n", GATEWAY(), { ANONYMOUS }, { "Remote" }, 0 },
	{ "hidden, and known", PAI "Privacy: id\r\n",
	  GATEWAY(.trusted = true, .identity = IDENTITY_RPID),
	  { FROM, "privacy=full\r\n", "Privacy: id\r\n" }, { "P-Asserted" }, 0 },
	{ "hidden from a URI", PAI "Privacy: id\r\n", GATEWAY(),
	  { ANONYMOUS }, { "P-Asserted" }, URI },
	{ "an account that is not trusted", PAI RPID DIVERSION,
	  GATEWAY(.trusted = true), { FROM },
	  { "P-Asserted", "Remote", "Diversion" }, UNTRUSTED },
	{ "a private diversion", PRIVATE, GATEWAY(.trusted = true),
	  { PRIVATE }, { NULL }, 0 },
	{ "a private diversion, not for it", PRIVATE, GATEWAY(), { FROM },
	  { "Diversion" }, 0 },
	{ "a number of its own", PAI RPID DIVERSION
	  "P-Preferred-Identity: <sip:+4930555@a>\r\n",
	  GATEWAY(.trusted = true),
	  { FROM, "P-Asserted-Identity: <sip:+4930555@example.net>\r\n",
	    DIVERSION }, { "Preferred", "Remote", "30222" }, OWN },
	{ "another's diversion", "Diversion: <sip:+4930444@a>, <sip:+4470@a>"
	  "\r\n", GATEWAY(.trusted = true), { FROM }, { "Diversion" },
	  OWN },
	{ "in place of another's", "", GATEWAY(.trusted = true, NATIONAL,
		  .identity = IDENTITY_RPID),
	  { "\r\nFrom: <sip:030555@example.net>;tag=1\r\n",
	    "Remote-Party-ID: <sip:030555@example.net>;party=calling" },
	  { "30111", "P-Asserted", "Ann" }, OWN | CLAIMS },
	{ "an emergency call", PAI RPID DIVERSION "Privacy: id\r\n",
	  GATEWAY(NATIONAL, .identity = IDENTITY_NONE, .no_diversion = true),
	  { FROM, PAI, RPID, DIVERSION }, { "Anonymous" },
	  UNTRUSTED | EMERGENCY },
};

/* What a case is about, ready to go out. */
struct scene {
	struct route_sample sample;
	struct identity_node identity;
	struct node node;
	struct worker worker;
	char text[TEXT_MAX], out[TEXT_MAX];
	struct call call; /* last: its hops would be behind it */
};

static void
set_up(struct scene *s, size_t i)
{
	bool is_trusted = (cases[i].flags & UNTRUSTED) == 0;

	s->call = (struct call){ .worker = &s->worker,
				 .snapshot = s->sample.snapshot,
				 .account = snapshot_account_by_name(
				     s->sample.snapshot,
				     str_of(is_trusted ? "acme" : "beta")),
				 .claims = (cases[i].flags & CLAIMS) != 0,
				 .from_tag = "1" };
	if ((cases[i].flags & OWN) != 0)
		CHECK(number_parse(str_of("4930555"), &s->call.identity) == 0);
	if ((cases[i].flags & EMERGENCY) != 0)
		s->call.emergency[0] = '1';
	snprintf(s->text, TEXT_MAX,
		 "INVITE sip:1@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n"
		 "%sTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n%s\r\n",
		 FROM, cases[i].headers);
}

static void
check(const struct scene *s, size_t i, struct str param)
{
	bool is_changed = strstr(s->out, FROM) == NULL;

	for (size_t k = 0; k < 4; k++) {
		CHECK(cases[i].there[k] == NULL ||
		      strstr(s->out, cases[i].there[k]) != NULL);
		CHECK(cases[i].gone[k] == NULL ||
		      strstr(s->out, cases[i].gone[k]) == NULL);
	}
	CHECK((param.len > 0) == is_changed);
}

static void
tell(struct scene *s, size_t i)
{
	const struct call_hop hop = {
		.gateway = (cases[i].flags & URI) != 0 ? NULL : &cases[i].gateway
	};
	struct sip_edit edit;
	struct sip_msg msg;
	struct str param;
	size_t len;

	set_up(s, i);
	arena_init(&s->worker.arena, NULL, 0, 65536);
	if (OK(sip_scan(&msg, s->text, strlen(s->text), NULL))) {
		sip_edit_init(&edit, &msg);
		param = present_edit(&s->call, &hop, &edit);
		if (OK(sip_edit_apply(&edit, s->out, TEXT_MAX - 1, &len)) &&
		    OK(param.p != NULL ? 0 : ERR_NOMEM)) {
			s->out[len] = '\0';
			check(s, i, param);
		}
	}
	arena_fini(&s->worker.arena);
}

static void
told(void)
{
	static struct scene s;

	memset(&s, 0, sizeof(s));
	snprintf(s.identity.realm, sizeof(s.identity.realm), "example.net");
	s.node.identity = &s.identity;
	s.worker.node = &s.node;
	if (route_sample_open(
		&s.sample, "present",
		"INSERT INTO callers (account, prefix, preset) SELECT id,"
		" '4930', true FROM accounts WHERE account = 'acme';"
		"UPDATE accounts SET trusted = false WHERE account = 'beta'")) {
		for (size_t i = 0;
		     i < sizeof(cases) / sizeof(cases[0]) && !test_starved();
		     i++) {
			test_row(cases[i].what);
			tell(&s, i);
		}
	}
	test_row(NULL);
	OK(s.sample.err);
	route_sample_close(&s.sample);
}

static const struct test tests[] = {
	{ "each hop as it wants, and as it may", told, false },
};
const struct test_suite suite_present = TEST_SUITE("present", tests);
