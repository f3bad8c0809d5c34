/* test_txn.c - what the transaction layer does with what comes in */
#include "sip/txn.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/txn_world.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define REST                                                             \
	"From: <sip:a@example.net>;tag=1\r\nTo: <sip:b@example.net>\r\n" \
	"Call-ID: c1\r\n"
#define VIA "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKbad\r\n"

static const struct sip_txns_counters *
counters(const struct world *w)
{
	return sip_txns_counters(w->txns);
}

static void
test_keepalives(void)
{
	static const char *const table[] = { "", "\r\n", "\r\n\r\n",
					     "\r\n\r\n\r\n", "\n" };
	struct world w;

	if (!OK(world_init(&w)))
		return;
	for (size_t i = 0; i < N(table); i++)
		world_call(&w, table[i]);
	sip_txns_receive(w.txns, "\0\0\0\0", 4, &w.caller);
	CHECK(counters(&w)->keepalives == N(table) + 1);
	CHECK(counters(&w)->bad == 0 && w.n_sent == 0);
	world_fini(&w);
}

static void
test_bad(void)
{
	static const struct {
		const char *what, *text, *answer; /* NULL: none */
	} table[] = {
		{ "no SIP", "GET / HTTP/1.0\r\n\r\n", NULL },
		{ "noise", "\x80\xff\x01\x02", NULL },
		{ "half a start line", "INVITE sip:a", NULL },
		{ "no headers", "INVITE sip:a SIP/2.0\r\n\r\n", NULL },
		{ "no Call-ID",
		  "INVITE sip:a SIP/2.0\r\n" VIA
		  "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
		  "CSeq: 1 INVITE\r\n\r\n",
		  "SIP/2.0 400 Missing or empty Call-ID\r\n" },
		{ "no CSeq",
		  "INVITE sip:a SIP/2.0\r\n" VIA REST "\r\n", NULL },
		{ "short body",
		  "INVITE sip:a SIP/2.0\r\n" VIA REST
		  "CSeq: 1 INVITE\r\nContent-Length: 9\r\n\r\nx",
		  "SIP/2.0 400 Body shorter than Content-Length\r\n" },
		{ "CSeq of another method",
		  "BYE sip:a SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\n\r\n",
		  "SIP/2.0 400 " },
		{ "another version",
		  "INVITE sip:a SIP/7.0\r\n" VIA REST "CSeq: 1 INVITE\r\n\r\n",
		  "SIP/2.0 505 Version Not Supported\r\n" },
		{ "a bad ACK",
		  "ACK sip:a SIP/2.0\r\n" VIA REST
		  "CSeq: 1 ACK\r\nContent-Length: 9\r\n\r\n",
		  NULL },
		{ "a bad response",
		  "SIP/2.0 200 OK\r\n" VIA REST
		  "CSeq: 1 INVITE\r\nContent-Length: 9\r\n\r\n",
		  NULL },
		{ "a bad Via",
		  "INVITE sip:a SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP a b;branch=z9hG4bK1\r\n" REST
		  "CSeq: 1 INVITE\r\n\r\n",
		  "SIP/2.0 400 Malformed Via\r\n" },
		{ "a Via without host",
		  "SIP/2.0 200 OK\r\n"
		  "Via: SIP/2.0/UDP\r\n" REST "CSeq: 1 INVITE\r\n\r\n",
		  NULL },
	};

	for (size_t i = 0; i < N(table); i++) {
		struct world w;

		test_row(table[i].what);
		if (!OK(world_init(&w)))
			return;
		world_call(&w, table[i].text);
		CHECK(counters(&w)->bad == 1);
		CHECK(w.requests == 0 && w.strays == 0);
		CHECK(counters(&w)->servers == 0);
		CHECK(w.n_sent == (table[i].answer != NULL ? 1 : 0));
		if (table[i].answer != NULL)
			CHECK(world_last_is(&w, table[i].answer));
		world_fini(&w);
	}
}

