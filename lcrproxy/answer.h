/*
 * answer.h - the dialogs that an attempt led to: usually one, more when a
 * gateway forks
 */
#ifndef LCRPROXY_ANSWER_H
#define LCRPROXY_ANSWER_H

#include "lcrproxy/call.h"
#include "lcrproxy/live.h"

/*
 * The dialog that a 2xx belongs to, by its To tag: noted with its token when
 * it is new (*is_new). NULL when out of memory.
 */
struct answer *answer_note(struct attempt *attempt,
			   const struct sip_msg *response, bool *is_new);
void answer_free(struct worker *worker, struct answer *answer);
/* What names it among the calls that are known; borrowed from both. */
struct live_id answer_live_id(const struct attempt *attempt,
			      const struct answer *answer);
/* Note the dialog of an answer among the calls that are known (live.h). */
void answer_add_live(const struct attempt *attempt,
		     const struct answer *answer, const struct sip_msg *msg);
/* In edit, put the answered token (answer NULL: leave it) where our Record-Route
 * has the one that was sent, and behind it what nat.h has to say of the callee.
 * No-op when the gateway did not return it. */
void answer_edit_route(const struct attempt *attempt,
		       const struct answer *answer, struct sip_edit *edit);

#endif
