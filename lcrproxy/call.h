/*
 * call.h - one initial INVITE: planned, offered to gateways in turn, answered
 *
 * The plan is made once and pinned to its snapshot. One hop at a time; each
 * attempt starts from the number as normalised and has its own branch, token
 * and record. The call lives until its server transaction and the last client
 * transaction are gone, so late answers of abandoned attempts still find it.
 */
#ifndef LCRPROXY_CALL_H
#define LCRPROXY_CALL_H

#include "lcrproxy/proxy.h"
#include "lcrproxy/refusal.h"
#include "lcrproxy/worker.h"
#include "sip/location.h"
#include "route/plan.h"
#include "sip/session.h"
#include "tel/cdr.h"
#include "tel/number_class.h"

/* One thing to offer the call to: a gateway of a carrier, or a URI. Ask for its
 * traits by hop.h. */
struct call_hop {
	const struct gateway *gateway; /* of the call's snapshot; NULL: uri */
	struct uri_hop *uri;	       /* the call's (uri_hop.h); NULL: gateway */
	const struct carrier *carrier; /* of the snapshot: who is paid for it;
					* NULL: nobody */
	prefix_word prefix, rate_prefix; /* found by; of its price */
	money_e8 cost;
	bool is_unpriced;	       /* learnt, and there is no price */
	enum cdr_source source;
};

/* A dialog that a hop answered: usually one. */
struct answer {
	struct answer *next;
	time_us at;
	char token[TOKEN_LEN]; /* as rewritten into the 2xx */
	size_t tag_len;
	char tag[];
};

/* One INVITE sent out. */
struct attempt {
	struct attempt *next;
	struct call *call;
	struct sip_client *client; /* NULL once gone */
	struct answer *answers;
	time_us started, first_response, ended; /* 0 = not yet */
	time_us rang;		   /* its first 18x; 0 = none */
	struct sip_flow to;	   /* family 0: DNS told no place */
	uint8_t hop;		   /* of the call's hops, 1.. */
	uint8_t number;		   /* among the call's attempts, 1.. */
	uint8_t n_record_routes;   /* of ours, as sent */
	struct token_space space;  /* and challenges answered */
	uint32_t gateway;	   /* as in its token */
	uint32_t answered;	   /* challenges, in its latest INVITE */
	char *login;		   /* those challenges' lines, or NULL */
	uint32_t session_min_s;	   /* that it has wanted (422); 0 = not */
	bool over;		   /* its record was written */
	bool is_heard;		   /* its latest INVITE had a response */
	char token[TOKEN_LEN];	   /* as sent in the Record-Route */
};

struct call {
	struct proxied proxied;	   /* first */
	struct worker *worker;
	size_t size;		   /* of it, in the worker's pool */
	struct call *next, **link; /* among the worker's pending calls */
	struct sip_server *server; /* NULL once gone */
	struct sip_flow reply_to;  /* of server, once that is gone */
	struct snapshot *snapshot; /* counted */
	const struct account *account;
	struct number number;	   /* len 0: a call to a URI alone */
	struct porting porting;	   /* of number; may say nothing */
	uint32_t media;		   /* offered, tel/media.h; 0 = not known */
	bool national;
	char emergency[EMERGENCY_DIGITS_MAX + 1]; /* as dialled; "" = none */
	uint32_t cseq;		   /* of the INVITE, as it came */
	struct number identity;	   /* asserted by us; len 0 = not */
	bool by_login;		   /* the INVITE has our credentials */
	bool is_secure;		   /* to a sips: URI: hops of that kind alone */
	enum number_class class;
	struct limit_use use;	   /* until a live call has it, or the end */
	time_us setup, ring;
	struct attempt *attempts;  /* latest first */
	struct timer timer;	   /* first response, then ringing */
	struct sip_session session; /* as asked of the gateways */
	int best_status;	   /* of the attempts so far, 0 = none */
	char *best;		   /* that response, to be passed on; NULL */
	uint32_t best_len;
	int last_status, last_q850;
	char *reasons;		   /* of the last response; NULL = none */
	char *challenges;	   /* of who was passed over; likewise */
	bool has_sip_reason, has_q850_reason; /* they say so */
	int64_t hunt_until_ms;	   /* no further hop is tried then */
	int64_t ring_until_ms;	/* likewise, of the one that rings */
	bool ended;		   /* a final response was sent */
	bool cancelled;
	const char *call_id, *from_tag, *caller, *asserted, *dialled, *source;
	const char *isn;	   /* that is called, of dialled; NULL = none */
	bool has_sell;		   /* the account pays, */
	money_e8 sell;		   /* so much for the expected call */
	int64_t duration_s;	   /* of that */
	const char *from;	   /* the caller's own; NULL = goes on as it is */
	bool claims;		   /* it has a number that is not the account's */
	uint8_t n_hops, hop;	   /* hop: tried so far */
	uint8_t n_attempts;
	uint8_t n_redirects;	   /* followed */
	uint8_t place;		   /* of places */
	bool was_split;		   /* TCP was put in front of UDP (18.1.1) */
	struct sip_place single;   /* of the hop, when its host is an address */
	struct sip_places *places; /* of the hop, when it is a name; else NULL */
	struct enum_lookup *enum_lookup; /* of the number; NULL = none runs */
	struct policy *policy;	   /* counted while it is asked for, with */
	const struct policy_rule *rule; /* its rule; NULL */
	bool asks_again;	   /* once the worker has other rules */
	bool enum_ranked;	   /* a rule says where its URIs go: */
	uint8_t enum_before;	   /* before hops of these sources (bits) */
	enum plan_exclusion no_route; /* why the plan is empty, when it is */
	struct sip_look_up *look_up; /* of the hop; NULL = none runs */
	struct call_hop *hops;	   /* n_hops of them; attempts know theirs by
				    * number, for more may come: call_add_uris */
	struct call_hop *more_hops; /* what they are in since; NULL = planned */
	struct call_hop planned[]; /* those of the plan, then the texts */
};

