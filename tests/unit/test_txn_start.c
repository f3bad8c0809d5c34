/* test_txn_start.c - what begins a client transaction, and its branch */
#include <string.h>

#include "base/err.h"
#include "sip/txn_layer.h"
#include "tests/unit/harness.h"
#include "tests/unit/txn_world.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* --- starting --- */

static void
test_refused_starts(void)
{
	static const struct {
		const char *what, *text;
		int err;
	} table[] = {
		{ "nothing", "", ERR_SYNTAX },
		{ "a response",
		  "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=b"
		  "\r\n\r\n",
		  ERR_SYNTAX },
		{ "no branch",
		  "BYE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n"
		  "\r\n",
		  ERR_SYNTAX },
		{ "no Via", "BYE sip:a SIP/2.0\r\nTo: a\r\n\r\n", ERR_SYNTAX },
		{ "an ACK",
		  "ACK sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=b"
		  "\r\n\r\n",
		  ERR_INVAL },
		{ "an INVITE without Call-ID",
		  "INVITE sip:a SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP a;branch=b\r\n\r\n",
		  ERR_SYNTAX },
	};
	struct sip_client *client;
	struct world w;

	if (!OK(world_init(&w)))
		return;
	for (size_t i = 0; i < N(table); i++) {
		test_row(table[i].what);
		CHECK(sip_client_start(w.txns, &w.carrier, table[i].text,
				       strlen(table[i].text), &world_events, &w,
				       &client) == table[i].err);
	}
	CHECK(w.n_sent == 0 && world_counters(&w)->bytes == 0);
	world_fini(&w);
}

/* One whose maker says what it is, in out. */
static void
make(struct world *w, char *text, struct sip_made *out)
{
	sip_branch_make(w->txns, 7, out->branch);
	world_request(text, "INVITE", out->branch);
	out->data = text;
	out->len = strlen(text);
	out->method = SIP_INVITE;
}

static void
test_made(void)
{
	char text[WORLD_TEXT_MAX];
	struct sip_client *client;
	struct sip_made made;
	struct world w;

	if (!OK(world_init(&w)))
		return;
	make(&w, text, &made);
	if (!OK(sip_client_start_made(w.txns, &w.carrier, &made, &world_events,
				      &w, &client)))
		goto out;
	CHECK(w.n_sent == 1);
	world_carry(&w, world_response(text, 486, "INVITE", made.branch));
	CHECK(w.client == client && w.responses == 1);
	CHECK(w.n_sent == 2); /* the ACK */
	made.method = SIP_ACK;
	CHECK(sip_client_start_made(w.txns, &w.carrier, &made, &world_events,
				    &w, &client) == ERR_INVAL);
	made.method = SIP_BYE;
	made.len = TXN_DATAGRAM_MAX + 1;
	CHECK(sip_client_start_made(w.txns, &w.carrier, &made, &world_events,
				    &w, &client) == ERR_LIMIT);
out:
	world_fini(&w);
}

/* Its maker was wrong: nothing more can be made of it, and nothing breaks. */
static void
test_made_badly(void)
{
	static const int statuses[] = { 180, 486 };
	char text[WORLD_TEXT_MAX];
	struct sip_client *client;
	struct sip_made made;
	struct world w;

	for (size_t i = 0; i < N(statuses); i++) {
		if (!OK(world_init(&w)))
			return;
		make(&w, text, &made);
		made.len -= 2; /* the end of the headers */
		if (OK(sip_client_start_made(w.txns, &w.carrier, &made,
					     &world_events, &w, &client))) {
			sip_client_cancel(client, str_of(""));
			world_carry(&w, world_response(text, statuses[i],
						       "INVITE", made.branch));
			CHECK(w.responses == 1 && w.n_sent == 1);
		}
		world_fini(&w);
	}
}

static void
test_limit(void)
{
	struct sip_client *client;
	char branch[SIP_BRANCH_LEN + 1];
	struct world w;

	if (!OK(world_init(&w)))
		return;
	w.send_err = ERR_IO; /* nothing to capture */
	for (int i = 0; i < 2 * WORLD_LIMIT; i++) {
		sip_branch_make(w.txns, 0, branch);
		if (!OK(world_start(&w, "BYE", branch, &client)))
			goto out;
	}
	CHECK(world_start(&w, "BYE", "z9hG4bKmore", &client) == ERR_LIMIT);
	CHECK(world_counters(&w)->clients == 2 * WORLD_LIMIT);
out:
	world_fini(&w);
}

