/* update.c - the UPDATE message */
#include "trip/update.h"

#include <assert.h>

#include "base/err.h"

#define ATTR_HEAD 4	  /* flags, type, length */
#define LINK_STATE_HEAD 8 /* originator, sequence; not in the length */

/* --- decoding --- */

/* One attribute as it stands in the message. */
struct raw_attr {
	uint8_t flags, type;
	bool is_link_state; /* has the eight octets more */
	uint32_t originator, seq;
	struct str value, whole;
};

static int
fail(struct trip_error *error, int subcode, const struct raw_attr *raw)
{
	return trip_error_set(error, TRIP_ERR_UPDATE, subcode, raw->whole.p,
			      raw->whole.len);
}

/* Cut the next attribute off. One that runs over the end cannot be told from
 * what follows: the list is malformed. */
static int
take_raw(struct rbuf *r, struct raw_attr *out, struct trip_error *error)
{
	const uint8_t *start = r->p;
	const struct trip_attr_row *row;
	size_t len;

	memset(out, 0, sizeof(*out));
	out->flags = rbuf_u8(r);
	out->type = rbuf_u8(r);
	len = rbuf_u16(r);
	row = trip_attr_find(out->type);
	/* The flag is ignored on all others (4.3.2), so no octets more. */
	out->is_link_state = row != NULL && row->may_encapsulate &&
			     (out->flags & TRIP_FLAG_LINK_STATE) != 0;
	if (out->is_link_state) {
		out->originator = rbuf_u32(r);
		out->seq = rbuf_u32(r);
	}
	out->value.p = (const char *)rbuf_bytes(r, len);
	out->value.len = len;
	out->whole = str_make((const char *)start, (size_t)(r->p - start));
	if (r->err != 0)
		return trip_error_set(error, TRIP_ERR_UPDATE,
				      TRIP_MALFORMED_LIST, NULL, 0);
	return 0;
}

/* Do the flags conflict with what the type demands? Of well-known ones only
 * the first bit counts, of not well-known ones transitivity too. */
static bool
flags_conflict(const struct trip_attr_row *row, uint8_t flags)
{
	uint8_t mask = TRIP_FLAG_NOT_WELL_KNOWN;

	if (row->flags & TRIP_FLAG_NOT_WELL_KNOWN)
		mask |= TRIP_FLAG_TRANSITIVE;
	if (row->flags & TRIP_FLAG_TRANSITIVE)
		mask |= TRIP_FLAG_DEPENDENT;
	return ((row->flags ^ flags) & mask) != 0;
}

/* The checks of one recognized attribute, in the order of section 6.3. */
static int
check_known(const struct trip_update_context *context,
	    const struct raw_attr *raw, struct trip_error *error)
{
	const struct trip_attr_row *row = trip_attr_find(raw->type);
	int err;

	/* 1. flags */
	if (flags_conflict(row, raw->flags))
		return fail(error, TRIP_BAD_FLAGS, raw);
	/* An external peer's topology is ignored (5.10.5). */
	if (raw->type == TRIP_TOPOLOGY && !context->is_internal)
		return 0;
	/* 2. length */
	err = trip_attr_check(raw->type, raw->value);
	if (err == ERR_RANGE)
		return fail(error, TRIP_BAD_ATTR_LENGTH, raw);
	/* 5. value; encapsulation and its sequence number */
	if (err != 0 ||
	    (row->may_encapsulate && raw->is_link_state != context->is_internal))
		return fail(error, TRIP_BAD_ATTR, raw);
	if (raw->is_link_state &&
	    (raw->seq < TRIP_SEQ_MIN || raw->seq > TRIP_SEQ_MAX))
		return fail(error, TRIP_BAD_ATTR, raw);
	return 0;
}

static struct trip_list *
list_of(struct trip_update *out, unsigned type)
{
	switch (type) {
	case TRIP_WITHDRAWN:
		return &out->withdrawn;
	case TRIP_REACHABLE:
		return &out->reachable;
	case TRIP_TOPOLOGY:
		return &out->topology;
	default:
		return NULL;
	}
}

static void
keep(const struct trip_update_context *context, const struct raw_attr *raw,
     struct trip_update *out)
{
	struct trip_list *list = list_of(out, raw->type);

