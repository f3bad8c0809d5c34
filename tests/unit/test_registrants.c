/* test_registrants.c - registering at gateways, with a transaction layer and a
 * clock of the test's own */
#include "lcrproxy/registrants.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/registrant.h"
#include "sip/value.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

#define T0 (1767225600 * US_PER_S)
#define STEP_MS 100
#define SENT_MAX 4096

#define LOGIN                                                              \
	"INSERT INTO gateway_credentials (gateway, realm, username, ha1_md5)" \
	" SELECT id, 'blue', 'us', '0123456789abcdef0123456789abcdef' FROM"   \
	" gateways WHERE gateway = 'z-one';"
#define WANTED                                                         \
	LOGIN "UPDATE gateways SET registers = 'required' WHERE gateway =" \
	      " 'z-one';"

/* A worker as far as registrations need one. */
struct world {
	struct node node;
	struct settings settings;
	struct worker worker;
	struct route_sample sample;
	struct log log;
	const struct gateway *gateway;
	char sent[SENT_MAX];
	unsigned n_sent;
	int send_err;
	struct hash_key key;
};

static int
on_send(void *arg, struct sip_flow *to, const char *data, size_t len)
{
	struct world *w = arg;

	(void)to;
	if (w->send_err != 0)
		return w->send_err;
	w->n_sent++;
	if (CHECK(len < SENT_MAX)) {
		memcpy(w->sent, data, len);
		w->sent[len] = '\0';
	}
	return 0;
}

/* Of a REGISTER that never left. */
static void
on_stray(void *arg, const struct sip_msg *msg, const struct sip_flow *from)
{
	(void)arg;
	(void)msg;
	(void)from;
	CHECK(test_starved());
}

static void
fill_listener(struct listeners *listeners)
{
	struct listener *l = &listeners->at[0];

	listeners->n = 1;
	listeners->ip4 = 1U << SIP_UDP;
	(void)addr_parse(str_of("192.0.2.9:5060"), 5060, &l->addr);
	l->advertised = l->addr;
	l->transport = SIP_UDP;
	l->port = 5060;
	strcpy(l->host, "192.0.2.9");
	strcpy(l->sent_by, "192.0.2.9:5060");
	strcpy(l->via, "SIP/2.0/UDP 192.0.2.9:5060;rport;branch=");
}

static int
open_txns(struct world *w)
{
	static const struct sip_user nobody = { .on_stray = on_stray };
	const struct sip_txns_env env = {
		.clock = &w->worker.clock,
		.timers = &w->worker.timers,
		.key = &w->key,
		.log = &w->log,
		.send = on_send,
		.send_arg = w,
		.t1_ms = 500,
		.t2_ms = 4000,
		.t4_ms = 5000,
		.max_transactions = 100,
		.instance = 1,
	};

	return sip_txns_new(&env, &nobody, &w->worker.txns);
}

static bool
open_world(struct world *w, const char *name)
{
	struct worker *worker = &w->worker;

	memset(w, 0, sizeof(*w));
	sip_value_setup();
	if (!route_sample_open(&w->sample, name, WANTED) || !OK(w->sample.err))
		return false;
	fill_listener(&w->node.listeners);
	log_init(&w->log, fileno(w->sample.log_file), LOG_LEVEL_INFO);
	w->node.settings = &w->settings;
	w->node.log = worker->log = &w->log;
	w->node.name = "test";
	w->node.instance = 7;
	w->node.n_workers = 1;
	worker->node = &w->node;
	worker->snapshot = w->sample.snapshot;
	worker->tuning.register_back_off_s = 30;
	worker->tuning.register_back_off_max_s = 1800;
	clock_init_fake(&worker->clock, T0);
	timers_init(&worker->timers, clock_mono_ms(&worker->clock));
	arena_init(&worker->arena, NULL, 0, 1 << 20);
	w->gateway =
	    snapshot_gateway_by_name(worker->snapshot, str_of("z-one"));
	return OK(open_txns(w)) && OK(registrants_start(worker));
}

