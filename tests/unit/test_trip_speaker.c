/* test_trip_speaker.c - speakers joined by socket pairs, time by hand */
#include "trip/speaker.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/unit/trip_help.h"
#include "trip/session.h"

struct node {
	struct trip_settings settings;
	struct trip_speaker *speaker;
	bool has_settings;
};

static struct {
	uv_loop_t loop;
	struct clock clock;
	struct node a, b;
	int n_changes, n_states;
} lab;

static void
on_change(void *arg, enum trip_change_kind kind, const struct trip_view *view)
{
	(void)arg;
	(void)kind;
	(void)view;
	lab.n_changes++;
}

static void
on_state(void *arg, const struct trip_peer *peer, enum trip_state before)
{
	(void)arg;
	(void)peer;
	(void)before;
	lab.n_states++;
}

static bool
make(struct node *node, const char *text)
{
	const struct trip_speaker_events events = { .on_change = on_change,
						    .on_state = on_state };
	struct conf_errors errors;
	int err = conf_read_text("unit", text, &trip_settings_table,
				 &node->settings, &errors);

	conf_errors_fini(&errors);
	node->speaker = NULL;
	node->has_settings = err == 0;
	return OK(err) &&
	       OK(trip_speaker_new(&lab.loop, &node->settings, &lab.clock,
				   NULL, &events, &node->speaker)) &&
	       OK(trip_speaker_start(node->speaker));
}

static void
turn(int n, int64_t ms)
{
	for (int i = 0; i < n; i++) {
		clock_advance_us(&lab.clock, ms * US_PER_MS);
		uv_run(&lab.loop, UV_RUN_NOWAIT);
	}
}

static void
end(struct node *node)
{
	if (node->speaker != NULL)
		trip_speaker_stop(node->speaker, NULL, NULL);
	for (int i = 0; i < 1000 && uv_loop_alive(&lab.loop); i++)
		turn(1, 10);
	if (node->has_settings)
		conf_free(&trip_settings_table, &node->settings);
	node->has_settings = false;
}

static struct trip_peer *
only_peer(struct node *node)
{
	return node->speaker->peers[0];
}

/* Both believe that the other one has connected. */
static bool
join(struct node *a, struct node *b)
{
	struct node *nodes[] = { a, b };
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		return CHECK(false);
	for (int i = 0; i < 2; i++) {
		struct trip_peer *peer = only_peer(nodes[i]);
		struct trip_conn *conn;

		if (!OK(trip_conn_adopt(&lab.loop, fds[i], &peer->addr,
					&conn))) {
			close(fds[i]);
			if (i == 0)
				close(fds[1]);
			return false;
		}
		trip_session_accept(peer, conn);
	}
	turn(8, 1);
	return true;
}

#define A_HEAD "itad = 301; id = \"192.0.2.1\"; "
#define B_HEAD "itad = 302; id = \"192.0.2.2\"; "
#define TO_B                                                                  \
	"peers = ( { address = \"192.0.2.2\"; itad = 302; passive = true; } );"
#define TO_A                                                                  \
	"peers = ( { address = \"192.0.2.1\"; itad = 301; passive = true; } );"

static bool
begin(const char *a, const char *b)
{
	memset(&lab, 0, sizeof(lab));
	clock_init_fake(&lab.clock, 1);
	uv_loop_init(&lab.loop);
	signal(SIGPIPE, SIG_IGN);
	return make(&lab.a, a) && make(&lab.b, b) && join(&lab.a, &lab.b);
}

static void
finish(void)
{
	end(&lab.a);
	end(&lab.b);
	CHECK(uv_loop_close(&lab.loop) == 0);
}

static struct trip_peer_info
info_of(struct node *node)
{
	struct trip_peer_info info;

	trip_peer_info(only_peer(node), &info);
	return info;
}

static bool
set(struct node *node, const char *digits)
{
	static struct trip_draft draft;
	struct trip_prefix prefix = { TRIP_AF_E164, TRIP_APP_SIP,
				      str_of(digits) };

	trip_draft_init(&draft);
	CHECK(trip_draft_set(&draft, 0, TRIP_NEXT_HOP,
			     str_make("\0\0\1\55\0\5a.net", 11)));
	return OK(trip_rib_set(trip_speaker_rib(node->speaker), &prefix,
			       &draft));
}

