/* registrant.c - REGISTERs to one gateway, and what its answers say */
#include "lcrproxy/registrant_private.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/challenge.h"
#include "lcrproxy/place.h"
#include "lcrproxy/proxy.h"
#include "lcrproxy/reason.h"
#include "sip/binding.h"

#define ID_TRIES 1000 /* to find a Call-ID that is this worker's own */
#define RETRY_AFTER_MAX_S 86400

static void send_next(struct registrant *r, enum sip_registration_step step);

static int64_t
now_ms(const struct registrant *r)
{
	return clock_mono_ms(&r->worker->clock);
}

/* Any number; no secret. */
static uint32_t
chance(const struct registrant *r)
{
	const uint64_t input[] = { r->gateway->id, r->cseq,
				   (uint64_t)now_ms(r) };

	return (uint32_t)hash_bytes(&r->worker->node->hash_key, input,
				    sizeof(input));
}

/* --- a REGISTER --- */

/* Our Contact for what comes by the listener it leaves by; NULL when out of
 * memory. */
static const char *
make_contact(const struct registrant *r)
{
	const struct listener *l =
	    &r->worker->node->listeners.at[r->to.listener];
	bool is_sips = str_starts(str_of(r->gateway->enrolment.registrar),
				  "sips:");
	enum sip_transport transport = (enum sip_transport)l->transport;

	return arena_printf(&r->worker->arena, "%s:%s@%s%s%s",
			    is_sips ? "sips" : "sip",
			    r->gateway->enrolment.user, l->sent_by,
			    is_sips || transport == SIP_UDP ? ""
							    : ";transport=",
			    is_sips || transport == SIP_UDP
				? ""
				: sip_transport_param(transport));
}

/* By the last challenges; "" when there were none. NULL when out of memory. */
static const char *
make_credentials(struct registrant *r)
{
	const struct challenge_request request = {
		.gateway = r->gateway,
		.method = str_of("REGISTER"),
		.uri = str_of(r->gateway->enrolment.registrar),
	};
	struct challenge_lines lines;
	int err = challenge_answer(r->challenges, &request, &r->worker->arena,
				   &lines);

	r->answered = lines.answered;
	if (err == ERR_NOMEM)
		return NULL;
	return err == 0 ? arena_strndup(&r->worker->arena, lines.text.p,
					lines.text.len)
			: "";
}

/* The whole message in the worker's arena, or NULL. */
static const char *
make_register(struct registrant *r, uint32_t expires_s)
{
	struct worker *worker = r->worker;
	const struct gateway_enrolment *enrolment = &r->gateway->enrolment;
	const char *contact = make_contact(r);
	const char *credentials = make_credentials(r);
	char branch[SIP_BRANCH_LEN + 1];
	struct str via;

	sip_branch_make(worker->txns, 0, branch);
	via = proxy_via(worker, &r->to, branch);
	if (contact == NULL || credentials == NULL || via.p == NULL)
		return NULL;
	return arena_printf(
	    &worker->arena,
	    "REGISTER %s SIP/2.0\r\nVia: %.*s\r\nMax-Forwards: 70\r\n"
	    "From: <%s>;tag=%x\r\nTo: <%s>\r\nCall-ID: %s\r\n"
	    "CSeq: %u REGISTER\r\nContact: <%s>;expires=%u\r\n"
	    "Expires: %u\r\nSupported: path\r\n%sContent-Length: 0\r\n\r\n",
	    enrolment->registrar, STR_ARG(via), enrolment->aor, r->tag,
	    enrolment->aor, r->call_id, ++r->cseq, contact, expires_s,
	    expires_s, credentials);
}

/* --- answers --- */

static void
take_answer(struct registrant *r, const struct sip_registration_answer *answer)
{
	struct counters *counters = &r->worker->counters;
	uint32_t n_failed = r->registration.n_failed;
	enum sip_registration_step step = sip_registration_answered(
	    &r->registration, answer, now_ms(r), chance(r));

	r->client = NULL;
	if (step == SIP_REGISTRATION_END) {
		registrant_log_over(r);
	} else if (answer->status >= 200 && answer->status < 300 &&
		   answer->granted_s > 0) {
		counters->registered++;
		registrant_log_good(r);
	} else if (step == SIP_REGISTRATION_WAIT &&
		   r->registration.n_failed > n_failed) {
		counters->registers_failed++;
		registrant_log_failed(r);
	}
	registrant_publish(r);
	send_next(r, step);
}

static bool
has_more(const struct registrant *r)
{
	return r->place + 1 < r->places.n;
}

