/*
 * registration.h - the life of one registration at a registrar (RFC 3261 10.2)
 *
 * What was answered and what time it is go in, what is to be done now comes out:
 * no sockets, no clock, no memory. Times are milliseconds of one monotonic
 * clock. One REGISTER at a time is on its way (10.2). A refresh is due well
 * before the registration ends; failures are followed by growing pauses, drawn by
 * chance, so that many who fail together do not come back together.
 */
#ifndef SIP_REGISTRATION_H
#define SIP_REGISTRATION_H

#include <stdbool.h>
#include <stdint.h>

#define SIP_REGISTRATION_MAX_S 604800 /* longest that is asked for or used */

enum sip_registration_state {
	SIP_REGISTRATION_TRYING,  /* not registered, and not refused yet */
	SIP_REGISTRATION_GOOD,	  /* registered */
	SIP_REGISTRATION_FAILED,  /* not registered, see cause */
	SIP_REGISTRATION_LEAVING, /* it is being taken back */
	SIP_REGISTRATION_OVER,	  /* it was, or nobody answered */
};

/* Causes besides the status of a response. */
enum sip_registration_cause {
	SIP_REGISTRATION_NO_CAUSE,
	SIP_REGISTRATION_SILENT, /* no answer in time */
	SIP_REGISTRATION_UNSENT, /* no place to send to, no connection */
	SIP_REGISTRATION_UNBOUND, /* a 2xx that does not list our Contact */
	SIP_REGISTRATION_LAPSED, /* its time went by without a new answer */
};

struct sip_registration_rules {
	uint32_t expires_s;	  /* to ask for, 1..SIP_REGISTRATION_MAX_S */
	int64_t back_off_s;	  /* of the first failure; twice with each */
	int64_t back_off_max_s;
};

struct sip_registration {
	struct sip_registration_rules rules;
	enum sip_registration_state state;
	bool is_sent;		/* a REGISTER is on its way */
	bool is_last;		/* and it takes the registration back */
	bool was_brief;		/* 423 was heeded in this round */
	uint32_t tries;		/* challenges answered in this round */
	uint32_t asked_s;	/* what is asked for: grows with 423 */
	uint32_t granted_s;
	int cause;		/* of the last failure: a status, or as above */
	uint32_t n_failed;	/* in a row, refusals twice */
	uint32_t n_lost;	/* connections, soon after another */
	int64_t lost_ms;
	int64_t until_ms;	/* registered until then; 0 = it is not */
	int64_t due_ms;		/* the next REGISTER, unless one is sent */
};

/* What came of a REGISTER. */
struct sip_registration_answer {
	int status;		/* final, or SILENT, UNSENT */
	bool is_answerable;	/* 401, 407: there are credentials for it */
	bool may_help;		/* 401, 407: the nonce was old, or another realm
				 * asks: they are not wrong */
	uint32_t granted_s;	/* 2xx: for our Contact; 0 = it is not bound */
	uint32_t min_expires_s; /* 423; 0 = not said */
	int64_t retry_after_s;	/* 0 = not said */
	bool has_more_places;	/* that were not tried in this round */
};

enum sip_registration_step {
	SIP_REGISTRATION_WAIT,	/* until due_ms */
	SIP_REGISTRATION_SEND,	/* another one to the same place, at once */
	SIP_REGISTRATION_ELSEWHERE, /* the same to the next place, at once */
	SIP_REGISTRATION_END,
};

/* Due at due_ms. */
void sip_registration_init(struct sip_registration *registration,
			   const struct sip_registration_rules *rules,
			   int64_t due_ms);
bool sip_registration_is_due(const struct sip_registration *registration,
			     int64_t now_ms);
/* A REGISTER leaves: the Expires it has to say, 0 to take it back. */
uint32_t sip_registration_sent(struct sip_registration *registration);
/*
 * A REGISTER was answered, or was not. chance (any number) draws the time of
 * the next one. 2xx: 10.2.4. 401, 407: answered once, with a new nonce or in
 * another realm a few times (22.2). 423: once, with what it wants (10.2.8). Silence, no connection,
 * 503, 408: the next place (RFC 3263 4.3). All others, and these at the end:
 * failed; not before Retry-After.
 */
enum sip_registration_step
sip_registration_answered(struct sip_registration *registration,
			  const struct sip_registration_answer *answer,
			  int64_t now_ms, uint32_t chance);
/* Its time may be over: true when it was registered, and is no more. */
bool sip_registration_lapses(struct sip_registration *registration,
			     int64_t now_ms);
/* The connection by which it registered is gone, and with it perhaps the way
 * for calls to us: register again soon, later when that goes on. */
void sip_registration_lost(struct sip_registration *registration,
			   int64_t now_ms, uint32_t chance);
/* Take it back: END when there is nothing to take back, else one REGISTER
 * is due, at now_ms or once the one on its way was answered. */
enum sip_registration_step
sip_registration_leave(struct sip_registration *registration, int64_t now_ms);

#endif
