/* test_registration.c - the life of a registration, by a fake clock */
#include "sip/registration.h"

#include <stddef.h>

#include "tests/unit/harness.h"

#define S 1000
#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct sip_registration_rules rules = { 3600, 30, 1800 };

static enum sip_registration_step
answer(struct sip_registration *r, int status, int64_t now_ms)
{
	const struct sip_registration_answer a = { .status = status };

	(void)sip_registration_sent(r);
	return sip_registration_answered(r, &a, now_ms, 0);
}

static enum sip_registration_step
grant(struct sip_registration *r, uint32_t granted_s, int64_t now_ms,
      uint32_t chance)
{
	const struct sip_registration_answer a = { .status = 200,
						   .granted_s = granted_s };

	(void)sip_registration_sent(r);
	return sip_registration_answered(r, &a, now_ms, chance);
}

static const struct {
	const char *what;
	uint32_t granted_s;
	int64_t least_s, most_s;
} refreshes[] = {
	{ "an hour: 600 s before its end", 3600, 2700, 3000 },
	{ "twenty minutes likewise", 1200, 540, 600 },
	{ "less: at half time", 1199, 540, 600 },
	{ "a minute", 60, 27, 30 },
	{ "a second", 1, 0, 1 },
	{ "more than there is: a week", UINT32_MAX, 543780, 604200 },
};

static void
refreshed_in_time(void)
{
	static const uint32_t chances[] = { 0, 1, 50, 99, 100, 101, 12345,
					    UINT32_MAX };

	for (size_t i = 0; i < N_ROWS(refreshes); i++) {
		for (size_t k = 0; k < N_ROWS(chances); k++) {
			struct sip_registration r;

			test_row(refreshes[i].what);
			sip_registration_init(&r, &rules, 5 * S);
			CHECK(!sip_registration_is_due(&r, 5 * S - 1));
			CHECK(sip_registration_is_due(&r, 5 * S));
			CHECK(grant(&r, refreshes[i].granted_s, 10 * S,
				    chances[k]) == SIP_REGISTRATION_WAIT);
			CHECK(r.state == SIP_REGISTRATION_GOOD);
			CHECK(r.due_ms >= (10 + refreshes[i].least_s) * S &&
			      r.due_ms <= (10 + refreshes[i].most_s) * S);
			CHECK(r.due_ms < r.until_ms || r.granted_s <= 1);
			CHECK(!sip_registration_lapses(&r, r.until_ms - 1));
			CHECK(sip_registration_lapses(&r, r.until_ms));
			CHECK(r.state == SIP_REGISTRATION_FAILED &&
			      r.cause == SIP_REGISTRATION_LAPSED);
		}
	}
}

/* The pause after each failure in a row, with the least chance. */
static void
pauses_grow(void)
{
	static const struct {
		const char *what;
		int cause;
		int64_t pauses_s[6];
	} rows[] = {
		{ "silence", SIP_REGISTRATION_SILENT,
		  { 15, 30, 60, 120, 240, 480 } },
		{ "no connection", SIP_REGISTRATION_UNSENT,
		  { 15, 30, 60, 120, 240, 480 } },
		{ "a failure of theirs", 500, { 15, 30, 60, 120, 240, 480 } },
		{ "unavailable", 480, { 15, 30, 60, 120, 240, 480 } },
		{ "a refusal", 403, { 30, 120, 480, 900, 900, 900 } },
		{ "credentials", 401, { 30, 120, 480, 900, 900, 900 } },
		{ "everywhere", 603, { 30, 120, 480, 900, 900, 900 } },
		{ "a redirection is not followed", 302,
		  { 15, 30, 60, 120, 240, 480 } },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct sip_registration r;
		int64_t now = S;

		test_row(rows[i].what);
		sip_registration_init(&r, &rules, now);
		for (size_t k = 0; k < N_ROWS(rows[i].pauses_s); k++) {
			CHECK(answer(&r, rows[i].cause, now) ==
			      SIP_REGISTRATION_WAIT);
			CHECK(r.state == SIP_REGISTRATION_FAILED &&
			      r.cause == rows[i].cause);
			CHECK(r.due_ms == now + rows[i].pauses_s[k] * S);
			CHECK(!sip_registration_is_due(&r, r.due_ms - 1));
			now = r.due_ms;
		}
		CHECK(grant(&r, 60, now, 0) == SIP_REGISTRATION_WAIT &&
		      r.n_failed == 0 && r.cause == SIP_REGISTRATION_NO_CAUSE);
	}
}

static void
drawn_by_chance(void)
{
	int64_t least = INT64_MAX, most = 0;

	for (uint32_t chance = 0; chance < 2000; chance++) {
		const struct sip_registration_answer a = { .status = 500 };
		struct sip_registration r;

		sip_registration_init(&r, &rules, 0);
		(void)sip_registration_sent(&r);
		(void)sip_registration_answered(&r, &a, 0, chance);
		least = r.due_ms < least ? r.due_ms : least;
		most = r.due_ms > most ? r.due_ms : most;
	}
	CHECK(least == 15 * S && most == 30 * S);
}

