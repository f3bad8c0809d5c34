/* ere_match.c - regular expressions: from a tree and a subject to a match */
#include "enum/ere.h"

#include "base/err.h"

#define KNOWN (UINT64_C(1) << 63) /* a cell that has been computed */
#define BACK_MAX (ERE_SUBJECT_MAX + 2)

_Static_assert(ERE_SUBJECT_MAX < 62, "places are the bits of a word");

struct matcher {
	const struct ere *ere;
	char subject[ERE_SUBJECT_MAX]; /* folded, when the pattern is */
	unsigned len;
	unsigned fuel;
	struct ere_span *spans;
	/* By node and place: the places where a match can end. */
	uint64_t cells[ERE_CELLS_MAX];
};

static uint64_t ends(struct matcher *m, unsigned node, unsigned at);

static uint64_t
bit(unsigned place)
{
	return UINT64_C(1) << place;
}

static unsigned
lowest(uint64_t places)
{
	return (unsigned)__builtin_ctzll(places);
}

static unsigned
highest(uint64_t places)
{
	return 63U - (unsigned)__builtin_clzll(places);
}

/* Where node can end when it begins at any of these places. */
static uint64_t
ends_from(struct matcher *m, unsigned node, uint64_t places)
{
	uint64_t result = 0;

	for (; places != 0; places &= places - 1)
		result |= ends(m, node, lowest(places));
	return result;
}

/* The places from first to last. */
static uint64_t
places_between(unsigned first, unsigned last)
{
	return first > last ? 0 : (bit(last + 1) - 1) & ~(bit(first) - 1);
}

static uint64_t
ends_of_any(const struct matcher *m, const struct ere_node *repeat, unsigned at)
{
	unsigned last = at + repeat->high;

	return places_between(at + repeat->low, last < m->len ? last : m->len);
}

/*
 * One step of a after the other. Once the least number of steps is made, a
 * step that leads nowhere new ends it: all that can be reached has been.
 */
static uint64_t
ends_of_repeat(struct matcher *m, const struct ere_node *repeat, unsigned at)
{
	uint64_t reach = bit(at), result = repeat->low == 0 ? reach : 0, next;

	if (m->ere->nodes[repeat->a].kind == ERE_ANY)
		return ends_of_any(m, repeat, at);
	for (unsigned n = 1; repeat->high == ERE_UNBOUNDED || n <= repeat->high;
	     n++) {
		next = ends_from(m, repeat->a, reach);
		if (next == 0 || (n > repeat->low && (next & ~result) == 0))
			break;
		if (n >= repeat->low)
			result |= next;
		reach = next;
	}
	return result;
}

static bool
set_has(const struct ere *ere, unsigned set, char c)
{
	unsigned octet = (uint8_t)c;

	return (ere->sets[set][octet / 8] >> (octet % 8) & 1) != 0;
}

static uint64_t
compute(struct matcher *m, const struct ere_node *node, unsigned at)
{
	bool good;

	switch ((enum ere_kind)node->kind) {
	case ERE_TEXT:
		good = at + node->len <= m->len &&
		       memcmp(m->subject + at, m->ere->text + node->a,
			      node->len) == 0;
		return good ? bit(at + node->len) : 0;
	case ERE_ANY:
		return at < m->len ? bit(at + 1) : 0;
	case ERE_SET:
		good =
		    at < m->len && set_has(m->ere, node->low, m->subject[at]);
		return good ? bit(at + 1) : 0;
	case ERE_BEGIN:
		return at == 0 ? bit(at) : 0;
	case ERE_END:
		return at == m->len ? bit(at) : 0;
	case ERE_CONCAT:
		return ends_from(m, node->b, ends(m, node->a, at));
	case ERE_EITHER:
		return ends(m, node->a, at) | ends(m, node->b, at);
	case ERE_REPEAT:
		return ends_of_repeat(m, node, at);
	case ERE_GROUP:
		return ends(m, node->a, at);
	case ERE_EMPTY:
		break;
	}
	return bit(at);
}

static uint64_t
ends(struct matcher *m, unsigned node, unsigned at)
{
	uint64_t *cell = &m->cells[node * (m->len + 1) + at];

	if (m->fuel == 0)
		return 0;
	m->fuel--;
	if ((*cell & KNOWN) == 0)
		*cell = compute(m, &m->ere->nodes[node], at) | KNOWN;
	return *cell & ~KNOWN;
}

