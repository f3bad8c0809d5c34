/* test_loop.c - mail between threads */
#include "base/loop.h"

#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define N_SENDERS 4
#define N_MAILS 5000

/* The receiver of these tests. */
struct office {
	uv_loop_t loop;
	struct mailbox *box;
	unsigned order[16]; /* numbers of the letters as they were opened */
	size_t n_opened;
	unsigned next[N_SENDERS]; /* what each sender's next mail must be */
	size_t n_wrong, n_received;
	bool is_closed;
};

struct letter {
	struct mail mail;
	unsigned number;
	struct letter *reply; /* posted when this is opened */
	unsigned again;       /* how often it posts itself */
};

static bool
office_init(struct office *office)
{
	memset(office, 0, sizeof(*office));
	CHECK(uv_loop_init(&office->loop) == 0);
	if (OK(mailbox_new(&office->loop, office, &office->box)))
		return true;
	CHECK(uv_loop_close(&office->loop) == 0);
	return false;
}

static void
office_close(struct office *office)
{
	mailbox_close(office->box);
	office->is_closed = true;
}

/* Closing needs the loop once more; nothing may be left in it then. */
static void
office_fini(struct office *office)
{
	if (!office->is_closed)
		office_close(office);
	CHECK(uv_run(&office->loop, UV_RUN_DEFAULT) == 0);
	CHECK(uv_loop_close(&office->loop) == 0);
}

static void
open_letter(struct mail *mail, void *owner)
{
	struct letter *letter = (struct letter *)(void *)mail;
	struct office *office = owner;

	if (office->n_opened < 16)
		office->order[office->n_opened++] = letter->number;
	if (letter->reply != NULL)
		mailbox_post(office->box, &letter->reply->mail);
	if (letter->again > 0) {
		letter->again--;
		mailbox_post(office->box, &letter->mail);
	}
}

static void
close_office(struct mail *mail, void *owner)
{
	open_letter(mail, owner);
	office_close(owner);
}

static void
mail_is_opened_in_order(void)
{
	struct letter letters[5];
	struct office office;

	if (!office_init(&office))
		return;
	for (unsigned i = 0; i < 5; i++) {
		letters[i] =
		    (struct letter){ { NULL, open_letter }, i, NULL, 0 };
		mailbox_post(office.box, &letters[i].mail);
	}
	CHECK(office.n_opened == 0);
	uv_run(&office.loop, UV_RUN_NOWAIT);
	if (CHECK(office.n_opened == 5)) {
		for (unsigned i = 0; i < 5; i++)
			CHECK(office.order[i] == i);
	}
	mailbox_post(office.box, &letters[2].mail);
	uv_run(&office.loop, UV_RUN_ONCE);
	CHECK(office.n_opened == 6 && office.order[5] == 2);
	office_fini(&office);
}

static void
replies_wait_their_turn(void)
{
	struct letter reply = { { NULL, open_letter }, 9, NULL, 0 };
	struct letter first = { { NULL, open_letter }, 1, &reply, 0 };
	struct letter second = { { NULL, open_letter }, 2, NULL, 0 };
	struct office office;

	if (!office_init(&office))
		return;
	mailbox_post(office.box, &first.mail);
	mailbox_post(office.box, &second.mail);
	while (office.n_opened < 3)
		uv_run(&office.loop, UV_RUN_ONCE);
	CHECK(office.order[0] == 1 && office.order[1] == 2 &&
	      office.order[2] == 9);
	office_fini(&office);
}

static void
count_turn(uv_idle_t *idle)
{
	(*(unsigned *)idle->data)++;
}

/* One that posts itself again and again leaves the loop its turns. */
static void
the_loop_goes_on_beside_mail(void)
{
	struct letter letter = { { NULL, open_letter }, 1, NULL, 9 };
	struct office office;
	unsigned n_turns = 0;
	uv_idle_t idle;

	if (!office_init(&office))
		return;
	CHECK(uv_idle_init(&office.loop, &idle) == 0);
	idle.data = &n_turns;
	uv_idle_start(&idle, count_turn);
	mailbox_post(office.box, &letter.mail);
	while (office.n_opened < 10)
		uv_run(&office.loop, UV_RUN_ONCE);
	CHECK(n_turns >= 10);
	uv_close((uv_handle_t *)&idle, NULL);
	office_fini(&office);
}

