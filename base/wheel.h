/*
 * wheel.h - a timer wheel that a libuv loop turns
 *
 * Many timers for one handle of the loop. Times are those of wheel_now_ms.
 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <uv.h>

#include "base/timers.h"

struct wheel {
	struct timers timers;
	uv_timer_t clock;
};

/* Monotonic; read from the system, not the loop's copy. */
static inline int64_t
wheel_now_ms(void)
{
	return (int64_t)(uv_hrtime() / 1000000);
}

void wheel_init(struct wheel *wheel, uv_loop_t *loop);
/* (Re)start: fires in a turn of the loop that begins after due_ms, and never
 * from in here. */
void wheel_start(struct wheel *wheel, struct timer *timer, int64_t due_ms);
void wheel_cancel(struct wheel *wheel, struct timer *timer);
/* No timer fires any more; closed is called with the handle, whose data is
 * data, once the loop has run again and the wheel may be freed. */
void wheel_close(struct wheel *wheel, uv_close_cb closed, void *data);

#endif