static void
close_world(struct world *w)
{
	sip_txns_free(w->worker.txns);
	registrants_free(w->worker.registrants);
	arena_fini(&w->worker.arena);
	route_sample_close(&w->sample);
}

static void
wait_ms(struct world *w, int64_t ms)
{
	for (int64_t i = 0; i < ms; i += STEP_MS) {
		clock_advance_us(&w->worker.clock, STEP_MS * US_PER_MS);
		timers_run(&w->worker.timers,
			   clock_mono_ms(&w->worker.clock));
	}
}

/* The rows of the last message that an answer repeats. */
static void
repeat_rows(const struct world *w, char *out, size_t cap)
{
	static const char *const names[] = { "Via: ", "From: ", "To: ",
					     "Call-ID: ", "CSeq: " };

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *row = strstr(w->sent, names[i]);
		size_t len = strlen(out);

		if (row != NULL)
			snprintf(out + len, cap - len, "%.*s\r\n",
				 (int)strcspn(row, "\r"), row);
	}
}

static void
answer(struct world *w, int status, const char *rows)
{
	char repeated[2048], text[4096];
	struct sip_flow from = { .transport = SIP_UDP };

	repeat_rows(w, repeated, sizeof(repeated));
	snprintf(text, sizeof(text), "SIP/2.0 %d x\r\n%s%s\r\n", status,
		 repeated, rows);
	sip_txns_receive(w->worker.txns, text, strlen(text), &from);
	arena_reset(&w->worker.arena);
}

#define CONTACT "Contact: <sip:us@192.0.2.9:5060>;expires=600\r\n"
#define CHALLENGE \
	"WWW-Authenticate: Digest realm=\"blue\", nonce=\"n\", qop=\"auth\"\r\n"

static bool
said(const struct world *w, const char *text)
{
	return strstr(w->sent, text) != NULL;
}

static enum gateway_registration
state(const struct world *w)
{
	return (enum gateway_registration)atomic_load(
	    &w->gateway->state->registration);
}

static void
registered(void)
{
	struct world w;

	if (open_world(&w, "registrants")) {
		wait_ms(&w, 400);
		CHECK(w.n_sent == 1 &&
		      str_starts(str_of(w.sent),
				 "REGISTER sip:192.0.2.1 SIP/2.0\r\n"));
		CHECK(said(&w, "CSeq: 1 REGISTER\r\n") &&
		      said(&w, "To: <sip:us@192.0.2.1>\r\n") &&
		      said(&w, "Contact: <sip:us@192.0.2.9:5060>;expires="
			       "3600\r\n") &&
		      !said(&w, "Authorization"));
		CHECK(state(&w) == REGISTRATION_TRYING &&
		      !w.gateway->state->is_registered);
		answer(&w, 401, CHALLENGE);
		CHECK(w.n_sent == 2 && said(&w, "CSeq: 2 REGISTER\r\n") &&
		      said(&w, "Authorization: Digest username=\"us\""));
		answer(&w, 200, CONTACT);
		CHECK(state(&w) == REGISTRATION_GOOD &&
		      w.gateway->state->is_registered);
		wait_ms(&w, 269000);
		CHECK(w.n_sent == 2);
		wait_ms(&w, 31500);
		CHECK(w.n_sent >= 3 && said(&w, "CSeq: 3 REGISTER\r\n") &&
		      said(&w, "nc=00000002"));
		answer(&w, 200, CONTACT);
		w.n_sent = 0;
		registrants_leave(w.worker.registrants);
		CHECK(w.n_sent == 1 && said(&w, ";expires=0\r\n") &&
		      said(&w, "Expires: 0\r\n") &&
		      registrants_are_leaving(w.worker.registrants));
		answer(&w, 200, "");
		CHECK(!registrants_are_leaving(w.worker.registrants) &&
		      !w.gateway->state->is_registered);
		CHECK(w.worker.counters.registers == 4 &&
		      w.worker.counters.registered == 2);
	}
	close_world(&w);
}

