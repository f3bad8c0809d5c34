/* loop.c - wake-ups between threads on a libuv loop */
#include "base/loop.h"

#include "base/alloc.h"
#include "base/err.h"

struct fifo {
	struct mail *first;
	struct mail **last; /* where the next one is hung */
};

struct mailbox {
	uv_async_t bell;
	uv_mutex_t lock; /* over posted */
	void *owner;
	struct fifo posted;
	struct fifo opening; /* of the loop's thread alone */
};

static void
fifo_init(struct fifo *fifo)
{
	fifo->first = NULL;
	fifo->last = &fifo->first;
}

/* Hang all of from behind all of to; from is empty then. */
static void
fifo_move(struct fifo *to, struct fifo *from)
{
	if (from->first == NULL)
		return;
	*to->last = from->first;
	to->last = from->last;
	fifo_init(from);
}

static struct mail *
fifo_pop(struct fifo *fifo)
{
	struct mail *mail = fifo->first;

	if (mail == NULL)
		return NULL;
	fifo->first = mail->next;
	if (fifo->first == NULL)
		fifo->last = &fifo->first;
	return mail;
}

/* Open what has been posted until now; what that posts waits its turn, so a
 * mail that posts itself again does not stop the loop. False when there was
 * none. */
static bool
open_posted(struct mailbox *mailbox)
{
	struct mail *mail;
	bool any = false;

	uv_mutex_lock(&mailbox->lock);
	fifo_move(&mailbox->opening, &mailbox->posted);
	uv_mutex_unlock(&mailbox->lock);
	while ((mail = fifo_pop(&mailbox->opening)) != NULL) {
		any = true;
		mail->open(mail, mailbox->owner);
	}
	return any;
}

static void
on_bell(uv_async_t *bell)
{
	open_posted(bell->data);
}

int
mailbox_new(uv_loop_t *loop, void *owner, struct mailbox **out)
{
	struct mailbox *mailbox = mem_zalloc(1, sizeof(*mailbox));
	int err;

	if (mailbox == NULL)
		return ERR_NOMEM;
	mailbox->owner = owner;
	fifo_init(&mailbox->posted);
	fifo_init(&mailbox->opening);
	err = uv_mutex_init(&mailbox->lock);
	if (err != 0)
		goto out_free;
	err = uv_async_init(loop, &mailbox->bell, on_bell);
	if (err != 0)
		goto out_lock;
	mailbox->bell.data = mailbox;
	*out = mailbox;
	return 0;

out_lock:
	uv_mutex_destroy(&mailbox->lock);
out_free:
	mem_free(mailbox);
	return err == UV_ENOMEM ? ERR_NOMEM : ERR_IO;
}

static void
on_closed(uv_handle_t *bell)
{
	struct mailbox *mailbox = bell->data;

	uv_mutex_destroy(&mailbox->lock);
	mem_free(mailbox);
}

void
mailbox_close(struct mailbox *mailbox)
{
	if (mailbox == NULL)
		return;
	while (open_posted(mailbox))
		;
	uv_close((uv_handle_t *)&mailbox->bell, on_closed);
}

void
mailbox_post(struct mailbox *mailbox, struct mail *mail)
{
	mail->next = NULL;
	uv_mutex_lock(&mailbox->lock);
	*mailbox->posted.last = mail;
	mailbox->posted.last = &mail->next;
	/* Under the lock: once mail can be opened, the box may be closed. */
	uv_async_send(&mailbox->bell);
	uv_mutex_unlock(&mailbox->lock);
}
