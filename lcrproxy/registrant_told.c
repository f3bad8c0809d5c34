/* registrant_told.c - what plans, lcrctl and the log are told of a registration */
#include "lcrproxy/registrant_private.h"

#include <stdio.h>

#include "sip/msg.h"

#define CAUSE_MAX 80

const char *
registrant_cause_text(int cause, char *out, size_t cap)
{
	static const char *const texts[] = {
		[SIP_REGISTRATION_NO_CAUSE] = "",
		[SIP_REGISTRATION_SILENT] = "no answer",
		[SIP_REGISTRATION_UNSENT] = "cannot be reached",
		[SIP_REGISTRATION_UNBOUND] = "our Contact was not taken",
		[SIP_REGISTRATION_LAPSED] = "its time went by",
	};

	if (cause < (int)(sizeof(texts) / sizeof(texts[0])))
		snprintf(out, cap, "%s", texts[cause]);
	else
		snprintf(out, cap, "%d %s", cause, sip_reason_text(cause));
	return out;
}

static enum gateway_registration
state_of(const struct registrant *r)
{
	static const enum gateway_registration of[] = {
		[SIP_REGISTRATION_TRYING] = REGISTRATION_TRYING,
		[SIP_REGISTRATION_GOOD] = REGISTRATION_GOOD,
		[SIP_REGISTRATION_FAILED] = REGISTRATION_FAILED,
		[SIP_REGISTRATION_LEAVING] = REGISTRATION_LEAVING,
		[SIP_REGISTRATION_OVER] = REGISTRATION_NONE,
	};

	return of[r->registration.state];
}

/* Of a row that has gone another registrant may tell by now. */
void
registrant_publish(const struct registrant *r)
{
	const struct sip_registration *registration = &r->registration;
	struct gateway_state *state = r->gateway->state;
	time_us now = clock_wall(&r->worker->clock);
	int before;

	if (r->is_gone)
		return;
	before = atomic_exchange(&state->registration, (int)state_of(r));
	if (before != (int)state_of(r))
		atomic_store(&state->registration_since_us, now);
	atomic_store(&state->registration_cause, registration->cause);
	atomic_store(&state->registered_until_us,
		     registration->until_ms == 0
			 ? 0
			 : now + (registration->until_ms - clock_mono_ms(&r->worker->clock)) * 1000);
	atomic_store(&state->is_registered, registration->until_ms != 0);
}

void
registrant_log_good(struct registrant *r)
{
	if (r->is_told || r->registration.state != SIP_REGISTRATION_GOOD)
		return;
	r->is_told = true;
	log_info(r->worker->log,
		 "gateway %s: registered, aor=%s expires_s=%u",
		 r->gateway->name, r->gateway->enrolment.aor,
		 r->registration.granted_s);
}

void
registrant_log_failed(struct registrant *r)
{
	const struct sip_registration *registration = &r->registration;
	char cause[CAUSE_MAX];

	if (registration->state == SIP_REGISTRATION_OVER)
		return;
	r->is_told = registration->state == SIP_REGISTRATION_GOOD;
	log_warning(r->worker->log,
		    "gateway %s: %s, aor=%s cause=\"%s\" again_in_s=%lld",
		    r->gateway->name,
		    r->is_told ? "registration was not renewed"
			       : "not registered",
		    r->gateway->enrolment.aor,
		    registrant_cause_text(registration->cause, cause,
					  sizeof(cause)),
		    (long long)((registration->due_ms - clock_mono_ms(&r->worker->clock) + 999) /
				1000));
}

void
registrant_log_over(const struct registrant *r)
{
	char cause[CAUSE_MAX];

	log_info(r->worker->log,
		 "gateway %s: registration taken back, aor=%s cause=\"%s\"",
		 r->gateway->name, r->gateway->enrolment.aor,
		 registrant_cause_text(r->registration.cause, cause,
				       sizeof(cause)));
}