static void
closing_opens_what_is_left(void)
{
	static const unsigned order[] = { 1, 2, 9, 1, 9, 1, 9 };
	struct letter reply = { { NULL, open_letter }, 9, NULL, 0 };
	struct letter first = { { NULL, open_letter }, 1, &reply, 2 };
	struct letter second = { { NULL, open_letter }, 2, NULL, 0 };
	struct office office;

	if (!office_init(&office))
		return;
	mailbox_post(office.box, &first.mail);
	mailbox_post(office.box, &second.mail);
	office_close(&office);
	CHECK(office.n_opened == N(order));
	CHECK(memcmp(office.order, order, sizeof(order)) == 0);
	office_fini(&office);
	mailbox_close(NULL);
}

static void
mail_may_close_its_box(void)
{
	struct letter first = { { NULL, close_office }, 1, NULL, 0 };
	struct letter second = { { NULL, open_letter }, 2, NULL, 0 };
	struct letter third = { { NULL, open_letter }, 3, NULL, 0 };
	struct office office;

	if (!office_init(&office))
		return;
	mailbox_post(office.box, &first.mail);
	mailbox_post(office.box, &second.mail);
	mailbox_post(office.box, &third.mail);
	CHECK(uv_run(&office.loop, UV_RUN_DEFAULT) == 0);
	CHECK(office.is_closed);
	if (CHECK(office.n_opened == 3))
		CHECK(office.order[0] == 1 && office.order[1] == 2 &&
		      office.order[2] == 3);
	office_fini(&office);
}

struct sender {
	pthread_t thread;
	struct office *office;
	unsigned id;
	struct parcel {
		struct mail mail;
		unsigned sender, number;
	} parcels[N_MAILS];
};

static void
open_parcel(struct mail *mail, void *owner)
{
	struct parcel *parcel = (struct parcel *)(void *)mail;
	struct office *office = owner;

	office->n_wrong += parcel->number != office->next[parcel->sender];
	office->next[parcel->sender]++;
	if (++office->n_received == (size_t)N_SENDERS * N_MAILS)
		office_close(office);
}

static void *
send_all(void *arg)
{
	struct sender *sender = arg;

	for (unsigned i = 0; i < N_MAILS; i++) {
		sender->parcels[i].mail.open = open_parcel;
		sender->parcels[i].sender = sender->id;
		sender->parcels[i].number = i;
		mailbox_post(sender->office->box, &sender->parcels[i].mail);
	}
	return NULL;
}

/* The box is closed, and gone, while the last sender may still be in post. */
static void
threads_post_without_loss(void)
{
	static struct sender senders[N_SENDERS];
	struct office office;

	if (!office_init(&office))
		return;
	for (unsigned i = 0; i < N_SENDERS; i++) {
		senders[i].office = &office;
		senders[i].id = i;
		CHECK(pthread_create(&senders[i].thread, NULL, send_all,
				     &senders[i]) == 0);
	}
	CHECK(uv_run(&office.loop, UV_RUN_DEFAULT) == 0);
	for (unsigned i = 0; i < N_SENDERS; i++)
		pthread_join(senders[i].thread, NULL);
	CHECK(office.n_received == (size_t)N_SENDERS * N_MAILS);
	CHECK(office.n_wrong == 0);
	office_fini(&office);
}

static const struct test tests[] = {
	{ "mail is opened in the loop, in the order it was posted",
	  mail_is_opened_in_order, false },
	{ "replies wait their turn", replies_wait_their_turn, false },
	{ "the loop goes on beside mail that posts itself",
	  the_loop_goes_on_beside_mail, false },
	{ "closing opens what is left", closing_opens_what_is_left, false },
	{ "mail may close the box it came in", mail_may_close_its_box, false },
	{ "threads post without loss and in order", threads_post_without_loss,
	  false },
};

const struct test_suite suite_loop = TEST_SUITE("loop", tests);
