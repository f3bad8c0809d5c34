/*
 * forger.h - who sends many requests of no call of ours, and is heard with valid
 * tokens only for a while
 *
 * Requests inside dialogs never count as new ones (admit.h), so that calls which
 * are there do not suffer. Those without a valid token have a rate of their own:
 * over it a source is silenced as meter.h says, but for requests and ACKs whose
 * token is valid.
 */
#ifndef LCRPROXY_FORGER_H
#define LCRPROXY_FORGER_H

#include "lcrproxy/worker.h"
#include "sip/msg.h"

/* A request of a dialog, or an ACK, without a valid token. */
void forger_note(struct worker *worker, const struct sip_flow *from);
/* Whether a request of a dialog, or an ACK, is to be taken notice of: false when
 * its source is silenced and it has no valid token (it was counted). Costs a
 * comparison while nobody is silenced. */
bool forger_is_heard(struct worker *worker, const struct sip_msg *msg,
		     const struct sip_flow *from);

#endif
