/* proxy_world.c - see proxy_world.h */
#include "tests/unit/proxy_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acct/acct.h"
#include "acct/event.h"
#include "base/conf.h"
#include "base/err.h"
#include "lcrproxy/identity.h"
#include "lcrproxy/load.h"
#include "lcrproxy/policy.h"
#include "lcrproxy/worker_parts.h"
#include "sip/value.h"
#include "tests/unit/harness.h"

#define START_US INT64_C(1795417200000000) /* 2026-11-23T07:00:00Z */
#define END_MS 400000 /* longer than timer C and every transaction */

static const char *const hosts[PW_N_PEERS] = {
	[PW_CALLER] = "192.0.2.10",   [PW_G1] = "198.51.100.1",
	[PW_G2] = "198.51.100.2",     [PW_G3] = "198.51.100.3",
	[PW_SELF] = "203.0.113.1",  [PW_STRANGER] = "192.0.2.99",
};

#define GATEWAYS                                       \
	"gateway,carrier,uri\ng1,c1,sip:198.51.100.1\n" \
	"g2,c2,sip:198.51.100.2\ng3,c3,sip:198.51.100.3\n"

static const struct route_csv tables[] = {
	{ "tariffs", "tariff,currency\nt1,EUR\nt2,EUR\nt3,EUR\nsell,EUR\n" },
	{ "rates", "tariff,prefix,destination,rate\nt1,49,Germany,0.01\n"
		   "t2,49,Germany,0.02\nt3,49,Germany,0.03\n"
		   "sell,49,Germany,0.05\n" },
	{ "carriers", "carrier,tariff\nc1,t1\nc2,t2\nc3,t3\n" },
	{ "accounts", "account,tariff,country_code\nacme,sell,49\n" },
	{ "trunks", "account,address\nacme,192.0.2.10\n" },
};

#define N_TABLES (sizeof(tables) / sizeof(tables[0]))
#define MORE_MAX 6

/* --- what worker.h and acct.h promise, as far as calls ask for it --- */

static enum pw_peer
peer_of(const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];
	int peer = 0;

	addr_format(addr, text);
	while (peer < PW_N_PEERS - 1 &&
	       (strncmp(text, hosts[peer], strlen(hosts[peer])) != 0 ||
		text[strlen(hosts[peer])] != ':'))
		peer++;
	return (enum pw_peer)peer;
}

int
worker_send(struct worker *worker, struct sip_flow *to, const char *data,
	    size_t len)
{
	struct proxy_world *w =
	    (struct proxy_world *)(void *)((char *)worker -
					   offsetof(struct proxy_world,
						    worker));
	enum pw_peer peer = peer_of(&to->addr);
	struct pw_sent *sent = &w->sent[w->n_sent];

	if (w->send_err[peer] != 0)
		return w->send_err[peer];
	if (to->transport != SIP_UDP && w->stream_err[peer] != 0)
		return w->stream_err[peer];
	if (!CHECK(w->n_sent < PW_SENT_MAX && len < PW_TEXT_MAX))
		return ERR_IO;
	if (to->transport != SIP_UDP && to->conn == 0)
		to->conn = w->conn[peer];
	w->n_sent++;
	sent->at_ms = pw_now(w);
	sent->to = *to;
	sent->seen = false;
	memcpy(sent->text, data, len);
	sent->text[len] = '\0';
	return 0;
}

uint32_t
worker_name(struct worker *worker, struct str host)
{
	(void)worker;
	(void)host;
	return 1;
}

bool
worker_is_owner(const struct worker *worker, struct str call_id)
{
	(void)worker;
	(void)call_id;
	return true;
}

void
worker_post(struct worker *worker, struct mail *mail)
{
	(void)worker;
	(void)mail;
	test_check(false, "mail, of which there is none", __FILE__, __LINE__);
}

struct uv_loop_s *
worker_loop(struct worker *worker)
{
	(void)worker;
	return NULL;
}

bool
acct_is_full(const struct acct *acct)
{
	(void)acct;
	return false;
}

int64_t
acct_clock_ahead(struct acct *acct, uint32_t node_id, time_us wall)
{
	(void)acct;
	(void)node_id;
	(void)wall;
	return 0;
}

/* --- the world --- */

static const struct token_key token_key = { 1, "0123456789abcdef0123456789abcdef",
					    32 };

