/* mend.c - a journal that could not be written is tried again */
#include "lcrproxy/mend.h"

#define INTERVAL_MS 500

void
mend_init(struct mend *mend, uv_loop_t *loop, struct journal *journal)
{
	mend->journal = journal;
	uv_timer_init(loop, &mend->timer);
	mend->timer.data = mend;
}

static void
on_timer(uv_timer_t *timer)
{
	struct mend *mend = timer->data;

	journal_commit(mend->journal);
}

void
mend_arm(struct mend *mend)
{
	if (!uv_is_active((uv_handle_t *)&mend->timer) &&
	    journal_is_unsettled(mend->journal))
		uv_timer_start(&mend->timer, on_timer, INTERVAL_MS, 0);
}

void
mend_close(struct mend *mend)
{
	uv_close((uv_handle_t *)&mend->timer, NULL);
}
