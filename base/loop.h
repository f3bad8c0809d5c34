/*
 * loop.h - wake-ups between threads on a libuv loop
 *
 * Asynchronous calls of the project follow one rule: a start function gives a
 * handle; its callback fires exactly once and never before start returned;
 * after cancel it never fires.
 *
 * A mailbox carries messages from any thread into the thread of one loop. The
 * call path uses rings (ring.h) and a bell; mailboxes are for control.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <uv.h>

#include <stdbool.h>

/* Something to say to another thread; a member of the sender's struct. */
struct mail {
	struct mail *next;
	void (*open)(struct mail *mail, void *owner); /* in the receiver */
};

struct mailbox;

/* owner is handed to every open(). Made and freed in the loop's thread: 0,
 * ERR_NOMEM or ERR_IO. */
int mailbox_new(uv_loop_t *loop, void *owner, struct mailbox **out);
/* Opens what is left, then frees once the loop has run again. Nobody may post
 * from here on. NULL is accepted. */
void mailbox_close(struct mailbox *mailbox);
/* From any thread; takes over mail until open() is called with it. Mail is
 * opened in the order it was posted. */
void mailbox_post(struct mailbox *mailbox, struct mail *mail);

#endif
