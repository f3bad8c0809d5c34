/* dialog_repeat.c - what a gateway wants of the caller's requests inside a dialog, and
 * has them sent again for: credentials, longer sessions */
#include "base/err.h"
#include "lcrproxy/ack_login.h"
#include "lcrproxy/challenge.h"
#include "lcrproxy/cseq.h"
#include "lcrproxy/dialog_private.h"
#include "lcrproxy/subscription.h"

/* Whether the request has a next number (cseq.h). */
static bool
has_numbers(const struct dialog *dialog)
{
	return dialog->by_caller && dialog->token.setup != 0 &&
	       dialog->token.space.is_spaced;
}

/* The gateway that a request of the caller goes to, when it has credentials. */
static const struct gateway *
gateway_of(const struct dialog *dialog)
{
	const struct snapshot *snapshot = dialog->worker->snapshot;
	const struct gateway *gateway;

	if (!has_numbers(dialog) || snapshot == NULL)
		return NULL;
	gateway = snapshot_gateway_by_id(snapshot, dialog->token.gateway);
	return gateway != NULL && gateway->logins.n > 0 ? gateway : NULL;
}

int
dialog_change(struct dialog *dialog, const struct sip_msg *msg,
	      const struct way_next *next, const struct sip_flow *to,
	      struct forward_change *out)
{
	struct worker *worker = dialog->worker;
	const struct challenge_request request = {
		.gateway = gateway_of(dialog),
		.method = msg->method_text,
		.uri = msg->ruri,
		.body = msg->body,
	};
	struct challenge_lines lines = { .answered = 0 };
	int err = 0;

	*out = (struct forward_change){ .tries = dialog->tries };
	if (dialog->moves_target)
		out->session = &dialog->session;
	if (dialog->by_caller && dialog->token.setup != 0)
		out->space = dialog->token.space;
	if (msg->method == SIP_NOTIFY && subscription_is(&dialog->token)) {
		out->record_route =
		    subscription_route(worker, msg,
				       sip_server_from(dialog->server), to,
				       next->is_secure);
		if (out->record_route.p == NULL)
			return ERR_NOMEM;
	}
	if (msg->method == SIP_PRACK && has_numbers(dialog)) {
		const struct live_call *call = dialog_call(dialog);

		if (call != NULL)
			out->again = call->again;
	}
	if (request.gateway != NULL)
		err = challenge_answer(worker->challenges, &request,
				       &worker->arena, &lines);
	out->headers = lines.text;
	dialog->answered = lines.answered;
	if (msg->method == SIP_INVITE)
		ack_login_keep(&dialog->login, lines.text);
	return err == ERR_NOTFOUND ? 0 : err;
}

static bool
may_log_in(struct dialog *dialog, const struct sip_msg *response)
{
	const struct gateway *gateway = gateway_of(dialog);

	return gateway != NULL &&
	       challenge_may_retry(dialog->worker, gateway, response,
				   dialog->answered, dialog->tries);
}

bool
dialog_asks_us(const struct dialog *dialog, const struct sip_msg *response)
{
	return challenge_is(response->status) && gateway_of(dialog) != NULL;
}

bool
dialog_may_repeat(struct dialog *dialog, const struct sip_msg *response)
{
	if (challenge_is(response->status))
		return may_log_in(dialog, response);
	return has_numbers(dialog) && dialog->tries + 1 < CSEQ_SPACE &&
	       sip_session_may_lengthen(&dialog->session, response);
}

void
dialog_note_again(struct dialog *dialog, const struct sip_msg *msg)
{
	struct live_call *call;

	dialog->tries++;
	dialog->is_heard = false;
	call = msg->method == SIP_INVITE ? dialog_call(dialog) : NULL;
	if (call != NULL)
		call->again = (struct cseq_again){ dialog->cseq,
						   dialog->tries };
}

void
dialog_renew_nonce(const struct dialog *dialog, const struct sip_msg *answer)
{
	const struct gateway *gateway = gateway_of(dialog);

	if (gateway != NULL)
		challenge_renew(dialog->worker->challenges, gateway, answer);
}
