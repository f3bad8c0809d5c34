/*
 * session.h - session timers, as a proxy asks for them (RFC 4028 8)
 *
 * A proxy that wants to know whether calls are still there sees to it that
 * INVITE and UPDATE have a Session-Expires, and that the side that knows session
 * timers sends refreshes when the other does not know them. It never ends a call
 * itself (8.3).
 */
#ifndef SIP_SESSION_H
#define SIP_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "sip/edit.h"
#include "sip/msg.h"

#define SIP_SESSION_MIN_S 90 /* nobody may ask for less (5) */
#define SIP_SESSION_MAX_S 86400 /* what a 422 may raise ours to */

/* What this proxy wants. */
struct sip_session_rule {
	uint32_t interval_s; /* at most so long; 0 = takes no part at all */
	uint32_t min_s;	     /* SIP_SESSION_MIN_S or more */
};

/* What is remembered from a request to its 2xx (8.1, last paragraphs). */
struct sip_session {
	uint32_t interval_s; /* as forwarded; 0 = no timer was asked for */
	bool caller_knows;   /* Supported: timer */
	uint32_t min_s;	     /* that a 422 to it has wanted; 0 = none yet */
};

/* Whether the option tag is in a header of option tags (Supported, Require). */
bool sip_has_option(const struct sip_msg *msg, enum sip_header id,
		    const char *tag);
/* The interval of a Session-Expires or Min-SE; false without exactly one that
 * can be read. */
bool sip_session_interval(const struct sip_msg *msg, enum sip_header id,
			  uint32_t *out);
/* Whether an INVITE or UPDATE is to be refused with 422 and a Min-SE of
 * rule->min_s: its interval is too short, and its sender knows what to do. */
bool sip_session_is_too_short(const struct sip_session_rule *rule,
			      const struct sip_msg *msg);
/*
 * Add Session-Expires to an INVITE or UPDATE on its way, or bring it and Min-SE
 * to where 8.1 wants them; parameters stay. What cannot be read is left alone.
 * out->min_s is heeded: 0 at first. Texts live in arena; errors are sticky in
 * edit.
 */
void sip_session_ask(const struct sip_session_rule *rule,
		     struct sip_edit *edit, struct arena *arena,
		     struct sip_session *out);
/*
 * Whether a 422 is ours to deal with: its sender knows no session timers, and
 * the interval that was refused is one he was given by us, or cannot lengthen
 * himself. Then session->min_s has what the request is to be sent again with.
 */
bool sip_session_may_lengthen(struct sip_session *session,
			      const struct sip_msg *response);
/* Complete the 2xx of a callee that knows no session timers for a caller that
 * does: the caller refreshes (8.2). Otherwise nothing. */
void sip_session_answer(const struct sip_session *session,
			struct sip_edit *edit, struct arena *arena);

#endif