/* The places before which one more step of node leads into targets. */
static uint64_t
begins_of(struct matcher *m, unsigned node, uint64_t targets, unsigned first,
	  unsigned last)
{
	uint64_t result = 0;

	for (unsigned at = first; at <= last; at++) {
		if ((ends(m, node, at) & targets) != 0)
			result |= bit(at);
	}
	return result;
}

/*
 * From where low to high steps of node lead to end exactly, for places from
 * at on.
 */
static uint64_t
places_before(struct matcher *m, unsigned node, unsigned low, unsigned high,
	      unsigned at, unsigned end)
{
	uint64_t back = bit(end), result = low == 0 ? back : 0, next;

	for (unsigned n = 1; n <= high && n <= BACK_MAX; n++) {
		next = begins_of(m, node, back, at, end);
		if (next == 0 || (n > low && (next & ~result) == 0))
			break;
		if (n >= low)
			result |= next;
		back = next;
	}
	return result;
}

static unsigned
one_less(unsigned n)
{
	return n == 0 || n == ERE_UNBOUNDED ? n : n - 1;
}

static void assign(struct matcher *m, unsigned node, unsigned at, unsigned end);

/* Each step takes what it can, as long as the rest can be made of the steps
 * that are left. Steps that take nothing are made only where they must be. */
static void
assign_repeat(struct matcher *m, const struct ere_node *repeat, unsigned at,
	      unsigned end)
{
	unsigned low = repeat->low, high = repeat->high;
	uint64_t stops;

	if (low > BACK_MAX)
		low = BACK_MAX; /* more steps than places take nothing */
	if (at == end && low > 0)
		assign(m, repeat->a, at, end);
	while (at < end && high > 0) {
		low = one_less(low);
		high = one_less(high);
		stops = ends(m, repeat->a, at) & ~places_between(0, at) &
			places_before(m, repeat->a, low, high, at, end);
		if (stops == 0)
			return;
		assign(m, repeat->a, at, highest(stops));
		at = highest(stops);
	}
}

/* node matches from at to end: say so to the groups in it. */
static void
assign(struct matcher *m, unsigned number, unsigned at, unsigned end)
{
	const struct ere_node *node = &m->ere->nodes[number];
	uint64_t middles;

	while (node->kind == ERE_CONCAT) {
		middles = ends(m, node->a, at) &
			  begins_of(m, node->b, bit(end), at, end);
		if (middles == 0)
			return; /* the fuel is spent */
		assign(m, node->a, at, highest(middles));
		at = highest(middles);
		node = &m->ere->nodes[node->b];
	}
	if (node->kind == ERE_EITHER) {
		bool first = (ends(m, node->a, at) & bit(end)) != 0;

		assign(m, first ? node->a : node->b, at, end);
	} else if (node->kind == ERE_REPEAT) {
		assign_repeat(m, node, at, end);
	} else if (node->kind == ERE_GROUP) {
		if (node->low < ERE_GROUPS)
			m->spans[node->low] =
			    (struct ere_span){ (uint8_t)at, (uint8_t)end };
		assign(m, node->a, at, end);
	}
}

static int
prepare(struct matcher *m, const struct ere *ere, struct str subject,
	struct ere_span *spans)
{
	size_t n_cells = ere->n_nodes * (subject.len + 1);

	if (subject.len > ERE_SUBJECT_MAX || n_cells > ERE_CELLS_MAX)
		return ERR_LIMIT;
	m->ere = ere;
	m->len = (unsigned)subject.len;
	m->fuel = ERE_FUEL;
	m->spans = spans;
	for (size_t i = 0; i < subject.len; i++) {
		char c = subject.p[i];

		if (ere->fold_case && c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		m->subject[i] = c;
	}
	memset(m->cells, 0, n_cells * sizeof(m->cells[0]));
	for (int i = 0; i < ERE_GROUPS; i++)
		spans[i] = (struct ere_span){ 1, 0 };
	return 0;
}

int
ere_find(const struct ere *ere, struct str subject,
	 struct ere_span spans[ERE_GROUPS])
{
	struct matcher m;
	uint64_t stops = 0;
	unsigned at = 0;
	int err = prepare(&m, ere, subject, spans);

	if (err != 0)
		return err;
	while (stops == 0 && at <= m.len)
		stops = ends(&m, ere->root, at++);
	if (m.fuel == 0)
		return ERR_LIMIT;
	if (stops == 0)
		return ERR_NOTFOUND;
	at--;
	spans[0] = (struct ere_span){ (uint8_t)at, (uint8_t)highest(stops) };
	assign(&m, ere->root, at, highest(stops));
	return m.fuel == 0 ? ERR_LIMIT : 0;
}