	if (list == NULL) {
		out->attrs[out->n_attrs++] =
		    (struct trip_attr){ raw->flags, raw->type, raw->value };
		return;
	}
	if (raw->type == TRIP_TOPOLOGY && !context->is_internal)
		return;
	list->is_there = true;
	list->originator = raw->originator;
	list->seq = raw->seq;
	list->value = raw->value;
}

static const struct trip_attr *
find_attr(const struct trip_update *update, unsigned type)
{
	for (size_t i = 0; i < update->n_attrs; i++) {
		if (update->attrs[i].type == type)
			return &update->attrs[i];
	}
	return NULL;
}

/* 3. the conditional mandatory ones (4.3.3); data: the codes of all missing */
static int
check_mandatory(const struct trip_update_context *context,
		const struct trip_update *update, struct trip_error *error)
{
	uint8_t missing[3];
	size_t n = 0;
	bool adds = update->reachable.is_there;
	bool either = adds || (update->withdrawn.is_there &&
			       context->strict_withdraw && !context->is_tgrep);

	if (either && find_attr(update, TRIP_NEXT_HOP) == NULL)
		missing[n++] = TRIP_NEXT_HOP;
	if (either && !context->is_tgrep &&
	    find_attr(update, TRIP_ADVERTISEMENT_PATH) == NULL)
		missing[n++] = TRIP_ADVERTISEMENT_PATH;
	if (adds && !context->is_tgrep &&
	    find_attr(update, TRIP_ROUTED_PATH) == NULL)
		missing[n++] = TRIP_ROUTED_PATH;
	if (n == 0)
		return 0;
	return trip_error_set_small(error, TRIP_ERR_UPDATE,
				    TRIP_MISSING_MANDATORY, missing, n);
}

/* RFC 5140 section 5: a list attribute may not describe routes of the family
 * that it is about; bits of families. */
static unsigned
families_of(struct str routes)
{
	struct trip_prefix prefix;
	struct rbuf r;
	unsigned bits = 0;

	rbuf_init(&r, routes.p, routes.len);
	while (trip_prefix_next(&r, &prefix) == 0) {
		if (prefix.family <= TRIP_AF_CARRIER)
			bits |= 1u << prefix.family;
	}
	return bits;
}

static unsigned
forbidden_families(unsigned type)
{
	switch (type) {
	case TRIP_PREFIX_E164:
	case TRIP_PREFIX_PENTADECIMAL:
	case TRIP_PREFIX_DECIMAL:
		return 1u << TRIP_AF_DECIMAL | 1u << TRIP_AF_PENTADECIMAL |
		       1u << TRIP_AF_E164;
	case TRIP_TRUNK_GROUP:
		return 1u << TRIP_AF_TRUNK_GROUP;
	case TRIP_CARRIER:
		return 1u << TRIP_AF_CARRIER;
	default:
		return 0;
	}
}

static int
check_families(const struct trip_update *update, struct trip_error *error)
{
	unsigned bits = 0;

	for (size_t i = 0; i < update->n_attrs; i++) {
		const struct trip_attr *attr = &update->attrs[i];
		unsigned forbidden = forbidden_families(attr->type);

		if (forbidden != 0 && bits == 0)
			bits = families_of(update->reachable.value);
		if ((forbidden & bits) != 0)
			return trip_error_set(error, TRIP_ERR_UPDATE,
					      TRIP_BAD_ATTR,
					      attr->value.p - ATTR_HEAD,
					      attr->value.len + ATTR_HEAD);
	}
	return 0;
}

static int
take_attr(struct rbuf *r, const struct trip_update_context *context,
	  int *last_type, struct trip_update *out, struct trip_error *error)
{
	struct raw_attr raw;
	int err = take_raw(r, &raw, error);

	if (err != 0)
		return err;
	/* Twice, or out of order (which has no code of its own, trap 10). */
	if (raw.type <= *last_type)
		return trip_error_set(error, TRIP_ERR_UPDATE,
				      TRIP_MALFORMED_LIST, NULL, 0);
	*last_type = raw.type;
	if (context->legacy_converted && raw.type == TRIP_RESOURCE_PRIORITY &&
	    raw.flags == 0 && raw.value.len == 0)
		raw.type = TRIP_CONVERTED_ROUTE;
	if (trip_attr_find(raw.type) != NULL)
		err = check_known(context, &raw, error);
	else if (!(raw.flags & TRIP_FLAG_NOT_WELL_KNOWN)) /* 4. */
		err = fail(error, TRIP_UNKNOWN_WELL_KNOWN, &raw);
	if (err == 0)
		keep(context, &raw, out);
	return err;
}

