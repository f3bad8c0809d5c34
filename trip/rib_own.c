/* rib_own.c - what we originate inside our ITAD (RFC 3219 10.1.4, 10.1.6) */
#include "base/alloc.h"
#include "trip/rib_private.h"

/* The next version of our route. 10.1.4: before the numbers run out, everyone
 * has to forget us. */
static void
bump(struct trip_rib *rib, struct trip_flood_route *self, uint32_t at_least)
{
	if (self->seq == 0) /* somebody may remember longer than we do */
		self->seq = rib->seq_floor;
	if (self->seq < at_least)
		self->seq = at_least;
	if (self->seq >= TRIP_SEQ_MAX - 1) {
		if (!rib->is_exhausted && rib->events.on_exhausted != NULL)
			rib->events.on_exhausted(rib->events.arg);
		rib->is_exhausted = true;
	}
	if (self->seq < TRIP_SEQ_MAX)
		self->seq++;
	self->from_session = 0;
	trip_flood_touch(rib, self);
}

static void
bury(struct trip_rib *rib, struct trip_flood_route *self)
{
	trip_flood_queue(rib, self, &rib->purge_own, rib->set.max_purge_ms);
}

static void
withdraw_own(struct trip_rib *rib, struct trip_flood_route *self)
{
	self->route.flags |= TRIP_ROUTE_WITHDRAWN;
	self->route.flags &= ~(unsigned)TRIP_ROUTE_DIRTY;
	bump(rib, self, 0);
	if (!(self->route.flags & TRIP_ROUTE_HELD))
		bury(rib, self);
}

static void
advertise_own(struct trip_rib *rib, struct trip_flood_route *self,
	      struct trip_attrs *wanted, enum trip_hold kind)
{
	int64_t hold_ms = kind == TRIP_HOLD_OWN ? rib->set.min_origination_ms
						: rib->set.min_advertisement_ms;

	trip_attrs_unref(self->route.attrs);
	self->route.attrs = trip_attrs_ref(wanted);
	self->route.flags = 0;
	trip_link_remove(&self->timer);
	bump(rib, self, 0);
	if (hold_ms <= 0)
		return;
	self->route.flags = TRIP_ROUTE_HELD;
	trip_flood_queue(rib, self, &rib->hold[kind], hold_ms);
}

/* Room for the lists of a message must be left (trap 11). */
static bool
can_be_told(const struct trip_attrs *attrs)
{
	return attrs->len + 300 < TRIP_MESSAGE_MAX;
}

/* Ours of dest, made when there is none; NULL: no memory. */
static struct trip_flood_route *
get_own(struct trip_rib *rib, struct trip_dest *dest)
{
	struct trip_flood_route *self = dest->self;

	if (self != NULL)
		return self;
	self = mem_zalloc(1, sizeof(*self));
	if (self == NULL) {
		rib->starved++;
		return NULL;
	}
	self->route.dest = dest;
	self->route.source = &rib->self;
	trip_link_init(&self->flood);
	trip_link_init(&self->timer);
	dest->self = self;
	return self;
}

void
trip_flood_free_own(struct trip_rib *rib, struct trip_dest *dest)
{
	struct trip_flood_route *self = dest->self;

	trip_flood_remove(rib, self);
	trip_attrs_unref(self->route.attrs);
	mem_free(self);
	dest->self = NULL;
}

static bool
is_live(const struct trip_flood_route *self)
{
	return self->route.attrs != NULL &&
	       !(self->route.flags & TRIP_ROUTE_WITHDRAWN);
}

void
trip_flood_own(struct trip_rib *rib, struct trip_dest *dest,
	       struct trip_attrs *wanted, enum trip_hold kind)
{
	struct trip_flood_route *self;

	if (!rib->has_internal || (wanted == NULL && dest->self == NULL))
		return;
	if (wanted != NULL && !can_be_told(wanted)) {
		rib->starved++;
		wanted = NULL;
	}
	self = wanted != NULL ? get_own(rib, dest) : dest->self;
	if (self == NULL)
		return;
	if (wanted == NULL) {
		if (is_live(self))
			withdraw_own(rib, self);
		self->route.flags &= ~(unsigned)TRIP_ROUTE_DIRTY;
		return;
	}
	if (is_live(self) && self->route.attrs == wanted) {
		self->route.flags &= ~(unsigned)TRIP_ROUTE_DIRTY;
		return;
	}
	/* 10.3.3.1: not yet again; the last state is told when it is time. */
	if (self->route.flags & TRIP_ROUTE_HELD) {
		self->route.flags |= TRIP_ROUTE_DIRTY;
		return;
	}
	advertise_own(rib, self, wanted, kind);
}

void
trip_flood_take_own(struct trip_rib *rib, struct trip_dest *dest, uint32_t seq)
{
	struct trip_flood_route *self = get_own(rib, dest);
	bool was_live;

	if (self == NULL || seq <= self->seq)
		return;
	was_live = is_live(self);
	if (!was_live)
		self->route.flags |= TRIP_ROUTE_WITHDRAWN;
	bump(rib, self, seq);
	if (!was_live && !(self->route.flags & TRIP_ROUTE_HELD))
		bury(rib, self);
}

void
trip_rib_renumber(struct trip_rib *rib)
{
	struct trip_link *link = rib->flood.next;

	while (link != &rib->flood) {
		struct trip_flood_route *route =
		    TRIP_ENTRY(link, struct trip_flood_route, flood);

		link = link->next;
		if (route->route.source == &rib->self)
			route->seq = TRIP_SEQ_MIN;
	}
	rib->self.topology_seq = 0;
	rib->seq_floor = 0;
	rib->is_exhausted = false;
}
