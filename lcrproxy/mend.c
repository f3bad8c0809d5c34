/* mend.c - one timer for what waits in a journal */
#include "lcrproxy/mend.h"

#define AGAIN_MS 500
/* From the front into the segment: as many events as come together by then go
 * in one write, and whoever reads the journal sees them so much later. */
#define SOON_MS 20

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

	mend->is_soon = false;
	journal_write(mend->journal);
}

void
mend_arm(struct mend *mend)
{
	bool is_soon;

	if (mend->is_soon || !journal_is_unsettled(mend->journal))
		return;
	is_soon = journal_is_deferred(mend->journal);
	if (!is_soon && uv_is_active((uv_handle_t *)&mend->timer))
		return;
	mend->is_soon = is_soon;
	uv_timer_start(&mend->timer, on_timer, is_soon ? SOON_MS : AGAIN_MS, 0);
}

void
mend_close(struct mend *mend)
{
	uv_close((uv_handle_t *)&mend->timer, NULL);
}
