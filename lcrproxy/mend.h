/*
 * mend.h - when a journal has to be written again, or now at last
 *
 * What was committed into its front is written some milliseconds later. What could
 * not be written is tried again, also when nobody calls: what waits would never
 * be on record, and calls be refused for ever.
 */
#ifndef LCRPROXY_MEND_H
#define LCRPROXY_MEND_H

#include <stdbool.h>

#include <uv.h>

#include "acct/journal.h"

struct mend {
	uv_timer_t timer;
	bool is_soon; /* it runs for the front */
	struct journal *journal; /* borrowed */
};

/* In the thread of loop, where the journal belongs. */
void mend_init(struct mend *mend, uv_loop_t *loop, struct journal *journal);
/* At the end of a turn: write in a while, if there is need. */
void mend_arm(struct mend *mend);
void mend_close(struct mend *mend);

#endif
