/* registration.c - what to do next about a registration, and when */
#include "sip/registration.h"

#include <stddef.h>

#define TRIES_MAX 3   /* answers to challenges in one round */
#define LEAD_S 600    /* a refresh is sent so long before the end, ... */
#define LONG_S 1200   /* ... of shorter ones at half time */
#define EARLY_PERMILLE 100 /* and up to this earlier, by chance */
#define SOON_MS 2000  /* after a connection was lost, at most */
#define REFUSED 2     /* failures that a refusal counts as */

void
sip_registration_init(struct sip_registration *r,
		      const struct sip_registration_rules *rules,
		      int64_t due_ms)
{
	*r = (struct sip_registration){
		.rules = *rules,
		.state = SIP_REGISTRATION_TRYING,
		.asked_s = rules->expires_s,
		.due_ms = due_ms,
	};
}

bool
sip_registration_is_due(const struct sip_registration *r, int64_t now_ms)
{
	return !r->is_sent && r->state != SIP_REGISTRATION_OVER &&
	       now_ms >= r->due_ms;
}

uint32_t
sip_registration_sent(struct sip_registration *r)
{
	r->is_sent = true;
	r->is_last = r->state == SIP_REGISTRATION_LEAVING;
	return r->is_last ? 0 : r->asked_s;
}

/* most, or less by chance: from permille of it on. */
static int64_t
draw(int64_t most, uint32_t permille, uint32_t chance)
{
	return most / 1000 * (permille + chance % (1001 - permille)) +
	       most % 1000 * permille / 1000;
}

/* Half of it at least, so that it grows, too. */
static int64_t
back_off_ms(const struct sip_registration *r, uint32_t n_failed,
	    uint32_t chance)
{
	int64_t wait_s = r->rules.back_off_s;

	while (n_failed-- > 1 && wait_s < r->rules.back_off_max_s)
		wait_s *= 2;
	if (wait_s > r->rules.back_off_max_s)
		wait_s = r->rules.back_off_max_s;
	return draw(wait_s * 1000, 500, chance);
}

/* A round is over. */
static void
end_round(struct sip_registration *r)
{
	r->tries = 0;
	r->was_brief = false;
}

static enum sip_registration_step
end(struct sip_registration *r)
{
	r->state = SIP_REGISTRATION_OVER;
	r->until_ms = 0;
	return SIP_REGISTRATION_END;
}

/* Whether the same once more is likely to be refused once more. */
static bool
is_refusal(int status)
{
	return (status >= 400 && status < 500 && status != 408 &&
		status != 480) ||
	       status == 501 || status == 505 || status >= 600;
}

static enum sip_registration_step
fail(struct sip_registration *r, int cause, int64_t retry_after_s,
     int64_t now_ms, uint32_t chance)
{
	int64_t wait_ms;

	end_round(r);
	r->cause = cause;
	if (r->is_last)
		return end(r);
	r->n_failed += is_refusal(cause) ? REFUSED : 1;
	wait_ms = back_off_ms(r, r->n_failed, chance);
	if (wait_ms < retry_after_s * 1000)
		wait_ms = retry_after_s * 1000;
	r->due_ms = now_ms + wait_ms;
	if (r->state != SIP_REGISTRATION_LEAVING) {
		if (r->until_ms == 0)
			r->state = SIP_REGISTRATION_FAILED;
		return SIP_REGISTRATION_WAIT;
	}
	/* who was silent may have taken it all the same */
	r->due_ms = now_ms;
	return r->until_ms == 0 && cause >= 300 ? end(r)
						: SIP_REGISTRATION_WAIT;
}

/* Well before its end: a registrar that is silent is noticed in time. */
static int64_t
refresh_after_ms(uint32_t granted_s, uint32_t chance)
{
	int64_t lead_s = granted_s >= LONG_S ? LEAD_S : granted_s / 2;

	return draw((granted_s - lead_s) * 1000, 1000 - EARLY_PERMILLE,
		    chance);
}