/* The ACK of what was refused without a transaction goes nowhere. */
static void
test_ack_of_refusal(void)
{
	static const char bad[] = "INVITE sip:a SIP/2.0\r\n" VIA REST
				  "CSeq: 1 INVITE\r\nContent-Length: x\r\n\r\n";
	char to[200], ack[WORLD_TEXT_MAX];
	struct world w;

	if (!OK(world_init(&w)))
		return;
	world_call(&w, bad);
	CHECK(world_last_is(&w, "SIP/2.0 400 "));
	world_header(world_last(&w)->text, SIP_HDR_TO, to, sizeof(to));
	CHECK(strstr(to, ";tag=") != NULL);
	snprintf(ack, sizeof(ack),
		 "ACK sip:a SIP/2.0\r\n" VIA
		 "From: <sip:a@example.net>;tag=1\r\nTo: %s\r\nCall-ID: c1\r\n"
		 "CSeq: 1 ACK\r\n\r\n",
		 to);
	world_call(&w, ack);
	CHECK(w.acks == 0 && counters(&w)->requests[SIP_ACK] == 1);
	/* another tag: of a 2xx that somebody else sent */
	snprintf(ack, sizeof(ack),
		 "ACK sip:a SIP/2.0\r\n" VIA REST "CSeq: 1 ACK\r\n\r\n");
	world_call(&w, ack);
	CHECK(w.acks == 1);
	world_fini(&w);
}

static void
test_strays(void)
{
	char text[WORLD_TEXT_MAX];
	struct world w;

	if (!OK(world_init(&w)))
		return;
	world_carry(&w, world_response(text, 200, "INVITE", "z9hG4bKnone"));
	world_carry(&w, world_response(text, 180, "INVITE", ""));
	world_carry(&w, "SIP/2.0 486 Busy\r\nVia: SIP/2.0/UDP a\r\n" REST
			"CSeq: 1 INVITE\r\n\r\n");
	CHECK(w.strays == 2); /* an empty branch is no branch */
	CHECK(counters(&w)->stray_responses == 2);
	CHECK(counters(&w)->responses[2] == 1);
	CHECK(counters(&w)->responses[4] == 1);
	CHECK(w.n_sent == 0);
	world_fini(&w);
}

/* --- limits --- */

static const char *
branch_of(int i, char out[32])
{
	snprintf(out, 32, "z9hG4bKn%d", i);
	return out;
}

static void
test_overload(void)
{
	char text[WORLD_TEXT_MAX], branch[32];
	struct world w;

	if (!OK(world_init(&w)))
		return;
	for (int i = 0; i < WORLD_LIMIT; i++)
		world_call(&w,
			   world_request(text, "INVITE", branch_of(i, branch)));
	CHECK(w.requests == WORLD_LIMIT && counters(&w)->overload == 0);
	world_call(&w, world_request(text, "INVITE", "z9hG4bKmore"));
	CHECK(w.requests == WORLD_LIMIT && counters(&w)->overload == 1);
	CHECK(world_last_is(&w, "SIP/2.0 503 Service Unavailable\r\n"));
	CHECK(strstr(world_last(&w)->text, "\r\nRetry-After: 5\r\n") != NULL);
	/* what it knows goes on, and other methods do */
	world_call(&w, world_request(text, "INVITE", branch_of(0, branch)));
	CHECK(counters(&w)->retransmissions_in == 1);
	world_call(&w, world_request(text, "CANCEL", branch_of(0, branch)));
	CHECK(w.cancels == 1);
	for (int i = 0; i < WORLD_LIMIT / 2 - 1; i++)
		world_call(&w, world_request(text, "MESSAGE",
					     branch_of(i, branch)));
	CHECK(w.requests == WORLD_LIMIT * 3 / 2 - 1);
	world_call(&w, world_request(text, "MESSAGE", "z9hG4bKmore"));
	CHECK(w.requests == WORLD_LIMIT * 3 / 2 - 1);
	CHECK(world_last_is(&w, "SIP/2.0 503 "));
	CHECK(counters(&w)->overload == 2);
	/* inside dialogs INVITEs are no new ones */
	for (int i = 0; i < WORLD_LIMIT / 2; i++)
		world_call(&w, world_request_to(text,
						i % 2 == 0 ? "INFO" : "INVITE",
						branch_of(1000 + i, branch),
						"to1"));
	CHECK(w.requests == 2 * WORLD_LIMIT - 1);
	world_call(&w, world_request_to(text, "INFO", "z9hG4bKless", "to1"));
	CHECK(w.requests == 2 * WORLD_LIMIT - 1);
	CHECK(world_last_is(&w, "SIP/2.0 503 "));
	CHECK(counters(&w)->overload == 3);
	CHECK(counters(&w)->servers == 2 * WORLD_LIMIT);
	/* a CANCEL is answered even without room for its transaction */
	world_call(&w, world_request(text, "CANCEL", branch_of(1, branch)));
	world_call(&w, world_request(text, "CANCEL", branch_of(1, branch)));
	CHECK(w.cancels == 2 && w.cancelled != NULL);
	CHECK(world_last_is(&w, "SIP/2.0 200 OK\r\n"));
	CHECK(counters(&w)->servers == 2 * WORLD_LIMIT);
	world_fini(&w);
}