static int
read_settings(struct proxy_world *w, const struct pw_config *config)
{
	struct conf_errors errors = { 0 };
	char text[4096];
	int err;

	snprintf(text, sizeof(text),
		 "node = \"%s\"; store = \"sqlite:none\"; workers = 1;\n"
		 "listen = ( { uri = \"sip:%s;transport=udp\"; },\n"
		 "  { uri = \"sip:%s;transport=tcp\"; } );\n"
		 "numbering = { country_code = \"49\"; };\n"
		 "record_route = { keys = ( { id = 1; secret_file = \"x\"; } ); "
		 "};\n"
		 "journal = { when_full = \"carry_on\"; };\n%s\n",
		 w->name, PW_US, PW_US,
		 config->settings != NULL ? config->settings : "");
	err = conf_read_text("t.conf", text, &settings_table, &w->settings,
			     &errors);
	for (size_t i = 0; i < errors.n; i++)
		fprintf(stderr, "%s\n", errors.lines[i]);
	conf_errors_fini(&errors);
	return err;
}

static int
open_node(struct proxy_world *w)
{
	struct node *node = &w->node;
	int err;

	node->settings = &w->settings;
	node->log = &w->log;
	node->name = w->name;
	node->id = token_node_id(node->name);
	node->keys = &token_key;
	node->n_keys = 1;
	node->n_workers = 1;
	node->instance = 0xC0FFEE;
	node->hash_key = (struct hash_key){ 0x0123456789ABCDEF,
					    0xFEDCBA9876543210 };
	node->session = (struct sip_session_rule){
		.interval_s = (uint32_t)w->settings.sip.session_expires_s,
		.min_s = (uint32_t)w->settings.sip.session_min_s,
	};
	clock_init_fake(&node->limits_clock, START_US);
	err = listeners_open(&node->listeners, &w->settings, &w->log);
	if (err == 0)
		err = gateway_states_new(&node->gateways);
	if (err == 0)
		err = limit_states_new(&node->limits_clock, &node->limits);
	return err == 0 ? identity_node_new(node, &node->identity) : err;
}

static int
open_store(struct proxy_world *w, const struct pw_config *config)
{
	struct route_csv all[N_TABLES + MORE_MAX + 2];
	size_t n = N_TABLES;

	memcpy(all, tables, sizeof(tables));
	all[n++] = (struct route_csv){ "gateways", config->gateways != NULL
						       ? config->gateways
						       : GATEWAYS };
	for (size_t i = 0; config->more != NULL && i < MORE_MAX &&
			   config->more[i].kind != NULL;
	     i++)
		all[n++] = config->more[i];
	all[n] = (struct route_csv){ NULL, NULL };
	return route_store_open(config->name, all, NULL, &w->store);
}

static int
open_snapshot(struct proxy_world *w, const struct pw_config *config)
{
	struct snapshot_settings how = {
		.states = w->node.gateways,
		.limits = w->node.limits,
		.proof_key = &w->node.hash_key,
	};
	char error[STORE_ERROR_MAX] = "";
	int err = open_store(w, config);

	settings_dial_plan(&w->settings, &how.numbering);
	if (err == 0)
		err = snapshot_load(w->store, &how, 7, &w->log,
				    &w->worker.snapshot, error);
	if (err != 0 && err != ERR_NOMEM)
		fprintf(stderr, "snapshot: %s\n", error);
	return err;
}

static int
open_journal(struct proxy_world *w)
{
	const struct journal_settings how = { .directory = test_dir(),
					      .node = w->name };
	struct journal_source source = { .worker = 0 };
	struct journal_position at = { 0 };
	int err = journal_open(&how, &w->log, &w->worker.journal);
	const void *data;
	size_t len;

	snprintf(source.node, sizeof(source.node), "%s", w->name);
	if (err == 0)
		err = journal_reader_open(test_dir(), &source, &at, &w->reader);
	while (err == 0 &&
	       journal_reader_next(w->reader, &data, &len, &at) == 0)
		;
	return err;
}

static int
open_worker(struct proxy_world *w)
{
	struct worker *worker = &w->worker;

	worker->node = &w->node;
	worker->log = &w->log;
	worker->scratch = w->scratch;
	load_tuning(&w->settings, &worker->tuning);
	return worker_parts_open(worker);
}

bool
pw_open(struct proxy_world *w, const struct pw_config *config)
{
	int err;

	sip_value_setup();
	memset(w, 0, offsetof(struct proxy_world, sent));
	snprintf(w->name, sizeof(w->name), "%s", config->name);
	log_init(&w->log, -1, LOG_LEVEL_ERROR);
	clock_init_fake(&w->worker.clock, START_US);
	arena_init(&w->events, NULL, 0, 0);
	arena_init(&w->worker.arena, w->arena_first, sizeof(w->arena_first),
		   1 << 20);
	for (int i = 0; i < PW_N_PEERS; i++)
		w->conn[i] = (uint32_t)i + 1;
	for (int i = 0; i < PW_N_PEERS; i++)
		w->port[i] = 5060;
	err = read_settings(w, config);
	if (err == 0)
		err = open_node(w);
	if (err == 0)
		err = open_snapshot(w, config);
	if (err == 0)
		err = open_journal(w);
	if (err == 0)
		err = load_policy(&w->settings, w->worker.snapshot, &w->log,
				  &w->worker.policy, NULL);
	return OK(err == 0 ? open_worker(w) : err);
}

