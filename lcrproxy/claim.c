/* claim.c - who sends a request of a dialog, by its token */
#include "lcrproxy/claim.h"

#include "base/crypto.h"
#include "base/err.h"
#include "sip/value.h"

/* Tags by side, as the token's signature wants them. */
struct sides {
	struct str caller, callee;
};

static int
decode_as(struct worker *worker, const struct sip_msg *msg, struct str text,
	  const struct sides *sides, struct token *out)
{
	return token_decode(worker->keys, text, msg->call_id, sides->caller,
			    sides->callee, clock_wall(&worker->clock),
			    worker->node->settings->record_route.max_age_s,
			    out);
}

/* Whether this is the token that was signed here for this very dialog. */
static bool
is_own(struct worker *worker, const struct sip_msg *msg, struct str text,
       const struct sides *sides)
{
	const struct live_id id = { .call_id = msg->call_id,
				    .from_tag = sides->caller,
				    .to_tag = sides->callee };
	const struct live_call *call = live_find(&worker->live, &id);

	return call != NULL && text.len == TOKEN_LEN &&
	       bytes_eq_const_time(call->token, text.p, TOKEN_LEN);
}

static int
read_own(struct worker *worker, struct str text, struct token *out)
{
	return token_read_own(text, clock_wall(&worker->clock),
			      worker->node->settings->record_route.max_age_s,
			      out);
}

int
claim_read(struct worker *worker, const struct sip_msg *msg, struct str text,
	   bool *by_caller, struct token *out)
{
	struct str from = msg->from_tag;
	struct str to = msg->to_tag;
	struct sides as_caller = { from, to }, as_callee = { to, from };
	int err;

	if (text.p == NULL)
		return ERR_NOTFOUND;
	if (as_caller.caller.p == NULL)
		as_caller.caller = str_of("");
	if (is_own(worker, msg, text, &as_caller)) {
		err = read_own(worker, text, out);
		*by_caller = err == 0;
		return err;
	}
	if (is_own(worker, msg, text, &as_callee))
		return read_own(worker, text, out);
	err = decode_as(worker, msg, text, &as_caller, out);
	*by_caller = err == 0;
	if (err == ERR_AUTH)
		err = decode_as(worker, msg, text, &as_callee, out);
	return err;
}

void
claim_count(struct worker *worker, const struct sip_msg *msg, int err)
{
	struct counters *counters = &worker->counters;
	uint64_t left_out;

	if (err == 0) {
		counters->token_valid++;
		return;
	}
	if (err == ERR_NOTFOUND)
		counters->token_missing++;
	else if (err == ERR_EXPIRED)
		counters->token_expired++;
	else
		counters->token_forged++;
	if (!log_quota_take(&worker->forged_lines,
			    clock_mono_ms(&worker->clock), &left_out))
		return;
	log_warning(worker->log,
		    "call %.*s: %.*s without a valid token, %s, left_out=%llu",
		    STR_ARG(msg->call_id), STR_ARG(msg->method_text),
		    err == ERR_NOTFOUND ? "none there" : err_text(err),
		    (unsigned long long)left_out);
}

bool
claim_is_ours(struct worker *worker, const struct sip_msg *msg,
	      const struct sip_uri *uri)
{
	struct token token;
	bool by_caller;
	int err = claim_read(worker, msg, sip_uri_param(uri, TOKEN_PARAM),
			     &by_caller, &token);

	return err == 0 || err == ERR_EXPIRED;
}