/* A proxy before the registrar asks, then the registrar; wrong credentials of
 * either are not offered again. */
static void
asked_twice(void)
{
	struct world w;

	if (open_world(&w, "registrants-twice")) {
		wait_ms(&w, 400);
		answer(&w, 407,
		       "Proxy-Authenticate: Digest realm=\"blue\", "
		       "nonce=\"p\", qop=\"auth\"\r\n");
		CHECK(w.n_sent == 2 && said(&w, "\r\nProxy-Authorization: ") &&
		      !said(&w, "\r\nAuthorization: "));
		answer(&w, 401, CHALLENGE);
		CHECK(w.n_sent == 3 && said(&w, "nonce=\"p\"") &&
		      said(&w, "nonce=\"n\"") &&
		      said(&w, "\r\nProxy-Authorization: ") &&
		      said(&w, "\r\nAuthorization: "));
		answer(&w, 401, CHALLENGE);
		CHECK(w.n_sent == 3 && state(&w) == REGISTRATION_FAILED);
	}
	close_world(&w);
}

static void
silent(void)
{
	struct world w;

	if (open_world(&w, "registrants-silent")) {
		wait_ms(&w, 31000);
		CHECK(w.n_sent == 10 && state(&w) == REGISTRATION_TRYING);
		wait_ms(&w, 1500);
		CHECK(state(&w) == REGISTRATION_FAILED &&
		      w.gateway->state->registration_cause ==
			  SIP_REGISTRATION_SILENT);
		wait_ms(&w, 14000);
		CHECK(w.n_sent == 11);
		wait_ms(&w, 16500);
		CHECK(w.n_sent > 11 && said(&w, "CSeq: 2 REGISTER\r\n"));
		/* no socket takes it */
		w.send_err = ERR_IO;
		wait_ms(&w, 120000);
		CHECK(w.gateway->state->registration_cause ==
		      SIP_REGISTRATION_UNSENT);
		CHECK(w.worker.counters.registers_failed >= 3 &&
		      w.worker.counters.registered == 0);
	}
	close_world(&w);
}

static void
lapsed(void)
{
	struct world w;

	if (open_world(&w, "registrants-lapsed")) {
		wait_ms(&w, 400);
		answer(&w, 200, CONTACT);
		w.send_err = ERR_IO;
		wait_ms(&w, 599000);
		CHECK(w.gateway->state->is_registered);
		wait_ms(&w, 2000);
		CHECK(!w.gateway->state->is_registered &&
		      state(&w) == REGISTRATION_FAILED);
		CHECK(route_sample_logged(&w.sample,
					  "gateway z-one: registered, aor="));
		CHECK(route_sample_logged(
		    &w.sample, "gateway z-one: registration was not renewed"));
		CHECK(route_sample_logged(&w.sample,
					  "gateway z-one: not registered"));
	}
	close_world(&w);
}

static void
causes(void)
{
	static const struct {
		int cause;
		const char *text;
	} rows[] = {
		{ SIP_REGISTRATION_NO_CAUSE, "" },
		{ SIP_REGISTRATION_SILENT, "no answer" },
		{ SIP_REGISTRATION_UNSENT, "cannot be reached" },
		{ SIP_REGISTRATION_UNBOUND, "our Contact was not taken" },
		{ SIP_REGISTRATION_LAPSED, "its time went by" },
		{ 403, "403 Forbidden" },
	};
	char text[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(strcmp(registrant_cause_text(rows[i].cause, text,
						   sizeof(text)),
			     rows[i].text) == 0);
}

static const struct test tests[] = {
	{ "registered, refreshed and taken back", registered, false },
	{ "a proxy before the registrar has its credentials, too", asked_twice,
	  true },
	{ "a registrar that is silent is asked again", silent, false },
	{ "a registration that is not renewed lapses", lapsed, false },
	{ "causes have texts", causes, true },
};

const struct test_suite suite_registrants = TEST_SUITE("registrants", tests);