int
trip_update_decode(const uint8_t *msg, size_t len,
		   const struct trip_update_context *context,
		   struct trip_update *out, struct trip_error *error)
{
	struct rbuf r;
	int last_type = -1, err = 0;

	memset(&out->withdrawn, 0, sizeof(out->withdrawn));
	memset(&out->reachable, 0, sizeof(out->reachable));
	memset(&out->topology, 0, sizeof(out->topology));
	out->n_attrs = 0;
	rbuf_init(&r, msg + TRIP_HEADER_LEN, len - TRIP_HEADER_LEN);
	while (err == 0 && rbuf_left(&r) > 0)
		err = take_attr(&r, context, &last_type, out, error);
	if (err == 0)
		err = check_mandatory(context, out, error);
	if (err == 0)
		err = check_families(out, error);
	return err;
}

/* --- encoding --- */

int
trip_writer_init(struct trip_writer *writer, enum trip_attr_type type,
		 struct str others)
{
	size_t fixed = TRIP_HEADER_LEN + ATTR_HEAD + others.len;

	writer->list_len = 0;
	writer->list_max = fixed < TRIP_MESSAGE_MAX ? TRIP_MESSAGE_MAX - fixed
						    : 0;
	writer->type = type;
	writer->is_link_state = false;
	writer->others = others;
	return fixed <= TRIP_MESSAGE_MAX ? 0 : ERR_SPACE;
}

int
trip_writer_link_state(struct trip_writer *writer, uint32_t originator,
		       uint32_t seq)
{
	assert(writer->list_len == 0);
	writer->is_link_state = true;
	writer->originator = originator;
	writer->seq = seq;
	if (writer->list_max < LINK_STATE_HEAD)
		return ERR_SPACE;
	writer->list_max -= LINK_STATE_HEAD;
	return 0;
}

static struct wbuf
rest_of(struct trip_writer *writer)
{
	struct wbuf w;

	wbuf_init(&w, writer->list + writer->list_len,
		  writer->list_max - writer->list_len);
	return w;
}

bool
trip_writer_add(struct trip_writer *writer, const struct trip_prefix *prefix)
{
	struct wbuf w = rest_of(writer);

	if (trip_prefix_len(prefix) > w.cap)
		return false;
	trip_prefix_encode(&w, prefix);
	writer->list_len += w.len;
	return true;
}

bool
trip_writer_add_u32(struct trip_writer *writer, uint32_t value)
{
	struct wbuf w = rest_of(writer);

	wbuf_u32(&w, value);
	if (w.err == 0)
		writer->list_len += w.len;
	return w.err == 0;
}

void
trip_writer_finish(const struct trip_writer *writer, struct wbuf *w)
{
	size_t len = TRIP_HEADER_LEN + ATTR_HEAD + writer->list_len +
		     writer->others.len;
	uint8_t flags = 0;
	/* Type 10 stands behind the types 3 to 9, but goes out alone. */
	assert(writer->type != TRIP_TOPOLOGY || writer->others.len == 0);

	if (writer->is_link_state) {
		len += LINK_STATE_HEAD;
		flags |= TRIP_FLAG_LINK_STATE;
	}
	wbuf_u16(w, (uint16_t)len);
	wbuf_u8(w, TRIP_UPDATE);
	wbuf_u8(w, flags);
	wbuf_u8(w, (uint8_t)writer->type);
	wbuf_u16(w, (uint16_t)writer->list_len);
	if (writer->is_link_state) {
		wbuf_u32(w, writer->originator);
		wbuf_u32(w, writer->seq);
	}
	wbuf_bytes(w, writer->list, writer->list_len);
	wbuf_str(w, writer->others);
}
