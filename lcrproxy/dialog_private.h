/*
 * dialog_private.h - what the files of requests inside dialogs share
 *
 * dialog.c has their life and their responses, dialog_send.c where and how they
 * go on, dialog_repeat.c what they are sent again for.
 */
#ifndef LCRPROXY_DIALOG_PRIVATE_H
#define LCRPROXY_DIALOG_PRIVATE_H

#include "lcrproxy/dialog.h"
#include "lcrproxy/forward.h"
#include "lcrproxy/live.h"

/* --- dialog.c --- */

extern const struct sip_client_events dialog_events;

/* 0: Call-ID, 1: the caller's tag, 2: the callee's. */
struct str dialog_id(const struct dialog *dialog, int which);
/* Bytes of them all. */
size_t dialog_ids_size(const struct dialog *dialog);
/* The call this belongs to, if it is known here: a token is all that a dialog
 * needs. */
struct live_call *dialog_call(const struct dialog *dialog);
/* Answer the request, which cannot go on, by the error of sending it. A BYE ends
 * the call that it was found to belong to all the same (RFC 3261 15.1.1). */
void dialog_refuse(struct dialog *dialog, int err);
void dialog_start_timer_c(struct dialog *dialog);

/* --- dialog_send.c --- */

/* What may open new legs or move the call needs a valid token; what ends or
 * reports passes by the rules of RFC 3261. */
bool dialog_needs_token(const struct sip_msg *msg);
/* Send the request on, at once or when DNS has told where to: 0, or an error as
 * forward_refuse wants it. */
int dialog_send(struct dialog *dialog, const struct sip_msg *msg,
		const struct sip_name_addr *route, const struct sip_uri *uri);
/* Whether a response led to the request being sent again: by dialog_may_repeat,
 * or 503 where there is another place (RFC 3263 4.3). */
bool dialog_tries_again(struct dialog *dialog, const struct sip_msg *response);
/* The place at hand is dead: true when the request went to the next one. */
bool dialog_try_next_place(struct dialog *dialog);

/* --- dialog_repeat.c --- */

/* What changes in the request as it goes to its gateway: 0, ERR_LIMIT or
 * ERR_NOMEM. */
int dialog_change(struct dialog *dialog, const struct sip_msg *msg,
		  struct forward_change *out);
/* Whether a response wants the request again, otherwise: a challenge that has not
 * been answered yet, or 422 (session.h). */
bool dialog_may_repeat(struct dialog *dialog, const struct sip_msg *response);
/* A 2xx may name the nonce of the next request. */
void dialog_renew_nonce(const struct dialog *dialog,
			const struct sip_msg *answer);

#endif
