/*
 * dialog_private.h - what the files of requests inside dialogs share
 *
 * dialog.c has their life and their responses, dialog_judge.c whether they may go
 * on, dialog_send.c where and how, dialog_repeat.c what they are sent again for.
 */
#ifndef LCRPROXY_DIALOG_PRIVATE_H
#define LCRPROXY_DIALOG_PRIVATE_H

#include "lcrproxy/dialog.h"
#include "lcrproxy/forward.h"
#include "lcrproxy/live.h"
#include "lcrproxy/way.h"

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

/* --- dialog_judge.c --- */

/* What a valid token is good for when the request goes to this place: ERR_AUTH
 * when it strays. */
int dialog_judge(struct dialog *dialog, const struct sip_msg *msg,
		 const struct addr *from, const struct way_next *next,
		 const struct addr *to);
/* DNS does not tell where it goes (err). Whether it strays is asked all the same:
 * a BYE that does not is the end of its record. Returns ERR_AUTH, or err. */
int dialog_judge_lost(struct dialog *dialog, const struct sip_msg *msg,
		      const struct way_next *next, int err);

/* --- dialog_send.c --- */

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

/* What changes in the request as it goes on by flow to: 0, ERR_LIMIT or
 * ERR_NOMEM. */
int dialog_change(struct dialog *dialog, const struct sip_msg *msg,
		  const struct way_next *next, const struct sip_flow *to,
		  struct forward_change *out);
/* Whether a response is a challenge that is ours to answer, not the caller's. */
bool dialog_asks_us(const struct dialog *dialog,
		    const struct sip_msg *response);
/* Whether a response wants the request again, otherwise: a challenge that has not
 * been answered yet, or 422 (session.h). */
bool dialog_may_repeat(struct dialog *dialog, const struct sip_msg *response);
/* It is sent again now: its ACK and PRACKs need to know. */
void dialog_note_again(struct dialog *dialog, const struct sip_msg *msg);
/* A 2xx may name the nonce of the next request. */
void dialog_renew_nonce(const struct dialog *dialog,
			const struct sip_msg *answer);

#endif
