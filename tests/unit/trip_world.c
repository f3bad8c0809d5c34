/* trip_world.c - ribs that talk to each other in memory */
#include "tests/unit/trip_world.h"

#include <stdio.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define ROUNDS_MAX 10000

struct trip_rib_settings
world_settings(uint32_t itad, uint32_t id)
{
	return (struct trip_rib_settings){
		.itad = itad,
		.id = id,
		.default_preference = 100,
		.is_receiver = true,
		.consolidate = true,
		.max_purge_ms = 10000,
	};
}

void
world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	clock_init_fake(&world->clock, 1);
}

void
world_fini(struct world *world)
{
	for (size_t i = 0; i < world->n; i++)
		trip_rib_free(world->rib[i]);
	world->n = 0;
}

static void
on_change(void *arg, enum trip_change_kind kind, const struct trip_view *view)
{
	struct world *world = arg;
	size_t len = strlen(world->log);

	snprintf(world->log + len, WORLD_LOG - len, "%c%.*s ", "+~-"[kind],
		 STR_ARG(view->prefix.address));
}

static int
make(struct world *world, int i, const struct trip_rib_settings *settings)
{
	struct trip_rib_events events = { .arg = world };

	if (i == 0)
		events.on_change = on_change;
	world->itad[i] = settings->itad;
	world->id[i] = settings->id;
	return trip_rib_new(settings, &world->clock, &events, &world->rib[i]);
}

int
world_add(struct world *world, const struct trip_rib_settings *settings)
{
	if (!OK(make(world, (int)world->n, settings)))
		return -1;
	return (int)world->n++;
}

bool
world_restart(struct world *world, int i,
	      const struct trip_rib_settings *settings)
{
	for (int j = 0; j < WORLD_MAX; j++) {
		if (world->link[j][i].is_up)
			world_down(world, j, i);
	}
	trip_rib_free(world->rib[i]);
	world->rib[i] = NULL;
	if (!OK(make(world, i, settings)))
		return false;
	for (int j = 0; j < WORLD_MAX; j++) {
		struct trip_rib_peer_settings set = { .itad = world->itad[j] };

		if (world->link[i][j].peer != NULL &&
		    !OK(trip_rib_peer_add(world->rib[i], &set,
					  &world->link[i][j].peer)))
			return false;
	}
	return true;
}

static struct trip_open
open_of(const struct world *world, int i, bool is_tgrep)
{
	return (struct trip_open){ .version = 1,
				   .hold_s = 90,
				   .itad = world->itad[i],
				   .id = world->id[i],
				   .mode = is_tgrep ? TRIP_SEND_ONLY
						    : TRIP_SEND_RECEIVE };
}

static bool is_tgrep[WORLD_MAX][WORLD_MAX];

bool
world_connect(struct world *world, int i, int j,
	      const struct trip_rib_peer_settings *settings)
{
	struct trip_rib_peer_settings a = { .itad = world->itad[j] };
	struct trip_rib_peer_settings b = { .itad = world->itad[i] };

	if (settings != NULL) {
		a = *settings;
		a.itad = world->itad[j];
	}
	/* The gateway's side sends as to an external peer. */
	is_tgrep[i][j] = a.is_tgrep;
	if (!OK(trip_rib_peer_add(world->rib[i], &a,
				  &world->link[i][j].peer)) ||
	    !OK(trip_rib_peer_add(world->rib[j], &b,
				  &world->link[j][i].peer)))
		return false;
	return world_up(world, i, j);
}

bool
world_up(struct world *world, int i, int j)
{
	struct trip_open ours = open_of(world, i, false);
	struct trip_open theirs = open_of(world, j, is_tgrep[i][j]);

	if (!OK(trip_rib_peer_up(world->link[i][j].peer, &theirs,
				 TRIP_SEND_RECEIVE)))
		return false;
	world->link[i][j].is_up = true;
	if (!OK(trip_rib_peer_up(world->link[j][i].peer, &ours,
				 is_tgrep[i][j] ? TRIP_SEND_ONLY
						: TRIP_SEND_RECEIVE)))
		return false;
	world->link[j][i].is_up = true;
	return true;
}

void
world_down(struct world *world, int i, int j)
{
	if (world->link[i][j].is_up)
		trip_rib_peer_down(world->link[i][j].peer);
	if (world->link[j][i].is_up)
		trip_rib_peer_down(world->link[j][i].peer);
	world->link[i][j].is_up = world->link[j][i].is_up = false;
}

