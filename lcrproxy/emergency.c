/* emergency.c - emergency numbers as they are dialled, and their plans */
#include "lcrproxy/emergency.h"

#include <stdatomic.h>
#include <string.h>

#include "base/err.h"

/* The digits of a dialled string up to its parameters; false when there is
 * anything else in it, or too much. */
static bool
read_digits(struct str user, char out[EMERGENCY_DIGITS_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < user.len && user.p[i] != ';'; i++) {
		if (memchr("-.()", user.p[i], 4) != NULL)
			continue;
		if (user.p[i] < '0' || user.p[i] > '9' ||
		    n == EMERGENCY_DIGITS_MAX)
			return false;
		out[n++] = user.p[i];
	}
	out[n] = '\0';
	return n > 0;
}

static bool
is_usable(const struct gateway *gateway)
{
	return gateway->enabled && !atomic_load(&gateway->state->disabled);
}

static bool
is_of(const struct emergency *row, const struct account *account)
{
	return row->country_code[0] == '\0' ||
	       strcmp(row->country_code, account->plan.country_code) == 0;
}

/* Those in service first: one that is not is better than nobody. */
static size_t
fill(const struct snapshot *snapshot, const struct account *account,
     const struct emergency *rows, size_t n, struct plan_candidate *out)
{
	size_t n_hops = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n && n_hops < PLAN_MAX_HOPS; i++) {
			const struct gateway *gateway =
			    snapshot_gateway(snapshot, rows[i].gateway);

			if (!is_of(&rows[i], account) ||
			    is_usable(gateway) != (pass == 0))
				continue;
			out[n_hops++] = (struct plan_candidate){
				.gateway = gateway,
				.carrier = snapshot_carrier(snapshot,
							    gateway->carrier),
			};
		}
	}
	return n_hops;
}

bool
emergency_plan(struct worker *worker, struct call_intake *intake,
	       struct str user, struct plan *plan)
{
	char digits[EMERGENCY_DIGITS_MAX + 1];
	struct plan_candidate *candidates;
	const struct emergency *rows;
	enum number_form form;
	size_t n;

	if (!read_digits(user, digits))
		return false;
	rows = snapshot_emergencies(worker->snapshot, str_of(digits), &n);
	if (rows == NULL)
		return false;
	candidates = arena_alloc(&worker->arena,
				 PLAN_MAX_HOPS * sizeof(*candidates));
	if (candidates == NULL)
		return false;
	n = fill(worker->snapshot, intake->account, rows, n, candidates);
	if (n == 0)
		return false;
	*plan = (struct plan){ .candidates = candidates,
			       .n_candidates = n,
			       .n_hops = n,
			       .currency = "" };
	if (number_normalise(&intake->account->plan, user, &intake->number,
			     &form) != 0)
		intake->number = (struct number){ .len = 0 };
	intake->national = true;
	memcpy(intake->emergency, digits, sizeof(digits));
	return true;
}

int
emergency_user(const struct gateway *gateway, const char *digits, char *out,
	       size_t cap)
{
	const struct dial_plan no_plan = { .country_code = "" };
	struct gateway bare = *gateway;
	struct number number;

	bare.strip = 0; /* it strips country codes */
	bare.format = FORMAT_DIGITS;
	number_parse(str_of(digits), &number);
	return plan_gateway_user(&bare, &no_plan, &number, NULL, out, cap);
}