static void
retry_after(void)
{
	const struct sip_registration_answer late = { .status = 503,
						      .retry_after_s = 300 };
	const struct sip_registration_answer soon = { .status = 503,
						      .retry_after_s = 1 };
	struct sip_registration r;

	sip_registration_init(&r, &rules, 0);
	(void)sip_registration_sent(&r);
	(void)sip_registration_answered(&r, &late, 0, 0);
	CHECK(r.due_ms == 300 * S);
	(void)sip_registration_sent(&r);
	(void)sip_registration_answered(&r, &soon, 300 * S, 0);
	CHECK(r.due_ms == 330 * S); /* its own pause is longer */
}

static void
challenged(void)
{
	struct sip_registration_answer a = { .status = 401,
					     .is_answerable = true };
	struct sip_registration r;

	sip_registration_init(&r, &rules, 0);
	(void)sip_registration_sent(&r);
	CHECK(sip_registration_answered(&r, &a, 0, 0) ==
	      SIP_REGISTRATION_SEND);
	(void)sip_registration_sent(&r);
	CHECK(sip_registration_answered(&r, &a, 0, 0) ==
		  SIP_REGISTRATION_WAIT &&
	      r.state == SIP_REGISTRATION_FAILED);
	/* old nonces */
	a.may_help = true;
	a.status = 407;
	for (int i = 0; i < 3; i++) {
		(void)sip_registration_sent(&r);
		CHECK(sip_registration_answered(&r, &a, 0, 0) ==
		      SIP_REGISTRATION_SEND);
	}
	(void)sip_registration_sent(&r);
	CHECK(sip_registration_answered(&r, &a, 0, 0) ==
	      SIP_REGISTRATION_WAIT);
	/* the next round may answer again; not what it has no answer to */
	(void)sip_registration_sent(&r);
	CHECK(sip_registration_answered(&r, &a, 0, 0) ==
	      SIP_REGISTRATION_SEND);
	a.is_answerable = false;
	(void)sip_registration_sent(&r);
	CHECK(sip_registration_answered(&r, &a, 0, 0) ==
	      SIP_REGISTRATION_WAIT);
}

static void
too_brief(void)
{
	static const struct {
		const char *what;
		uint32_t min_s;
		enum sip_registration_step step;
	} rows[] = {
		{ "longer", 7200, SIP_REGISTRATION_SEND },
		{ "the longest", SIP_REGISTRATION_MAX_S, SIP_REGISTRATION_SEND },
		{ "too long", SIP_REGISTRATION_MAX_S + 1,
		  SIP_REGISTRATION_WAIT },
		{ "what was asked for", 3600, SIP_REGISTRATION_WAIT },
		{ "nothing", 0, SIP_REGISTRATION_WAIT },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		const struct sip_registration_answer a = {
			.status = 423, .min_expires_s = rows[i].min_s
		}, more = { .status = 423, .min_expires_s = rows[i].min_s + 1 };
		struct sip_registration r;

		test_row(rows[i].what);
		sip_registration_init(&r, &rules, 0);
		CHECK(sip_registration_sent(&r) == 3600);
		CHECK(sip_registration_answered(&r, &a, 0, 0) ==
		      rows[i].step);
		CHECK(sip_registration_sent(&r) ==
		      (rows[i].step == SIP_REGISTRATION_SEND ? rows[i].min_s
							     : 3600));
		if (rows[i].step == SIP_REGISTRATION_SEND)
			CHECK(sip_registration_answered(&r, &more, 0, 0) ==
			      SIP_REGISTRATION_WAIT);
	}
}

static void
elsewhere(void)
{
	static const struct {
		int status;
		bool goes_on;
	} rows[] = {
		{ SIP_REGISTRATION_SILENT, true },
		{ SIP_REGISTRATION_UNSENT, true },
		{ 408, true }, { 503, true },
		{ 500, false }, { 403, false }, { 302, false }, { 600, false },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct sip_registration_answer a = { .status = rows[i].status,
						     .has_more_places = true };
		struct sip_registration r;

		sip_registration_init(&r, &rules, 0);
		(void)sip_registration_sent(&r);
		CHECK((sip_registration_answered(&r, &a, 0, 0) ==
		       SIP_REGISTRATION_ELSEWHERE) == rows[i].goes_on);
		a.has_more_places = false;
		(void)sip_registration_sent(&r);
		CHECK(sip_registration_answered(&r, &a, 0, 0) ==
		      SIP_REGISTRATION_WAIT);
	}
}

static void
failed_refreshes(void)
{
	struct sip_registration r;

	sip_registration_init(&r, &rules, 0);
	(void)grant(&r, 600, 0, 0);
	CHECK(answer(&r, 500, 270 * S) == SIP_REGISTRATION_WAIT);
	CHECK(r.state == SIP_REGISTRATION_GOOD && r.cause == 500 &&
	      r.due_ms == 285 * S);
	CHECK(!sip_registration_lapses(&r, 599 * S));
	CHECK(sip_registration_lapses(&r, 600 * S) && r.cause == 500 &&
	      r.state == SIP_REGISTRATION_FAILED);
	CHECK(!sip_registration_lapses(&r, 601 * S));
	/* the registrar has taken the Contact away */
	(void)grant(&r, 600, 700 * S, 0);
	CHECK(grant(&r, 0, 701 * S, 0) == SIP_REGISTRATION_WAIT);
	CHECK(r.state == SIP_REGISTRATION_FAILED && r.until_ms == 0 &&
	      r.cause == SIP_REGISTRATION_UNBOUND);
}

