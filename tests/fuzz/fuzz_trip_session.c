/* fuzz_trip_session.c - any octets to a speaker, in each state of a session
 *
 * The first octet says how far a good peer comes before the octets do; the
 * second from whom they come: a neighbour, an LS of our ITAD, a gateway. */
#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/fuzz/fuzz.h"
#include "trip/session.h"

static const char settings_text[] =
    "itad = 301; id = \"192.0.2.1\";"
    "timers = { min_route_advertisement_s = 0; min_itad_origination_s = 0; };"
    "peers = ( { address = \"192.0.2.2\"; itad = 302; passive = true; },"
    "{ address = \"192.0.2.3\"; itad = 301; passive = true; },"
    "{ address = \"192.0.2.4\"; itad = 301; tgrep = true; passive = true; },"
    "{ address = \"192.0.2.5\"; itad = 303; passive = true; } );";

static const uint8_t keepalive[] = { 0, 3, 4 };

static void
write_all(int fd, const void *data, size_t len)
{
	ssize_t n = write(fd, data, len);

	(void)n; /* a closed connection is an outcome like others */
}

static size_t
make_open(uint8_t *out, uint32_t itad, uint32_t id)
{
	const struct trip_open open = { .version = 1,
					.hold_s = 90,
					.itad = itad,
					.id = id,
					.mode = TRIP_SEND_RECEIVE };
	struct wbuf w;

	wbuf_init(&w, out, 64);
	trip_open_encode(&w, &open);
	return w.len;
}

static void
turn(uv_loop_t *loop, struct clock *clock, int n)
{
	for (int i = 0; i < n; i++) {
		clock_advance_us(clock, 10 * US_PER_MS);
		uv_run(loop, UV_RUN_NOWAIT);
	}
}

/* What comes back is whole messages. */
static void
check_output(int fd)
{
	static uint8_t in[1 << 18];
	ssize_t n = read(fd, in, sizeof(in));
	size_t at = 0;

	while (n > 0 && at < (size_t)n) {
		enum trip_message_type type;
		struct trip_error error;
		size_t len;

		assert((size_t)n - at >= TRIP_HEADER_LEN);
		assert(trip_header_decode(in + at, &len, &type, &error) == 0);
		assert(len <= (size_t)n - at);
		at += len;
	}
}

static void
set_route(struct trip_speaker *speaker)
{
	static struct trip_draft draft;
	struct trip_prefix prefix = { TRIP_AF_E164, TRIP_APP_SIP,
				      str_of("49") };

	trip_draft_init(&draft);
	trip_draft_set(&draft, 0, TRIP_NEXT_HOP,
		       str_make("\0\0\1\55\0\5a.net", 11));
	(void)trip_rib_set(trip_speaker_rib(speaker), &prefix, &draft);
}

struct run {
	uv_loop_t loop;
	struct clock clock;
	struct trip_settings settings;
	struct trip_speaker *speaker;
	int fd;
};

static void
feed(struct run *run, const uint8_t *data, size_t size)
{
	unsigned stage = data[0] % 4, who = data[1] % 3;
	struct trip_peer *peer = run->speaker->peers[who];
	uint8_t open[64];
	size_t len =
	    make_open(open, (uint32_t)peer->set->itad, 0xC0000202 + who);
	struct trip_conn *conn;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		return;
	run->fd = fds[1];
	if (trip_conn_adopt(&run->loop, fds[0], &peer->addr, &conn) != 0)
		return;
	trip_session_accept(peer, conn);
	if (stage > 0)
		write_all(run->fd, open, len);
	if (stage > 1)
		write_all(run->fd, keepalive, sizeof(keepalive));
	turn(&run->loop, &run->clock, 4);
	assert(stage < 2 || peer->session.state == TRIP_ESTABLISHED);
	assert(stage != 1 || peer->session.state == TRIP_OPEN_CONFIRM);
	assert(stage != 0 || peer->session.state == TRIP_OPEN_SENT);
	set_route(run->speaker);
	write_all(run->fd, data + 2, size - 2);
	turn(&run->loop, &run->clock, 4);
	clock_advance_us(&run->clock, 40 * US_PER_S);
	turn(&run->loop, &run->clock, 2);
	clock_advance_us(&run->clock, 300 * US_PER_S);
	turn(&run->loop, &run->clock, 2);
	check_output(run->fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct trip_speaker_events events = { 0 };
	struct conf_errors errors;
	struct run run = { .fd = -1 };

	if (size < 2 || size > 16384)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	clock_init_fake(&run.clock, 1);
	assert(conf_read_text("fuzz", settings_text, &trip_settings_table,
			      &run.settings, &errors) == 0);
	conf_errors_fini(&errors);
	uv_loop_init(&run.loop);
	assert(trip_speaker_new(&run.loop, &run.settings, &run.clock, NULL,
				&events, &run.speaker) == 0);
	assert(trip_speaker_start(run.speaker) == 0);
	feed(&run, data, size);
	trip_speaker_stop(run.speaker, NULL, NULL);
	for (int i = 0; i < 1000 && uv_loop_alive(&run.loop); i++)
		turn(&run.loop, &run.clock, 1);
	if (run.fd >= 0)
		close(run.fd);
	for (int i = 0; i < 1000 && uv_loop_alive(&run.loop); i++)
		turn(&run.loop, &run.clock, 1);
	assert(uv_loop_close(&run.loop) == 0);
	conf_free(&trip_settings_table, &run.settings);
	return 0;
}