/* How often text stands in what was written to fd. */
static int
occurrences(int fd, const char *text)
{
	char all[4096];
	ssize_t n = pread(fd, all, sizeof(all) - 1, 0);
	const char *at = all;
	int count = 0;

	all[n > 0 ? n : 0] = '\0';
	while ((at = strstr(at, text)) != NULL) {
		at++;
		count++;
	}
	return count;
}

/* Once when it begins, once when it is over. */
static void
test_overload_log(void)
{
	char text[WORLD_TEXT_MAX], branch[32];
	int fd = memfd_create("log", 0);
	struct log log;
	struct world w;

	log_init(&log, fd, LOG_LEVEL_INFO);
	if (!OK(world_init_logged(&w, &log)))
		goto out;
	for (int i = 0; i < WORLD_LIMIT + 5; i++)
		world_call(&w,
			   world_request(text, "INVITE", branch_of(i, branch)));
	CHECK(occurrences(fd, "warning sip: new requests get 503, "
			      "transactions=100, expected less than 100") == 1);
	CHECK(occurrences(fd, "overload is over") == 0);
	w.send_err = ERR_IO; /* nothing to capture */
	(void)OK(sip_server_reply(w.server, 200, NULL, str_of("")));
	world_run_until(&w, 32000); /* 99 left: too many to give it up */
	world_call(&w, world_request(text, "INVITE", "z9hG4bKa"));
	world_call(&w, world_request(text, "INVITE", "z9hG4bKb"));
	CHECK(occurrences(fd, "new requests get 503") == 1);
	CHECK(world_counters(&w)->overload == 6);
	world_fini(&w);
out:
	close(fd);
}

/* Below 9 tenths of the limit. */
static void
test_overload_over(void)
{
	char text[WORLD_TEXT_MAX], branch[32];
	int fd = memfd_create("log", 0);
	struct log log;
	struct world w;

	log_init(&log, fd, LOG_LEVEL_INFO);
	if (!OK(world_init_logged(&w, &log)))
		goto out;
	w.send_err = ERR_IO; /* nothing to capture */
	w.answer_at_once = 200;
	for (int i = 0; i < WORLD_LIMIT + 1; i++)
		world_call(&w,
			   world_request(text, "INVITE", branch_of(i, branch)));
	world_run_until(&w, 32000);
	CHECK(world_counters(&w)->servers == 0);
	world_call(&w, world_request(text, "INVITE", "z9hG4bKa"));
	world_call(&w, world_request(text, "INVITE", "z9hG4bKb"));
	CHECK(occurrences(fd, "info sip: overload is over, "
			      "transactions=0") == 1);
	CHECK(w.requests == WORLD_LIMIT + 2);
	world_fini(&w);
out:
	close(fd);
}