/* It did not get there, or nothing came back. */
static void
take_silence(struct registrant *r, int cause)
{
	const struct sip_registration_answer answer = {
		.status = cause,
		.has_more_places = has_more(r),
	};

	if (r->places.n > 1 && r->to.addr.family != 0)
		place_note(r->worker, &r->to, SHUN_MS);
	take_answer(r, &answer);
}

/* What a 2xx says of our Contact, and of the next nonce. */
static void
read_good(struct registrant *r, const struct sip_msg *msg, uint32_t *granted_s)
{
	const char *contact = make_contact(r);

	*granted_s = r->registration.asked_s;
	if (contact != NULL)
		(void)sip_binding_find(&r->worker->arena, msg, str_of(contact),
				       r->registration.asked_s, granted_s);
	challenge_renew(r->challenges, r->gateway, msg);
	if (sip_client_to(r->client)->worker == r->worker->index)
		r->conn = sip_client_to(r->client)->conn;
}

static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	struct registrant *r = arg;
	struct sip_registration_answer answer = {
		.status = msg->status,
		.has_more_places = has_more(r),
		.min_expires_s = msg->status == 423 ? sip_min_expires(msg) : 0,
		.retry_after_s = reason_retry_after_s(msg, RETRY_AFTER_MAX_S),
	};

	if (msg->status < 200)
		return;
	if (r->places.n > 1)
		place_note(r->worker, &r->to, 0);
	if (msg->status < 300)
		read_good(r, msg, &answer.granted_s);
	else if (challenge_is(msg->status))
		answer.is_answerable =
		    challenge_take(r->challenges, r->gateway, msg, r->answered,
				   &answer.may_help) == 0;
	sip_client_detach(client);
	take_answer(r, &answer);
}

static void
on_failure(void *arg, struct sip_client *client, int err)
{
	sip_client_detach(client);
	take_silence(arg, err == ERR_IO ? SIP_REGISTRATION_UNSENT
					: SIP_REGISTRATION_SILENT);
}

/* Only what was not answered yet has events. */
static void
on_gone(void *arg, struct sip_client *client)
{
	(void)client;
	take_silence(arg, SIP_REGISTRATION_UNSENT);
}

static const struct sip_client_events events = {
	.on_response = on_response,
	.on_failure = on_failure,
	.on_gone = on_gone,
};

/* --- sending --- */

static int
start_client(struct registrant *r)
{
	struct worker *worker = r->worker;
	const char *text;
	int err;

	r->to = (struct sip_flow){ 0 };
	err = place_flow(worker, &r->places.at[r->place],
			 place_gateway_name(r->gateway), -1, &r->to);
	if (err != 0)
		return err;
	text = make_register(r, sip_registration_sent(&r->registration));
	if (text == NULL)
		return ERR_NOMEM;
	worker->counters.registers++;
	return sip_client_start(worker->txns, &r->to, text, strlen(text),
				&events, r, &r->client);
}

/* To the place at hand, or the first behind it that can be sent to. */
static void
send_next(struct registrant *r, enum sip_registration_step step)
{
	if (step == SIP_REGISTRATION_ELSEWHERE)
		r->place++;
	else if (step != SIP_REGISTRATION_SEND)
		return;
	if (start_client(r) != 0)
		take_silence(r, SIP_REGISTRATION_UNSENT);
}

static void
on_located(void *arg, int err, const struct sip_places *places)
{
	struct registrant *r = arg;

	arena_reset(&r->worker->arena); /* many may come at once */
	r->look_up = NULL;
	r->place = 0;
	r->places.n = 0;
	if (err != 0) {
		take_silence(r, SIP_REGISTRATION_UNSENT);
		return;
	}
	r->places = *places;
	place_order(r->worker, &r->places);
	send_next(r, SIP_REGISTRATION_SEND);
}

/* A round over all places begins. */
static void
begin(struct registrant *r)
{
	struct sip_places places = { 0 };
	int err;

	(void)sip_registration_sent(&r->registration);
	err = place_find_gateway(r->worker, r->gateway, &places, on_located, r,
				 &r->look_up);
	if (err != ERR_BUSY)
		on_located(r, err, &places);
}

bool
registrant_tick(struct registrant *r, bool may_send)
{
	if (sip_registration_lapses(&r->registration, now_ms(r))) {
		r->worker->counters.registers_failed++;
		registrant_log_failed(r);
		registrant_publish(r);
	}
	if (!may_send ||
	    !sip_registration_is_due(&r->registration, now_ms(r)))
		return false;
	begin(r);
	return true;
}