static enum sip_registration_step
succeed(struct sip_registration *r, uint32_t granted_s, int64_t now_ms,
	uint32_t chance)
{
	if (r->is_last)
		return end(r);
	if (granted_s == 0) {
		r->until_ms = 0;
		return fail(r, SIP_REGISTRATION_UNBOUND, 0, now_ms, chance);
	}
	if (granted_s > SIP_REGISTRATION_MAX_S)
		granted_s = SIP_REGISTRATION_MAX_S;
	end_round(r);
	r->n_failed = 0;
	r->cause = SIP_REGISTRATION_NO_CAUSE;
	r->granted_s = granted_s;
	r->until_ms = now_ms + (int64_t)granted_s * 1000;
	r->due_ms = now_ms + refresh_after_ms(granted_s, chance);
	if (r->state == SIP_REGISTRATION_LEAVING)
		r->due_ms = now_ms;
	else
		r->state = SIP_REGISTRATION_GOOD;
	return SIP_REGISTRATION_WAIT;
}

static bool
may_answer(const struct sip_registration *r,
	   const struct sip_registration_answer *answer)
{
	return (answer->status == 401 || answer->status == 407) &&
	       answer->is_answerable &&
	       (r->tries == 0 || (answer->may_help && r->tries < TRIES_MAX));
}

static bool
may_ask_longer(const struct sip_registration *r,
	       const struct sip_registration_answer *answer)
{
	return answer->status == 423 && !r->was_brief && !r->is_last &&
	       answer->min_expires_s > r->asked_s &&
	       answer->min_expires_s <= SIP_REGISTRATION_MAX_S;
}

static bool
may_go_elsewhere(const struct sip_registration_answer *answer)
{
	return answer->has_more_places &&
	       (answer->status == SIP_REGISTRATION_SILENT ||
		answer->status == SIP_REGISTRATION_UNSENT ||
		answer->status == 408 || answer->status == 503);
}

enum sip_registration_step
sip_registration_answered(struct sip_registration *r,
			  const struct sip_registration_answer *answer,
			  int64_t now_ms, uint32_t chance)
{
	r->is_sent = false;
	if (answer->status >= 200 && answer->status < 300)
		return succeed(r, answer->granted_s, now_ms, chance);
	if (may_answer(r, answer)) {
		r->tries++;
		return SIP_REGISTRATION_SEND;
	}
	if (may_ask_longer(r, answer)) {
		r->was_brief = true;
		r->tries = 0;
		r->asked_s = answer->min_expires_s;
		return SIP_REGISTRATION_SEND;
	}
	if (may_go_elsewhere(answer)) {
		end_round(r);
		return SIP_REGISTRATION_ELSEWHERE;
	}
	return fail(r, answer->status, answer->retry_after_s, now_ms, chance);
}

bool
sip_registration_lapses(struct sip_registration *r, int64_t now_ms)
{
	if (r->until_ms == 0 || now_ms < r->until_ms)
		return false;
	r->until_ms = 0;
	if (r->state != SIP_REGISTRATION_GOOD)
		return false;
	r->state = SIP_REGISTRATION_FAILED;
	if (r->cause == SIP_REGISTRATION_NO_CAUSE)
		r->cause = SIP_REGISTRATION_LAPSED;
	return true;
}

void
sip_registration_lost(struct sip_registration *r, int64_t now_ms,
		      uint32_t chance)
{
	int64_t due_ms;

	if (r->state != SIP_REGISTRATION_GOOD)
		return;
	if (r->lost_ms != 0 &&
	    now_ms - r->lost_ms > 2 * r->rules.back_off_max_s * 1000)
		r->n_lost = 0;
	r->lost_ms = now_ms;
	due_ms = now_ms + (r->n_lost == 0
			       ? draw(SOON_MS, 0, chance)
			       : back_off_ms(r, r->n_lost, chance));
	r->n_lost++;
	if (due_ms < r->due_ms)
		r->due_ms = due_ms;
}

enum sip_registration_step
sip_registration_leave(struct sip_registration *r, int64_t now_ms)
{
	if (!r->is_sent && r->until_ms == 0)
		return end(r);
	r->state = SIP_REGISTRATION_LEAVING;
	r->due_ms = now_ms;
	return SIP_REGISTRATION_WAIT;
}