static void
test_no_memory(void)
{
	char text[WORLD_TEXT_MAX];
	struct world w;

	if (!OK(world_init(&w)))
		return;
	world_request(text, "INVITE", "z9hG4bKpoor");
	for (int n = 0; n < 2; n++) { /* the transaction, its request */
		alloc_fail_after(n);
		world_call(&w, text);
		alloc_fail_after(-1);
		CHECK(w.requests == 0 && counters(&w)->bytes == 0);
		CHECK(world_last_is(&w, "SIP/2.0 500 "));
	}
	world_call(&w, text);
	CHECK(w.requests == 1);
	world_fini(&w);
}

/* --- memory --- */

/* An INVITE of 700 bytes, as phones send them. */
static void
large_invite(char *out, const char *branch)
{
	static const char body[] =
	    "v=0\r\no=- 20518 0 IN IP4 203.0.113.1\r\ns=-\r\n"
	    "c=IN IP4 203.0.113.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 8 0 101\r\n"
	    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
	    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";
	char head[WORLD_TEXT_MAX];
	size_t head_len;

	world_request(head, "INVITE", branch);
	head_len = strlen(head) - strlen("Content-Length: 0\r\n\r\n");
	snprintf(out, WORLD_TEXT_MAX,
		 "%.*sContact: <sip:+49891234@192.0.2.1:5060>\r\n"
		 "User-Agent: Desktop telephone 8.15.4711 (2026-11-23)\r\n"
		 "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO\r\n"
		 "Supported: replaces, timer\r\n"
		 "Accept: application/sdp, text/plain\r\n"
		 "Content-Type: application/sdp\r\n"
		 "Content-Length: %zu\r\n\r\n%s",
		 (int)head_len, head, strlen(body), body);
}

/* Pending: at most 3 KB for both sides; lingering: 1 KB a side. */
static void
test_memory(void)
{
	char text[WORLD_TEXT_MAX], branch[SIP_BRANCH_LEN + 1];
	struct sip_client *client;
	struct world w;

	if (!OK(world_init(&w)))
		return;
	large_invite(text, "z9hG4bKcaller");
	CHECK(strlen(text) >= 700 && strlen(text) < 720);
	world_call(&w, text);
	sip_branch_make(w.txns, 1, branch);
	large_invite(text, branch);
	if (w.server == NULL ||
	    !OK(sip_client_start(w.txns, &w.carrier, text, strlen(text),
				 &world_events, &w, &client)))
		goto out;
	CHECK(OK(sip_server_reply(w.server, 180, NULL, str_of(""))));
	world_carry(&w, world_response(text, 180, "INVITE", branch));
	CHECK(counters(&w)->bytes > 1400 && counters(&w)->bytes <= 3072);
	CHECK(OK(sip_server_reply(w.server, 200, NULL, str_of(""))));
	world_carry(&w, world_response(text, 200, "INVITE", branch));
	CHECK(counters(&w)->bytes > 0 && counters(&w)->bytes < 1024);
out:
	world_fini(&w);
}

/* What is counted is what was asked for: a longer message counts more. */
static void
test_bytes(void)
{
	char text[WORLD_TEXT_MAX];
	size_t small, more;
	struct world w;

	if (!OK(world_init(&w)))
		return;
	world_call(&w, world_request(text, "INVITE", "z9hG4bKaaaa"));
	small = counters(&w)->bytes;
	/* 5 more: in the request, and in the name that is kept */
	world_call(&w, world_request(text, "INVITE", "z9hG4bKaaaabbbbb"));
	more = counters(&w)->bytes - small;
	CHECK(more == small + 2 * 5);
	CHECK(counters(&w)->servers == 2 && counters(&w)->clients == 0);
	world_fini(&w);
}

