/*
 * dialog.h - requests inside dialogs: found by our Route, judged by its token
 *
 * No state of the dialog is kept here: the token in the Route says whose call it
 * is. A BYE becomes a STOP when it was answered.
 */
#ifndef LCRPROXY_DIALOG_H
#define LCRPROXY_DIALOG_H

#include "lcrproxy/proxy.h"
#include "sip/session.h"
#include "sip/value.h"

/* A request of a dialog on its way. */
struct dialog {
	struct proxied proxied; /* first */
	struct worker *worker;
	struct dialog *next, **link; /* among the worker's */
	struct sip_server *server;
	struct sip_flow reply_to; /* of server, once that is gone */
	struct sip_client *client;
	uint32_t n_given_up;	/* of a re-INVITE, clients of earlier places */
	struct sip_look_up *look_up; /* of the next hop; NULL = none runs */
	time_us received;
	int64_t step_us;	/* how far the wall clock was ahead of it */
	struct timer timer;	/* of an INVITE: C (RFC 3261 16.8); of all: until
				 * the first response, when there is another
				 * place */
	bool by_caller;
	bool ends_record;	/* a BYE of a call, whose token is valid */
	bool is_heard;		/* a response has come */
	bool is_cancelled;
	bool takes_tcp;		/* if it is too long for a datagram */
	bool was_split;		/* places has TCP in front of UDP (18.1.1) */
	uint8_t tries;		/* challenges answered */
	uint32_t answered;	/* likewise, in what was sent last; */
	char *login;		/* of an INVITE, their lines, or NULL */
	uint8_t place;		/* of places */
	uint32_t cseq;		/* of the request, as it came */
	struct sip_place single; /* where it goes, when that is one address */
	struct sip_places *places; /* else; NULL */
	bool moves_target;	/* INVITE, UPDATE */
	struct sip_session session; /* of INVITE, UPDATE */
	struct token token;	/* setup 0: no valid one */
	char *ids;		/* call-id, caller's tag, callee's tag */
	uint16_t ids_len[3];
};

/* Forward a request with a To tag; route is its topmost Route value, which is
 * ours, uri its Request-URI. */
void dialog_begin(struct worker *worker, struct sip_server *server,
		  const struct sip_msg *msg, const struct sip_name_addr *route,
		  const struct sip_uri *uri);
/* What may open new legs or move the call needs a valid token; what ends or
 * reports passes by the rules of RFC 3261. */
bool dialog_needs_token(const struct sip_msg *msg);
void dialog_cancel(struct dialog *dialog, const struct sip_msg *cancel);
void dialog_server_gone(struct dialog *dialog);
/* Frees what is left when the worker's transactions are gone already. */
void dialogs_free(struct worker *worker);

#endif
