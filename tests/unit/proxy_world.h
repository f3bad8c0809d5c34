/*
 * proxy_world.h - a whole proxy with nothing real around it but its journal
 *
 * One worker of a node with its transactions, calls, dialogs and records, a
 * snapshot from CSV texts, a clock that stands still until a test moves it,
 * and peers that are what the test says: no socket, no thread, no sleep. It
 * brings the functions of worker.h that send. The trunk CALLER of account acme
 * calls through gateways G1, G2 and G3, the cheapest first.
 */
#ifndef TESTS_UNIT_PROXY_WORLD_H
#define TESTS_UNIT_PROXY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lcrproxy/worker.h"
#include "sip/msg.h"
#include "tests/unit/route_store.h"

#define PW_TEXT_MAX 4096
#define PW_SENT_MAX 400
#define PW_US "203.0.113.1:5060" /* the proxy, UDP and TCP */
#define PW_NUMBER "+4930123456"
#define PW_RURI "sip:" PW_NUMBER "@203.0.113.1"

/* PW_SELF: the proxy sends to itself; pw_loop hands that over. */
enum pw_peer { PW_CALLER, PW_G1, PW_G2, PW_G3, PW_SELF, PW_STRANGER, PW_N_PEERS };

struct pw_sent {
	int64_t at_ms;
	struct sip_flow to;
	bool seen;
	char text[PW_TEXT_MAX];
};

struct proxy_world {
	struct settings settings;
	struct node node;
	struct worker worker;
	struct store *store;
	struct log log;
	struct arena events;	     /* of the records read */
	struct journal_reader *reader;
	char name[33], records[1024];
	char targets[1024];	     /* of the attempts among the records */
	char arena_first[32768], scratch[65536];
	int send_err[PW_N_PEERS];    /* what the transport says of each, */
	int stream_err[PW_N_PEERS];  /* and of each by TCP */
	enum sip_transport by[PW_N_PEERS]; /* how each sends; UDP */
	uint32_t conn[PW_N_PEERS];   /* of each, by TCP */
	uint16_t port[PW_N_PEERS];   /* that each sends from; 5060 */
	unsigned n_calls;	     /* begun, for Call-IDs */
	size_t n_sent;
	struct pw_sent sent[PW_SENT_MAX];
};

/* name: of the store and the journal, one per set of tables. settings: more
 * lines of configuration. gateways and more may be NULL: presets, nothing. */
struct pw_config {
	const char *name, *settings, *gateways;
	const struct route_csv *more; /* up to the one with kind NULL */
};

/* False when there is no memory (a test under the sweep ends then); close in
 * any case. */
bool pw_open(struct proxy_world *w, const struct pw_config *config);
/* Nothing may be left of any call after some minutes. */
void pw_close(struct proxy_world *w);

/* Let time pass, every timer at its very millisecond. */
void pw_run(struct proxy_world *w, int64_t ms);
int64_t pw_now(const struct proxy_world *w);
/* "198.51.100.1" and so on. */
const char *pw_host(enum pw_peer peer);

/* --- what comes out --- */

/* The next message to a peer that was not seen yet: must begin so; "" when it
 * does not, which fails the test. */
const char *pw_get(struct proxy_world *w, enum pw_peer peer,
		   const char *start);
/* There is none; nobody has one. */
bool pw_quiet(const struct proxy_world *w, enum pw_peer peer);
bool pw_all_quiet(const struct proxy_world *w);
/* Forget what was sent to a peer so far. */
void pw_skip(struct proxy_world *w, enum pw_peer peer);
/* Where a message that pw_get gave was sent to: "udp 198.51.100.1:5060"; a
 * static buffer. */
const char *pw_where(const char *text);
/* The value of the n-th row (0..) of a header, "" without; a static buffer. */
const char *pw_header(const char *text, const char *name, int n);
/* How many rows of a header there are. */
int pw_count(const char *text, const char *name);
/* The start line and the tag of To; a static buffer each. */
const char *pw_line(const char *text);
const char *pw_to_tag(const char *text);

/* What was put on record since the last time: "attempt 1 rejected 503; start
 * 2; stop caller 200; life; fail cancelled 487". */
const char *pw_records(struct proxy_world *w);
/* Whether that was it; what was is printed when not. */
bool pw_was(struct proxy_world *w, const char *records);

/* The same with the addresses of the attempts: "198.51.100.1:5060 ..." */
bool pw_went(struct proxy_world *w, const char *records, const char *targets);

/* --- what comes in --- */

/* ICMP says that a message that pw_get gave did not arrive. */
void pw_undelivered(struct proxy_world *w, const char *text);

void pw_send(struct proxy_world *w, enum pw_peer from, const char *text);
/* What the proxy has sent to itself comes in, as long as there is more. */
void pw_loop(struct proxy_world *w);

/* A request of the caller's, of a new call; fields that are NULL have their
 * presets. headers: more lines. */
struct pw_request {
	const char *method, *ruri, *branch, *to_tag, *headers, *max_forwards,
	    *call_id, *via;
	unsigned cseq;
};

/* Makes it and sends it; the text, which stays until the next one. */
const char *pw_ask(struct proxy_world *w, enum pw_peer from,
		   const struct pw_request *request);
/* An INVITE for PW_NUMBER with these further lines. */
const char *pw_call(struct proxy_world *w, const char *headers);
/* The caller's CANCEL of an INVITE that it sent, and ACK of a failure it got. */
void pw_cancel(struct proxy_world *w, const char *invite);
void pw_ack(struct proxy_world *w, const char *invite, const char *response);

/* The answer of a peer to a request it got, with this To tag unless it has
 * one. */
void pw_make_answer(char out[PW_TEXT_MAX], enum pw_peer from,
		    const char *request, int status, const char *tag,
		    const char *headers);
void pw_answer(struct proxy_world *w, enum pw_peer from, const char *request,
	       int status, const char *tag, const char *headers);

/* A dialog as one of its sides knows it, from the 2xx or the INVITE. */
struct pw_dialog {
	char local[300], remote[300], target[300], routes[1200], call_id[100];
	enum pw_peer self;
	unsigned cseq;
};

void pw_of_answer(struct pw_dialog *d, enum pw_peer self, const char *answer);
void pw_of_invite(struct pw_dialog *d, enum pw_peer self, const char *invite,
		  const char *tag);
/* A request inside it; the text, which stays until the next one. */
const char *pw_inside(struct proxy_world *w, struct pw_dialog *d,
		      const char *method, const char *headers);
/* The same with this CSeq number: an ACK. */
const char *pw_inside_as(struct proxy_world *w, struct pw_dialog *d,
			 const char *method, unsigned cseq,
			 const char *headers);

/* --- shortcuts --- */

/* A call that G1 has answered and the caller acknowledged: what G1 got as
 * INVITE (copied to invite) and both sides. False when it did not come to it. */
struct pw_talk {
	char invite[PW_TEXT_MAX];
	struct pw_dialog caller, callee;
};
bool pw_talk(struct proxy_world *w, struct pw_talk *talk, const char *headers);

#endif