void
registrant_leave(struct registrant *r)
{
	if (r->registration.state == SIP_REGISTRATION_LEAVING ||
	    r->registration.state == SIP_REGISTRATION_OVER)
		return;
	(void)sip_registration_leave(&r->registration, now_ms(r));
	registrant_publish(r);
}

void
registrant_drop(struct registrant *r)
{
	registrant_leave(r);
	r->is_gone = true;
	atomic_store(&r->gateway->state->registration, REGISTRATION_NONE);
	atomic_store(&r->gateway->state->is_registered, false);
}

void
registrant_lost(struct registrant *r, uint32_t conn)
{
	if (r->conn != conn || conn == 0)
		return;
	r->conn = 0;
	sip_registration_lost(&r->registration, now_ms(r), chance(r));
}

/* --- its life --- */

/* A Call-ID whose messages come to this worker, and that no other node or
 * process has. */
static char *
make_call_id(const struct worker *worker, uint32_t gateway)
{
	char id[96];

	for (unsigned i = 0; i < ID_TRIES; i++) {
		snprintf(id, sizeof(id), "reg-%x-%x-%x@%s",
			 worker->node->instance, gateway, i,
			 worker->node->name);
		if (worker_is_owner(worker, str_of(id)))
			break;
	}
	return str_dup(str_of(id));
}

int
registrant_new(struct worker *worker, struct challenges *challenges,
	       const struct gateway *gateway, int64_t due_ms,
	       struct registrant **out)
{
	const struct sip_registration_rules rules = {
		.expires_s = gateway->enrolment.expires_s,
		.back_off_s = worker->tuning.register_back_off_s,
		.back_off_max_s = worker->tuning.register_back_off_max_s,
	};
	struct registrant *r = mem_zalloc(1, sizeof(*r));

	if (r == NULL)
		return ERR_NOMEM;
	r->call_id = make_call_id(worker, gateway->id);
	if (r->call_id == NULL) {
		mem_free(r);
		return ERR_NOMEM;
	}
	r->worker = worker;
	r->challenges = challenges;
	r->snapshot = snapshot_ref(worker->snapshot);
	r->gateway = gateway;
	sip_registration_init(&r->registration, &rules, due_ms);
	r->tag = chance(r);
	registrant_publish(r);
	*out = r;
	return 0;
}

void
registrant_free(struct registrant *r)
{
	if (r == NULL)
		return;
	sip_look_up_cancel(r->look_up);
	if (r->link != NULL)
		*r->link = r->next;
	if (r->next != NULL)
		r->next->link = r->link;
	snapshot_unref(r->snapshot);
	mem_free(r->call_id);
	mem_free(r);
}

bool
registrant_is_like(const struct registrant *r, const struct gateway *gateway)
{
	const struct gateway_enrolment *a = &r->gateway->enrolment,
				       *b = &gateway->enrolment;

	return gateway->enabled && b->registers != REGISTERS_NOT &&
	       strcmp(r->gateway->uri, gateway->uri) == 0 &&
	       strcmp(a->aor, b->aor) == 0 && strcmp(a->user, b->user) == 0 &&
	       a->expires_s == b->expires_s;
}

static bool
has_same_logins(const struct gateway *a, const struct gateway *b)
{
	bool is_same = a->logins.n == b->logins.n;

	for (size_t i = 0; i < b->logins.n && is_same; i++) {
		const struct gateway_login *x = &a->logins.list[i],
					   *y = &b->logins.list[i];

		is_same = strcmp(x->realm, y->realm) == 0 &&
			  strcmp(x->username, y->username) == 0 &&
			  strcmp(x->ha1_md5, y->ha1_md5) == 0 &&
			  strcmp(x->ha1_sha256, y->ha1_sha256) == 0 &&
			  strcmp(x->ha1_sha512_256, y->ha1_sha512_256) == 0;
	}
	return is_same;
}

void
registrant_move(struct registrant *r, const struct gateway *gateway)
{
	struct snapshot *before = r->snapshot;
	struct sip_registration *registration = &r->registration;

	if (registration->state == SIP_REGISTRATION_FAILED &&
	    !registration->is_sent && !has_same_logins(r->gateway, gateway)) {
		registration->due_ms = now_ms(r);
		registration->n_failed = 0;
	}
	registration->rules.back_off_s = r->worker->tuning.register_back_off_s;
	registration->rules.back_off_max_s =
	    r->worker->tuning.register_back_off_max_s;
	r->snapshot = snapshot_ref(r->worker->snapshot);
	r->gateway = gateway;
	snapshot_unref(before);
}