static void
test_routes(void)
{
	struct trip_prefix number = { TRIP_AF_E164, TRIP_APP_SIP,
				      str_of("4930") };
	struct trip_view view;
	struct addr addr;

	if (!begin(A_HEAD TO_B, B_HEAD TO_A))
		goto out;
	CHECK(info_of(&lab.a).state == TRIP_ESTABLISHED);
	CHECK(info_of(&lab.b).state == TRIP_ESTABLISHED);
	CHECK(info_of(&lab.a).hold_s == 90 && info_of(&lab.a).id == 0xC0000202);
	if (!set(&lab.a, "49"))
		goto out;
	turn(6, 1);
	if (OK(trip_rib_lookup(trip_speaker_rib(lab.b.speaker), &number,
			       &view)))
		CHECK(trip_peer_of(view.peer) == only_peer(&lab.b));
	CHECK(lab.n_changes == 2);
	CHECK(info_of(&lab.a).out_updates == 1);
	CHECK(info_of(&lab.b).in_updates == 1);
	CHECK(info_of(&lab.b).routes.n_routes == 1);
	CHECK(addr_parse_ip(str_of("192.0.2.2"), &addr) == 0);
	CHECK(trip_speaker_find_peer(lab.a.speaker, &addr) ==
	      only_peer(&lab.a));
	CHECK(trip_speaker_find_peer(lab.b.speaker, &addr) == NULL);
out:
	finish();
}

/* Keepalives hold the session; without them it ends with 4/0. */
static void
test_timers(void)
{
	if (!begin(A_HEAD "timers = { hold_s = 30; }; " TO_B, B_HEAD TO_A))
		goto out;
	CHECK(info_of(&lab.b).hold_s == 30);
	turn(200, 1000);
	CHECK(info_of(&lab.a).state == TRIP_ESTABLISHED);
	/* 200 s in steps of 7.5 to 10 s */
	CHECK(info_of(&lab.a).out_messages >= 18 &&
	      info_of(&lab.a).out_messages <= 32);
	/* b's voice is gone */
	timer_cancel(&lab.b.speaker->timers, &only_peer(&lab.b)->session.keepalive);
	turn(19, 1000);
	CHECK(info_of(&lab.a).state == TRIP_ESTABLISHED);
	turn(12, 1000);
	CHECK(info_of(&lab.a).state != TRIP_ESTABLISHED);
	CHECK(info_of(&lab.a).last_error_code == TRIP_ERR_HOLD);
	CHECK(info_of(&lab.b).last_error_code == TRIP_ERR_HOLD);
	CHECK(!info_of(&lab.b).last_error_is_sent);
out:
	finish();
}

static void
test_hold_zero(void)
{
	if (!begin(A_HEAD "timers = { hold_s = 0; }; " TO_B, B_HEAD TO_A))
		goto out;
	turn(20, 100000);
	CHECK(info_of(&lab.a).state == TRIP_ESTABLISHED);
	CHECK(info_of(&lab.a).out_messages == 2); /* OPEN and KEEPALIVE */
out:
	finish();
}

/* 60 s, then twice as long each time; a session that lasted begins anew. */
static void
test_back_off(void)
{
	if (!begin(A_HEAD TO_B, B_HEAD TO_A))
		goto out;
	trip_peer_stop(only_peer(&lab.b));
	turn(5, 1);
	CHECK(info_of(&lab.a).state == TRIP_IDLE);
	CHECK(info_of(&lab.a).last_error_code == TRIP_ERR_CEASE);
	CHECK(info_of(&lab.a).restart_ms > 59000);
	turn(61, 1000);
	CHECK(info_of(&lab.a).state == TRIP_ACTIVE);
	trip_peer_start(only_peer(&lab.b));
	if (!join(&lab.a, &lab.b))
		goto out;
	CHECK(info_of(&lab.a).state == TRIP_ESTABLISHED);
	trip_peer_stop(only_peer(&lab.b));
	turn(5, 1);
	CHECK(info_of(&lab.a).restart_ms > 119000);
	turn(121, 1000);
	trip_peer_start(only_peer(&lab.b));
	if (!join(&lab.a, &lab.b))
		goto out;
	turn(260, 1000);
	CHECK(info_of(&lab.a).state == TRIP_ESTABLISHED);
	trip_peer_reset(only_peer(&lab.a));
	CHECK(info_of(&lab.a).state == TRIP_ACTIVE);
	turn(5, 1);
	CHECK(info_of(&lab.b).state == TRIP_IDLE);
	CHECK(info_of(&lab.b).restart_ms > 59000 &&
	      info_of(&lab.b).restart_ms <= 60000);
out:
	finish();
}

