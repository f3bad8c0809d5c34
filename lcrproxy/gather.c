/* gather.c - one mail out and one mail home per worker */
#include "lcrproxy/gather.h"

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/settings.h"
#include "lcrproxy/worker.h"

struct question {
	struct mail mail; /* first; there, and then home */
	struct gather *gather;
	void *answer;
};

struct gather {
	struct mailbox *home;
	gather_ask *ask;
	gather_done *done;
	void *arg;
	int n, missing;
	struct question questions[];
};

static void
finish(struct gather *gather)
{
	void *answers[SETTINGS_MAX_WORKERS];

	for (int i = 0; i < gather->n; i++)
		answers[i] = gather->questions[i].answer;
	gather->done(gather->arg, answers, gather->n);
	mem_free(gather);
}

static void
open_home(struct mail *mail, void *owner)
{
	struct question *question = (struct question *)(void *)mail;
	struct gather *gather = question->gather;

	(void)owner;
	gather->missing--;
	if (gather->missing == 0)
		finish(gather);
}

static void
open_there(struct mail *mail, void *owner)
{
	struct question *question = (struct question *)(void *)mail;
	struct gather *gather = question->gather;

	question->answer = gather->ask(owner, gather->arg);
	mail->open = open_home;
	mailbox_post(gather->home, mail);
}

int
gather_start(struct node *node, struct mailbox *home, gather_ask *ask,
	     gather_done *done, void *arg)
{
	size_t n = (size_t)node->n_workers;
	struct gather *gather =
	    mem_zalloc(1, sizeof(*gather) + n * sizeof(gather->questions[0]));

	if (gather == NULL)
		return ERR_NOMEM;
	gather->home = home;
	gather->ask = ask;
	gather->done = done;
	gather->arg = arg;
	gather->n = gather->missing = node->n_workers;
	for (int i = 0; i < gather->n; i++) {
		struct question *question = &gather->questions[i];

		question->gather = gather;
		question->mail.open = open_there;
		worker_post(node->workers[i], &question->mail);
	}
	return 0;
}