static bool
deliver(struct world *world, int from, int to, const struct wbuf *w)
{
	struct rbuf r;

	rbuf_init(&r, w->start, w->len);
	while (rbuf_left(&r) > 0) {
		const uint8_t *msg = r.p;
		enum trip_message_type type;
		struct trip_error error = { 0 };
		size_t len;

		if (!OK(trip_header_decode(msg, &len, &type, &error)) ||
		    !CHECK(rbuf_bytes(&r, len) != NULL))
			return false;
		world->n_messages++;
		memcpy(world->last, msg, len);
		world->last_len = len;
		if (!OK(trip_rib_update(world->link[to][from].peer, msg, len,
					&error)))
			return false;
	}
	return true;
}

bool
world_run(struct world *world)
{
	static uint8_t bytes[2 * TRIP_MESSAGE_MAX];
	bool moved = true;

	for (int round = 0; moved && round < ROUNDS_MAX; round++) {
		moved = false;
		for (int i = 0; i < (int)world->n; i++) {
			for (int j = 0; j < (int)world->n; j++) {
				struct wbuf w;

				if (!world->link[i][j].is_up)
					continue;
				wbuf_init(&w, bytes, sizeof(bytes));
				trip_rib_fill(world->link[i][j].peer, &w);
				if (!deliver(world, i, j, &w))
					return false;
				moved |= w.len > 0;
			}
		}
	}
	return CHECK(!moved);
}

bool
world_pass(struct world *world, int64_t ms)
{
	for (; ms > 0; ms -= 500) {
		clock_advance_us(&world->clock, 500 * US_PER_MS);
		for (size_t i = 0; i < world->n; i++) {
			if (trip_rib_due_ms(world->rib[i]) <=
			    clock_mono_ms(&world->clock))
				trip_rib_run(world->rib[i]);
		}
		if (!world_run(world))
			return false;
	}
	return true;
}

struct trip_prefix
world_prefix(const char *digits)
{
	return (struct trip_prefix){ TRIP_AF_E164, TRIP_APP_SIP,
				     str_of(digits) };
}

bool
world_set(struct world *world, int i, const char *digits, const char *server)
{
	static struct trip_draft draft;
	struct trip_prefix prefix = world_prefix(digits);
	struct wbuf w;

	trip_draft_init(&draft);
	w = trip_draft_scratch(&draft);
	wbuf_u32(&w, world->itad[i]);
	wbuf_str16(&w, str_of(server));
	CHECK(trip_draft_set_written(&draft, TRIP_NEXT_HOP, &w));
	if (world->med != 0)
		CHECK(trip_draft_set_u32(&draft, TRIP_MULTI_EXIT_DISC,
					 world->med));
	return OK(trip_rib_set(world->rib[i], &prefix, &draft));
}

void
world_unset(struct world *world, int i, const char *digits)
{
	struct trip_prefix prefix = world_prefix(digits);

	(void)trip_rib_unset(world->rib[i], &prefix);
}

static void
write_set(struct wbuf *w, const struct trip_attrs *attrs)
{
	struct str server, path = trip_attrs_find(attrs, 4), itads = path;
	uint32_t itad = trip_attrs_next_hop(attrs, &server);
	enum trip_segment_type type;
	struct rbuf r, numbers;
	size_t n;

	wbuf_printf(w, "%.*s@%u path=", STR_ARG(server), itad);
	rbuf_init(&r, itads.p, itads.len);
	while (trip_segment_next(&r, &type, &n, &numbers) == 0) {
		while (n-- > 0)
			wbuf_printf(w, "%u,", rbuf_u32(&numbers));
	}
	if (trip_attrs_have(attrs, TRIP_ATOMIC_AGGREGATE))
		wbuf_printf(w, " atomic");
}

const char *
world_best(struct world *world, int i, const char *digits)
{
	static char out[512];
	struct trip_prefix prefix = world_prefix(digits);
	const struct trip_attrs *attrs =
	    trip_rib_selected(world->rib[i], &prefix);
	struct wbuf w;

	if (attrs == NULL)
		return "-";
	wbuf_init(&w, out, sizeof(out) - 1);
	write_set(&w, attrs);
	out[w.len] = '\0';
	return out;
}

struct dump {
	struct world *world;
	int i;
	struct wbuf w;
};

static bool
dump_one(void *arg, const struct trip_view *view)
{
	struct dump *dump = arg;
	const struct trip_attrs *attrs =
	    trip_rib_selected(dump->world->rib[dump->i], &view->prefix);

	wbuf_printf(&dump->w, "%.*s from %x: ", STR_ARG(view->prefix.address),
		    view->originator);
	write_set(&dump->w, attrs);
	wbuf_printf(&dump->w, " pref=%u\n", trip_attrs_u32(attrs, 7, 0));
	return true;
}

void
world_dump(struct world *world, int i, char *out, size_t cap)
{
	struct dump dump = { world, i, { 0 } };

	wbuf_init(&dump.w, out, cap - 1);
	trip_rib_walk(world->rib[i], NULL, dump_one, &dump);
	CHECK(dump.w.err == 0);
	out[dump.w.len] = '\0';
}
