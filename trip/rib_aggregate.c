/* rib_aggregate.c - one shorter prefix in place of all that follow it (RFC
 * 3219 5.1.5, 5.2.4, 10.3.4)
 *
 * Only what is alike in everything is aggregated, so that no paths have to be
 * merged. An aggregate is told before what it stands for is withdrawn, and
 * withdrawn after that has been told again.
 */
#include <string.h>

#include "trip/rib_private.h"

#define DIGITS_MAX 15

static const char digits[] = "0123456789ABCDE";

/* How many digits may follow a prefix; 0: they are no digits. */
static unsigned
n_children(uint16_t family)
{
	if (!trip_family_is_digits(family))
		return 0;
	return family == TRIP_AF_PENTADECIMAL ? DIGITS_MAX : 10;
}

/* The peer's entry of a prefix; NULL without. */
static struct trip_out *
find(const struct trip_rib_peer *peer, const struct trip_prefix *prefix)
{
	struct trip_dest *dest = trip_tree_find(&peer->rib->tree, prefix);
	struct trip_out *out = dest != NULL ? dest->outs : NULL;

	while (out != NULL && out->peer != peer)
		out = out->next;
	return out;
}

/* The entry of prefix with one more digit. */
static struct trip_out *
find_child(const struct trip_rib_peer *peer, const struct trip_prefix *prefix,
	   unsigned i)
{
	char longer[TRIP_ADDRESS_MAX + 1];
	struct trip_prefix child = *prefix;

	if (prefix->address.len >= TRIP_ADDRESS_MAX)
		return NULL;
	if (prefix->address.len > 0)
		memcpy(longer, prefix->address.p, prefix->address.len);
	longer[prefix->address.len] = digits[i];
	child.address = str_make(longer, prefix->address.len + 1);
	return find(peer, &child);
}

/* What all prefixes that are one digit longer would be told with, if that is
 * the same; else NULL. Borrowed. */
static struct trip_attrs *
common_child(const struct trip_rib_peer *peer,
	     const struct trip_prefix *prefix)
{
	struct trip_attrs *common = NULL;
	unsigned n = n_children(prefix->family);

	for (unsigned i = 0; i < n; i++) {
		const struct trip_out *child = find_child(peer, prefix, i);

		if (child == NULL || child->whole == NULL ||
		    (common != NULL && child->whole != common))
			return NULL;
		common = child->whole;
	}
	return common;
}

/* 5.2.4: AtomicAggregate is added; 4.3.2.2: what we do not know is lost. The
 * circuits of all add up (RFC 5140 4.1.4). */
static struct trip_attrs *
make_aggregate(struct trip_rib *rib, const struct trip_attrs *common,
	       unsigned n)
{
	struct trip_draft *draft = &rib->draft;
	struct trip_attrs *attrs;

	trip_draft_copy(draft, common);
	for (size_t i = draft->n; i > 0; i--) {
		if (trip_attr_name(draft->attrs[i - 1].type) == NULL)
			trip_draft_remove(draft, draft->attrs[i - 1].type);
	}
	if (trip_attrs_have(common, TRIP_TOTAL_CAPACITY)) {
		uint64_t sum = (uint64_t)n *
			       trip_attrs_u32(common, TRIP_TOTAL_CAPACITY, 0);

		(void)trip_draft_set_u32(
		    draft, TRIP_TOTAL_CAPACITY,
		    sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX);
	}
	if (!trip_draft_set(draft, 0, TRIP_ATOMIC_AGGREGATE, str_of("")) ||
	    trip_attrs_get(&rib->table, draft, &attrs) != 0) {
		rib->starved++;
		return NULL;
	}
	return attrs;
}

/* Those that it stands for, or stood for, are told otherwise now. */
static void
enqueue_children(struct trip_out *out, bool releases)
{
	struct trip_prefix prefix = trip_dest_prefix(out->dest);
	unsigned n = n_children(prefix.family);

	for (unsigned i = 0; i < n; i++) {
		struct trip_out *child = find_child(out->peer, &prefix, i);

		if (child == NULL)
			continue;
		child->is_released = releases;
		trip_out_enqueue(child);
	}
}

static bool
parent_of(const struct trip_out *out, struct trip_prefix *parent)
{
	*parent = trip_dest_prefix(out->dest);
	if (parent->address.len == 0 || n_children(parent->family) == 0)
		return false;
	parent->address.len--;
	return true;
}

/* What the entry would be told with has changed: its parent may become an
 * aggregate, or be none any more. */
static void
touch_parent(struct trip_out *out)
{
	struct trip_rib *rib = out->peer->rib;
	struct trip_out *above;
	struct trip_prefix parent;
	struct trip_dest *dest;

	if (!parent_of(out, &parent))
		return;
	above = find(out->peer, &parent);
	if (above == NULL && common_child(out->peer, &parent) != NULL) {
		if (trip_tree_get(&rib->tree, &parent, &dest) != 0) {
			rib->starved++;
			return;
		}
		above = trip_out_get(out->peer, dest);
		if (above == NULL) /* which was counted */
			trip_dest_tidy(rib, dest);
	}
	if (above != NULL)
		trip_out_enqueue(above);
}

static bool
is_covered(const struct trip_out *out)
{
	struct trip_prefix parent;
	const struct trip_out *above =
	    parent_of(out, &parent) ? find(out->peer, &parent) : NULL;

	return above != NULL && above->is_aggregate;
}

struct trip_attrs *
trip_aggregate_look(struct trip_out *out, struct trip_attrs *own, bool *again)
{
	struct trip_prefix prefix = trip_dest_prefix(out->dest);
	const struct trip_attrs *common =
	    out->dest->best == NULL ? common_child(out->peer, &prefix) : NULL;
	bool was_aggregate = out->is_aggregate;
	struct trip_attrs *whole = own;

	if (common != NULL)
		whole = make_aggregate(out->peer->rib, common,
				       n_children(prefix.family));
	out->is_aggregate = common != NULL && whole != NULL;
	if (whole != out->whole) {
		trip_attrs_unref(out->whole);
		out->whole = trip_attrs_ref(whole);
		touch_parent(out);
	}
	if (out->is_aggregate != was_aggregate)
		enqueue_children(out, was_aggregate);
	/* first those it stood for, then its own end */
	*again = was_aggregate && !out->is_aggregate && out->attrs != NULL;
	if (!*again && !is_covered(out))
		return whole;
	trip_attrs_unref(whole);
	return *again ? trip_attrs_ref(out->attrs) : NULL;
}