static bool
is_empty(const struct proxy_world *w)
{
	const struct sip_txns_counters *counters =
	    sip_txns_counters(w->worker.txns);
	const struct worker *worker = &w->worker;

	return counters->servers == 0 && counters->clients == 0 &&
	       counters->bytes == 0 && worker->n_calls == 0 &&
	       worker->calls == NULL && worker->dialogs == NULL &&
	       worker->relays == NULL && worker->acks == NULL;
}

/* What every test ends with: time ends everything, whatever was short. */
static void
check_over(struct proxy_world *w)
{

	for (int i = 0; i < PW_N_PEERS; i++)
		w->send_err[i] = ERR_IO; /* nobody is there any more */
	pw_run(w, END_MS);
	if (!is_empty(w) && test_starved())
		abort(); /* CHECK would keep silent */
	CHECK(is_empty(w));
}

void
pw_close(struct proxy_world *w)
{
	struct worker *worker = &w->worker;

	if (worker->txns != NULL)
		check_over(w);
	if (worker->pool != NULL)
		worker_parts_drop_calls(worker);
	worker_parts_free(worker);
	arena_fini(&worker->arena);
	journal_reader_close(w->reader);
	journal_close(worker->journal);
	identity_node_free(w->node.identity);
	limit_states_free(w->node.limits);
	gateway_states_free(w->node.gateways);
	listeners_close(&w->node.listeners);
	store_close(w->store);
	arena_fini(&w->events);
	conf_free(&settings_table, &w->settings);
}

int64_t
pw_now(const struct proxy_world *w)
{
	return clock_mono_ms(&w->worker.clock);
}

const char *
pw_host(enum pw_peer peer)
{
	return hosts[peer];
}

static void
advance(struct proxy_world *w, int64_t ms)
{
	clock_advance_us(&w->worker.clock, ms * US_PER_MS);
	clock_advance_us(&w->node.limits_clock, ms * US_PER_MS);
}

void
pw_run(struct proxy_world *w, int64_t ms)
{
	int64_t until = pw_now(w) + ms;

	for (;;) {
		int64_t now = pw_now(w);
		int64_t wait = timers_next_ms(&w->worker.timers, now);

		if (wait < 0 || now + wait > until)
			break;
		advance(w, wait);
		timers_run(&w->worker.timers, now + wait);
		arena_reset(&w->worker.arena);
	}
	advance(w, until - pw_now(w));
}

/* --- what comes out --- */

static struct pw_sent *
next_unseen(const struct proxy_world *w, int peer)
{
	for (size_t i = 0; i < w->n_sent; i++) {
		const struct pw_sent *sent = &w->sent[i];

		if (!sent->seen &&
		    (peer < 0 || peer_of(&sent->to.addr) == (enum pw_peer)peer))
			return (struct pw_sent *)(uintptr_t)sent;
	}
	return NULL;
}

const char *
pw_get(struct proxy_world *w, enum pw_peer peer, const char *start)
{
	struct pw_sent *sent = next_unseen(w, (int)peer);
	struct sip_msg msg;
	char said[300];

	if (sent != NULL && strncmp(sent->text, start, strlen(start)) == 0) {
		sent->seen = true;
		CHECK(sip_scan(&msg, sent->text, strlen(sent->text), NULL) ==
		      0);
		return sent->text;
	}
	snprintf(said, sizeof(said), "%s: expected \"%s\", got \"%s\"",
		 hosts[peer], start,
		 sent != NULL ? pw_line(sent->text) : "nothing");
	test_check(false, said, __FILE__, __LINE__);
	return "";
}

bool
pw_quiet(const struct proxy_world *w, enum pw_peer peer)
{
	const struct pw_sent *sent = next_unseen(w, (int)peer);

	if (sent != NULL && !test_starved())
		fprintf(stderr, "    %s: also got \"%s\"\n", hosts[peer],
			pw_line(sent->text));
	return sent == NULL;
}

bool
pw_all_quiet(const struct proxy_world *w)
{
	bool quiet = true;

	for (int i = 0; i < PW_N_PEERS; i++)
		quiet = pw_quiet(w, (enum pw_peer)i) && quiet;
	return quiet;
}

void
pw_loop(struct proxy_world *w)
{
	struct pw_sent *sent;

	while ((sent = next_unseen(w, PW_SELF)) != NULL) {
		sent->seen = true;
		pw_send(w, PW_SELF, sent->text);
	}
}

void
pw_skip(struct proxy_world *w, enum pw_peer peer)
{
	struct pw_sent *sent = next_unseen(w, (int)peer);

	for (; sent != NULL; sent = next_unseen(w, (int)peer))
		sent->seen = true;
}