/* No callback comes from there; the leak checker sees the rest. */
static void
test_free(void)
{
	char text[WORLD_TEXT_MAX];
	struct sip_client *client;
	struct world w;

	if (!OK(world_init(&w)))
		return;
	world_call(&w, world_request(text, "INVITE", "z9hG4bKa"));
	world_call(&w, world_request(text, "BYE", "z9hG4bKb"));
	world_call(&w, world_request(text, "CANCEL", "z9hG4bKa"));
	(void)OK(world_start(&w, "INVITE", "z9hG4bKc", &client));
	(void)OK(world_start(&w, "BYE", "z9hG4bKd", &client));
	world_fini(&w);
	CHECK(w.servers_gone == 0 && w.gone == 0 && w.failures == 0);
	sip_txns_free(NULL);
}

/* --- garbage --- */

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void
mutate(char *text, size_t len, uint64_t *state)
{
	static const char odd[] = ";:,<>\"\r\n \t=z%/@";

	for (uint64_t n = next_random(state) % 5; n > 0; n--) {
		uint64_t r = next_random(state);

		text[r % len] = (r >> 32) % 2 != 0
				    ? odd[(r >> 40) % (sizeof(odd) - 1)]
				    : (char)(r >> 48);
	}
}

/* Messages of all kinds with some octets changed, and their beginnings. */
static void
test_garbage(void)
{
	static const char *const methods[] = { "INVITE", "ACK", "CANCEL", "BYE",
					       "FOO" };
	char text[WORLD_TEXT_MAX], branch[32];
	uint64_t state = 20261123;
	struct world w;

	if (!OK(world_init(&w)))
		return;
	w.send_err = ERR_IO;
	w.answer_at_once = 486;
	for (int i = 0; i < 20000; i++) {
		uint64_t r = next_random(&state);
		const char *method = methods[r % N(methods)];
		size_t len;

		branch_of((int)(r >> 8) % 50, branch);
		if ((r >> 20) % 4 == 0)
			world_response(text, 100 + (int)((r >> 24) % 600),
				       method, branch);
		else
			world_request(text, method, branch);
		len = strlen(text);
		mutate(text, len, &state);
		if ((r >> 40) % 8 == 0)
			len = (r >> 44) % len;
		sip_txns_receive(w.txns, text, len, &w.caller);
		sip_txns_undelivered(w.txns, text, len);
		if (i % 100 == 0)
			world_run_until(&w, world_now(&w) + 1000);
	}
	CHECK(counters(&w)->bad > 1000 && w.requests > 500);
	world_run_until(&w, world_now(&w) + 64000);
	CHECK(counters(&w)->servers == 0 && counters(&w)->bytes == 0);
	CHECK(w.servers_gone == w.requests);
	world_fini(&w);
}

/* --- lingering together --- */

static void
test_slack(void)
{
	struct sip_client *client;
	struct world w;

	if (!OK(world_init_slack(&w, 32)))
		return;
	if (OK(world_start(&w, "OPTIONS", WORLD_BRANCH, &client))) {
		world_run_until(&w, 7);
		world_answer(&w, 200, "OPTIONS");
		world_run_until(&w, 6000);
		/* K would end at 5007 */
		CHECK(w.gone_ms == 5024);
	}
	world_fini(&w);
}

static const struct test tests[] = {
	{ .name = "with slack, lingering ends at the next multiple",
	  .run = test_slack },
	{ "keep-alives are counted and dropped", test_keepalives, false },
	{ "bad messages are answered when they can be", test_bad, false },
	{ "the ACK of a refusal is absorbed", test_ack_of_refusal, false },
	{ "responses without a client are strays", test_strays, false },
	{ "over the limit INVITEs get 503 first, dialogs last", test_overload, true },
	{ "overload is logged once", test_overload_log, true },
	{ "its end is logged once", test_overload_over, true },
	{ "without memory the answer is 500", test_no_memory, true },
	{ "a call takes 3 KB, less than 1 KB when over", test_memory, false },
	{ "the count of bytes is exact", test_bytes, false },
	{ "freeing the layer drops everything silently", test_free, false },
	{ "garbage does no harm", test_garbage, true },
};

const struct test_suite suite_txn = TEST_SUITE("txn", tests);