static void
lost_connections(void)
{
	struct sip_registration r;

	sip_registration_init(&r, &rules, 0);
	sip_registration_lost(&r, 0, 0);
	CHECK(r.due_ms == 0 && r.n_lost == 0);
	(void)grant(&r, 3600, 0, 0);
	sip_registration_lost(&r, 100 * S, 500);
	CHECK(r.due_ms >= 100 * S && r.due_ms <= 102 * S);
	(void)grant(&r, 3600, 102 * S, 0);
	sip_registration_lost(&r, 103 * S, 0);
	CHECK(r.due_ms == 118 * S);
	(void)grant(&r, 3600, 118 * S, 0);
	sip_registration_lost(&r, 119 * S, 0);
	CHECK(r.due_ms == 149 * S);
	/* long after that it is new again */
	(void)grant(&r, 3600, 149 * S, 0);
	sip_registration_lost(&r, 149 * S + 3601 * S, 0);
	CHECK(r.due_ms <= 149 * S + 3603 * S);
	/* never later than the refresh */
	(void)grant(&r, 2, 4000 * S, 0);
	sip_registration_lost(&r, 4000 * S, 1000);
	CHECK(r.due_ms <= 4001 * S);
}

static void
taken_back(void)
{
	struct sip_registration_answer a = { .status = 401,
					     .is_answerable = true };
	struct sip_registration r;

	/* nothing to take back */
	sip_registration_init(&r, &rules, 0);
	CHECK(sip_registration_leave(&r, S) == SIP_REGISTRATION_END);
	CHECK(!sip_registration_is_due(&r, 10 * S));
	/* challenged; a new nonce */
	sip_registration_init(&r, &rules, 0);
	(void)grant(&r, 3600, 0, 0);
	CHECK(sip_registration_leave(&r, S) == SIP_REGISTRATION_WAIT);
	CHECK(sip_registration_is_due(&r, S));
	CHECK(sip_registration_sent(&r) == 0);
	CHECK(sip_registration_answered(&r, &a, S, 0) ==
	      SIP_REGISTRATION_SEND);
	CHECK(sip_registration_sent(&r) == 0);
	a.status = 200;
	CHECK(sip_registration_answered(&r, &a, S, 0) ==
		  SIP_REGISTRATION_END &&
	      r.state == SIP_REGISTRATION_OVER);
	/* nobody answers that */
	sip_registration_init(&r, &rules, 0);
	(void)grant(&r, 3600, 0, 0);
	(void)sip_registration_leave(&r, S);
	CHECK(answer(&r, SIP_REGISTRATION_SILENT, 33 * S) ==
	      SIP_REGISTRATION_END);
}

/* While another one is on its way nothing is sent (10.2). */
static void
taken_back_meanwhile(void)
{
	static const struct {
		const char *what;
		int status;
		bool is_asked; /* once more, to take it back */
	} rows[] = {
		{ "it is taken", 200, true },
		{ "silence may be success", SIP_REGISTRATION_SILENT, true },
		{ "a refusal is none", 403, false },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		const struct sip_registration_answer a = {
			.status = rows[i].status, .granted_s = 60
		};
		struct sip_registration r;

		test_row(rows[i].what);
		sip_registration_init(&r, &rules, 0);
		CHECK(sip_registration_sent(&r) == 3600);
		CHECK(sip_registration_leave(&r, S) == SIP_REGISTRATION_WAIT);
		CHECK(!sip_registration_is_due(&r, S));
		(void)sip_registration_answered(&r, &a, 2 * S, 0);
		CHECK(sip_registration_is_due(&r, 2 * S) == rows[i].is_asked);
		if (rows[i].is_asked)
			CHECK(sip_registration_sent(&r) == 0);
		else
			CHECK(r.state == SIP_REGISTRATION_OVER);
	}
}

static const struct test tests[] = {
	{ "a refresh comes before the end", refreshed_in_time, true },
	{ "pauses grow, faster after refusals", pauses_grow, true },
	{ "pauses are drawn by chance", drawn_by_chance, true },
	{ "Retry-After is waited for", retry_after, true },
	{ "challenges are answered once, old nonces a few times", challenged,
	  true },
	{ "423 is heeded once in a round", too_brief, true },
	{ "silence and 503 lead to the next place", elsewhere, true },
	{ "a failed refresh leaves what there is", failed_refreshes, true },
	{ "lost connections are made good, later and later", lost_connections,
	  true },
	{ "a registration is taken back once", taken_back, true },
	{ "one at a time, also at the end", taken_back_meanwhile, true },
};

const struct test_suite suite_registration =
    TEST_SUITE("registration", tests);