const char *
pw_where(const char *text)
{
	static char out[ADDR_TEXT_MAX + 8];
	const struct pw_sent *sent =
	    (const struct pw_sent *)(const void *)(text -
						   offsetof(struct pw_sent,
							    text));
	char addr[ADDR_TEXT_MAX];

	if (text[0] == '\0') /* of a pw_get that failed */
		return "";
	snprintf(out, sizeof(out), "%s %s",
		 sip_transport_param((enum sip_transport)sent->to.transport),
		 addr_format(&sent->to.addr, addr));
	return out;
}

/* The n-th row of a header: where its value begins. */
static const char *
find_row(const char *text, const char *name, int n)
{
	size_t len = strlen(name);
	const char *line = strstr(text, "\r\n");

	for (; line != NULL && strncmp(line, "\r\n\r\n", 4) != 0;
	     line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, len) == 0 &&
		    line[2 + len] == ':' && n-- == 0) {
			line += 2 + len + 1;
			return line + strspn(line, " ");
		}
	}
	return NULL;
}

const char *
pw_header(const char *text, const char *name, int n)
{
	static char values[32][1200];
	static int at;
	const char *value = find_row(text, name, n);
	char *out = values[at++ % 32];

	out[0] = '\0';
	if (value != NULL)
		snprintf(out, sizeof(values[0]), "%.*s",
			 (int)strcspn(value, "\r"), value);
	return out;
}

int
pw_count(const char *text, const char *name)
{
	int n = 0;

	while (find_row(text, name, n) != NULL)
		n++;
	return n;
}

const char *
pw_line(const char *text)
{
	static char line[200];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\r"), text);
	return line;
}

const char *
pw_to_tag(const char *text)
{
	static char out[200];
	const char *tag = strstr(pw_header(text, "To", 0), ";tag=");

	snprintf(out, sizeof(out), "%s", tag != NULL ? tag + 5 : "");
	return out;
}

/* --- records --- */

static void
add_target(struct proxy_world *w, const struct event *event)
{
	size_t len = strlen(w->targets);

	snprintf(w->targets + len, sizeof(w->targets) - len, "%s%s",
		 len > 0 ? " " : "",
		 event->attempt.target != NULL ? event->attempt.target : "-");
}

static void
add_record(struct proxy_world *w, const struct event *event)
{
	static const char *const more[] = { "", "; " };
	size_t len = strlen(w->records);
	char *at = w->records + len;
	size_t room = sizeof(w->records) - len;
	const char *sep = more[len > 0];

	switch (event->type) {
	case EVENT_ATTEMPT:
		add_target(w, event);
		len = (size_t)snprintf(at, room, "%sattempt %d %s", sep,
				       (int)event->attempt.hop,
				       event->attempt.outcome);
		if (event->attempt.sip_code > 0 && len < room)
			snprintf(at + len, room - len, " %d",
				 (int)event->attempt.sip_code);
		break;
	case EVENT_START:
		snprintf(at, room, "%sstart %d", sep, (int)event->cdr.hop);
		break;
	case EVENT_REFRESH:
		snprintf(at, room, "%slife", sep);
		break;
	case EVENT_STOP:
		snprintf(at, room, "%sstop %s", sep, event->cdr.end_source);
		break;
	case EVENT_FAIL:
		snprintf(at, room, "%sfail %s %d", sep, event->cdr.status,
			 (int)event->cdr.sip_code);
		break;
	}
}

const char *
pw_records(struct proxy_world *w)
{
	struct journal_position at;
	struct event event;
	const void *data;
	size_t len;

	w->records[0] = w->targets[0] = '\0';
	(void)OK(journal_commit(w->worker.journal));
	while (journal_reader_next(w->reader, &data, &len, &at) == 0) {
		arena_reset(&w->events);
		if (!OK(event_decode(&w->events, data, len, &event)))
			continue;
		if (event.has_attempt) {
			struct event attempt = { .type = EVENT_ATTEMPT,
						 .attempt = event.attempt };

			add_record(w, &attempt);
		}
		add_record(w, &event);
	}
	return w->records;
}

bool
pw_was(struct proxy_world *w, const char *records)
{
	const char *said = pw_records(w);
	bool is_so = strcmp(said, records) == 0;

	if (!is_so && !test_starved())
		fprintf(stderr, "    on record: \"%s\"\n", said);
	return is_so;
}

bool
pw_went(struct proxy_world *w, const char *records, const char *targets)
{
	bool was = pw_was(w, records);
	bool is_so = strcmp(w->targets, targets) == 0;

	if (!is_so && !test_starved())
		fprintf(stderr, "    tried: \"%s\"\n", w->targets);
	return was && is_so;
}
