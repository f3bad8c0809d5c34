/* ported.c - where the number of a call was ported to */
#include "lcrproxy/ported.h"

#include "base/buf.h"

/* Whose word on callers counts is also believed here. An account whose own
 * numbers are known is a customer, not a network. */
static bool
is_believed(struct worker *worker, const struct account *account)
{
	const struct number nobody = { .len = 0 };

	return account->trusted &&
	       snapshot_caller(worker->snapshot, account, &nobody) ==
		   CALLER_ANY;
}

static void
ask_table(struct worker *worker, struct call_intake *intake)
{
	char text[NUMBER_MAX + 2];
	struct number routing;
	struct wbuf w;

	if (!snapshot_ported(worker->snapshot, &intake->number, &routing))
		return;
	wbuf_init(&w, text, sizeof(text));
	wbuf_text(&w, "+");
	wbuf_text(&w, routing.digits);
	(void)porting_set(str_make(text, w.len), PORTING_TABLE,
			  &intake->porting);
	worker->counters.ported_calls++;
}

void
ported_find(struct worker *worker, struct call_intake *intake)
{
	struct str params = intake->dialled;

	if (intake->porting.source != PORTING_UNKNOWN)
		return;
	(void)str_cut(&params, ';');
	if (params.p != NULL && is_believed(worker, intake->account))
		(void)porting_parse(params, PORTING_REQUEST,
				    &intake->porting);
	if (intake->porting.source == PORTING_UNKNOWN)
		ask_table(worker, intake);
	else if (intake->porting.routing.len > 0)
		worker->counters.ported_calls++;
}