/* Two at once do not take each other's responses. */
static void
test_two(void)
{
	struct sip_client *a, *b;
	struct world w;
	char text[WORLD_TEXT_MAX];

	if (!world_begin_client(&w, "INVITE", &a))
		return;
	if (!OK(world_start(&w, "INVITE", "z9hG4bKtest2", &b)))
		goto out;
	CHECK(a != b && addr_eq(&sip_client_to(b)->addr, &w.carrier.addr));
	world_carry(&w, world_response(text, 180, "INVITE", "z9hG4bKtest2"));
	CHECK(w.client == b);
	world_answer(&w, 180, "INVITE");
	CHECK(w.client == a);
	world_answer(&w, 180, "BYE"); /* the method belongs to the name */
	CHECK(w.strays == 1 && w.responses == 2);
out:
	world_fini(&w);
}

/* --- branches --- */

static void
test_branches(void)
{
	char a[SIP_BRANCH_LEN + 1], b[SIP_BRANCH_LEN + 1];
	struct world w, v;
	uint32_t loop = 0;

	if (!OK(world_init(&w)))
		return;
	if (!OK(world_init(&v)))
		goto out;
	sip_branch_make(w.txns, 0x00ABCDEF, a);
	sip_branch_make(v.txns, 0x00ABCDEF, b);
	CHECK(strcmp(a, b) == 0); /* of instance, counter and key only */
	CHECK(strlen(a) == SIP_BRANCH_LEN);
	CHECK(strncmp(a, "z9hG4bK", 7) == 0);
	CHECK(strcmp(a + SIP_BRANCH_LEN - 9, ".00abcdef") == 0);
	CHECK(sip_branch_loop_hash(str_of(a), &loop) && loop == 0x00ABCDEF);
	sip_branch_make(w.txns, 0x00ABCDEF, b);
	CHECK(strcmp(a, b) != 0);
	CHECK(strncmp(a + 20, b + 20, 11) != 0); /* the keyed hash */
	CHECK(strspn(b, "0123456789abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ") == SIP_BRANCH_LEN - 9);
	for (uint64_t n = 2; n < 62 * 62 + 63; n++) {
		char number[8] = "";

		txn_base62(n, number, 7);
		sip_branch_make(w.txns, 0, b);
		if (!CHECK(memcmp(b + 13, number, 7) == 0))
			break;
		CHECK(memcmp(b, a, 13) == 0);
	}
	world_fini(&v);
out:
	world_fini(&w);
}

static void
test_foreign_branches(void)
{
	static const char *const table[] = {
		"",
		"z9hG4bK",
		"z9hG4bK.00abcdef",
		"z9hG4bK000000000000000000000000.00abcdeg",
		"z9hG4bK000000000000000000000000.00ABCDEF",
		"z9hG4bK00000000000000000000000000abcdef0",
		"z9hG4bk000000000000000000000000.00abcdef",
		"z9hG4bK000000000000000000000000.00abcdef0",
	};
	uint32_t loop;

	for (size_t i = 0; i < N(table); i++) {
		test_row(table[i]);
		CHECK(!sip_branch_loop_hash(str_of(table[i]), &loop));
	}
	CHECK(sip_branch_loop_hash(
	    str_of("z9hG4bK000000000000000000000000.00abcdef"), &loop));
}

static const struct test tests[] = {
	{ "what is no request with a branch is not started",
	  test_refused_starts, false },
	{ "what its maker knows is taken as he says", test_made, true },
	{ "of what cannot be read no ACK or CANCEL is made", test_made_badly,
	  true },
	{ "clients are bounded", test_limit, true },
	{ "responses find their client by branch and method", test_two, false },
	{ "branches are unique, unguessable and end in the loop hash",
	  test_branches, false },
	{ "branches of others have no loop hash", test_foreign_branches, true },
};

const struct test_suite suite_txn_start = TEST_SUITE("txn_start", tests);