static void
test_mismatch(void)
{
	static const struct {
		const char *what, *a, *b;
		int subcode;
	} rows[] = {
		{ "an ITAD that is not expected", A_HEAD TO_B,
		  "itad = 303; id = \"192.0.2.2\"; " TO_A, TRIP_BAD_ITAD },
		{ "two that only receive", A_HEAD "mode = \"receive-only\"; " TO_B,
		  B_HEAD "mode = \"receive-only\"; " TO_A,
		  TRIP_CAPABILITY_MISMATCH },
		{ "a gateway of several kinds",
		  A_HEAD "peers = ( { address = \"192.0.2.2\"; itad = 302; "
			 "tgrep = true; passive = true; } );",
		  B_HEAD "gateway = true; route_types = [ \"e164\", "
			 "\"carrier\" ]; " TO_A,
		  TRIP_BAD_CAPABILITY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		if (begin(rows[i].a, rows[i].b)) {
			struct trip_peer_info info = info_of(&lab.a);

			CHECK(info.state == TRIP_IDLE);
			CHECK(info.last_error_code == TRIP_ERR_OPEN);
			CHECK(info.last_error_subcode == rows[i].subcode);
		}
		finish();
	}
}

static void
note(void *arg, const char *address, const char *what)
{
	char *text = arg;

	strcat(strcat(strcat(strcat(text, address), " "), what), "; ");
}

/* Other settings for node; true when it has them. */
static bool
reload(struct node *node, const char *text, char *told)
{
	struct trip_settings before = node->settings;
	struct conf_errors errors;
	int err = conf_read_text("unit", text, &trip_settings_table,
				 &node->settings, &errors);

	told[0] = '\0';
	conf_errors_fini(&errors);
	if (err == 0)
		err = trip_speaker_reload(node->speaker, &before,
					  &node->settings, note, told);
	if (!OK(err)) {
		if (node->settings.id != NULL)
			conf_free(&trip_settings_table, &node->settings);
		node->settings = before;
		return false;
	}
	conf_free(&trip_settings_table, &before);
	return true;
}

#define OTHER "{ address = \"192.0.2.9\"; itad = 309; passive = true; }"
#define B_PEER(more)                                                          \
	"{ address = \"192.0.2.2\"; itad = 302; passive = true; " more "}"

static void
test_reload(void)
{
	struct trip_prefix number = { TRIP_AF_E164, TRIP_APP_SIP,
				      str_of("4930") };
	struct trip_view view;
	char told[256];

	if (!begin(A_HEAD TO_B, B_HEAD TO_A) || !set(&lab.b, "49"))
		goto out;
	turn(6, 1);
	if (!reload(&lab.a,
		    A_HEAD "peers = ( " OTHER ", "
			   B_PEER("max_prefixes = 3; ") " );",
		    told) ||
	    test_starved())
		goto out;
	CHECK(strcmp(told, "192.0.2.9 added; 192.0.2.2 changed; ") == 0);
	CHECK(lab.a.speaker->n_peers == 2);
	CHECK(lab.a.speaker->peers[1]->session.state == TRIP_ESTABLISHED);
	CHECK(trip_rib_lookup(trip_speaker_rib(lab.a.speaker), &number,
			      &view) == 0);
	if (!reload(&lab.a, A_HEAD "peers = ( " B_PEER("aggregate = true; ") " );",
		    told) ||
	    test_starved())
		goto out;
	CHECK(strcmp(told, "192.0.2.9 removed; 192.0.2.2 changed, its session "
			   "begins anew; ") == 0);
	CHECK(only_peer(&lab.a)->session.state == TRIP_ACTIVE);
	CHECK(info_of(&lab.a).last_error_code == TRIP_ERR_CEASE);
	CHECK(trip_rib_lookup(trip_speaker_rib(lab.a.speaker), &number,
			      &view) != 0);
	if (!reload(&lab.a, A_HEAD, told))
		goto out;
	CHECK(strcmp(told, "192.0.2.2 removed; ") == 0);
	CHECK(lab.a.speaker->n_peers == 0);
out:
	finish();
}

/* 10.3.3.3: one factor from 0.75 to 1 for all timers of a speaker. */
static void
test_jitter(void)
{
	unsigned least = 1000, most = 0;

	for (int i = 0; i < 20; i++) {
		if (begin(A_HEAD "timers = { hold_s = 30; }; " TO_B,
			  B_HEAD TO_A)) {
			unsigned jitter = lab.a.speaker->jitter;
			const struct timer *keepalive =
			    &only_peer(&lab.a)->session.keepalive;
			int64_t in_ms =
			    keepalive->due_ms - clock_mono_ms(&lab.clock);

			CHECK(jitter >= 750 && jitter <= 1000);
			CHECK(in_ms > 10 * jitter - 20 && in_ms <= 10 * jitter);
			least = jitter < least ? jitter : least;
			most = jitter > most ? jitter : most;
		}
		finish();
	}
	CHECK(least < most);
}

static const struct test tests[] = {
	{ "timers are shortened, and not all alike", test_jitter, false },
	{ "other settings while it runs", test_reload, false },
	{ "a route goes from one to the other", test_routes, false },
	{ "keepalives hold a session", test_timers, false },
	{ "a hold time of 0 needs none", test_hold_zero, false },
	{ "errors make a peer wait longer", test_back_off, false },
	{ "an OPEN that is not acceptable", test_mismatch, false },
};

const struct test_suite suite_trip_speaker =
    TEST_SUITE("trip_speaker", tests);