/* What is known of an INVITE before it has a plan; texts live in the worker's
 * arena. */
struct call_intake {
	const struct account *account;
	const char *trunk;	   /* its name, or NULL */
	struct number number;
	struct porting porting;	   /* as far as it is known yet */
	uint32_t media;
	bool national;
	char emergency[EMERGENCY_DIGITS_MAX + 1];
	struct number identity;	   /* to be asserted; len 0 = none */
	struct str from;	   /* as it came; p == NULL: stays */
	bool claims;		   /* and is not to go on */
	enum plan_exclusion no_route; /* why the plan is empty, when it is */
	struct str caller, asserted, dialled, from_tag;
	time_us setup;
};

/* A final response is sent; the call stays as long as its transactions do. */
static inline void
call_mark_ended(struct call *call)
{
	call->worker->n_ended += !call->ended;
	call->ended = true;
}

struct identity;
struct policy_rule;
struct target;

/* Serve an initial INVITE that has passed the checks of proxy.h, is for a
 * number, and whose sender is known: refuses it or begins to hunt. */
void call_begin(struct worker *worker, struct sip_server *server,
		const struct sip_msg *msg, const struct sip_flow *from,
		const struct target *target, const struct identity *identity);
/*
 * The same for a call that goes to these URIs in turn; with n 0 to those that
 * ENUM knows of target->isn. The account's state, its callers' numbers and its
 * limits hold as for any call, those of numbers when it has one.
 */
struct uri_offer;
void call_begin_uris(struct worker *worker, struct sip_server *server,
		     const struct sip_msg *msg, const struct sip_flow *from,
		     const struct target *target,
		     const struct identity *identity,
		     const struct uri_offer *offers, size_t n);
/* It is refused, with its record. */
void call_refuse(struct worker *worker, struct sip_server *server,
		 const struct sip_msg *msg, const struct sip_flow *from,
		 const struct target *target, const struct identity *identity,
		 const struct refusal *why);
/* Whether this is a call for help. */
bool call_is_emergency(struct worker *worker, const struct target *target,
		       const struct identity *identity);
/* Whether the account may send a request other than INVITE there: counted as a
 * call that is over at once; intake gets what is known of it. False with why. */
bool call_may(struct worker *worker, const struct sip_msg *msg,
	      const struct target *target, const struct identity *identity,
	      struct call_intake *intake, struct refusal *why);
/* The plan of such a one, by gateways alone, in the worker's arena; likewise. */
bool call_plan(struct worker *worker, struct call_intake *intake,
	       const struct policy_rule *rule, struct plan *plan,
	       struct refusal *why);
/* More is known of where the number was ported to, and nothing was tried yet:
 * the hops are planned anew. Where that comes to nothing the old ones stay. */
void call_replan(struct call *call, const struct policy_rule *rule);
/* The caller gave up. */
void call_cancel(struct call *call, const struct sip_msg *cancel);
void call_server_gone(struct call *call);
/* All pending calls fail with 503 and their attempts are cancelled. */
void calls_give_up(struct worker *worker);
/* Frees what is left when the worker's transactions are gone already. */
void calls_free(struct worker *worker);
/* Frees the call when neither its server transaction nor a client transaction
 * is left. */
void call_release(struct call *call);

#endif
