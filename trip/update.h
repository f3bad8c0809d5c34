/*
 * update.h - the UPDATE message: a list of attributes (RFC 3219 4.3, 5, 6.3)
 *
 * Decoding checks everything that the RFC wants checked, once and by one
 * table, before anything is done with a message. What comes out points into
 * the message and is known to be well-formed.
 */
#ifndef TRIP_UPDATE_H
#define TRIP_UPDATE_H

#include "trip/attr.h"

/* One attribute type is at most once in a message. */
#define TRIP_UPDATE_ATTRS_MAX 256

/* Who sends: decides on encapsulation and mandatory attributes. */
struct trip_update_context {
	bool is_internal;   /* same ITAD: link-state encapsulation */
	bool is_tgrep;	    /* RFC 5140 gateway: paths are not demanded */
	bool strict_withdraw; /* demand 3 and 4 with withdrawals too, trap 6 */
	bool legacy_converted; /* type 12 without flags and value is
				* ConvertedRoute, trap 1 */
};

/* WithdrawnRoutes, ReachableRoutes or ITAD Topology. */
struct trip_list {
	bool is_there;
	uint32_t originator, seq; /* 0, 0 without link-state encapsulation */
	struct str value;	  /* borrowed; checked */
};

struct trip_update {
	struct trip_list withdrawn, reachable, topology;
	/* All others, ascending by type; those we do not know included. */
	struct trip_attr attrs[TRIP_UPDATE_ATTRS_MAX];
	size_t n_attrs;
};

/* A whole UPDATE message, header checked: 0 or ERR_SYNTAX with the answer. */
int trip_update_decode(const uint8_t *msg, size_t len,
		       const struct trip_update_context *context,
		       struct trip_update *out, struct trip_error *error);

/*
 * Building: routes are added until the message is full, so that no message is
 * longer than 4,096 octets whatever the other attributes take. A writer makes
 * one message with one list (withdrawn or reachable).
 */
struct trip_writer {
	uint8_t list[TRIP_MESSAGE_MAX]; /* routes so far */
	size_t list_len, list_max;
	enum trip_attr_type type;
	bool is_link_state;
	uint32_t originator, seq;
	struct str others; /* encoded attributes behind the list; borrowed */
};

/* type: TRIP_WITHDRAWN, TRIP_REACHABLE or TRIP_TOPOLOGY. ERR_SPACE when the
 * other attributes leave no room for a list. */
int trip_writer_init(struct trip_writer *writer, enum trip_attr_type type,
		     struct str others);
/* Encapsulate (4.3.2.4); before the first route. The same errors. */
int trip_writer_link_state(struct trip_writer *writer, uint32_t originator,
			   uint32_t seq);
/* False when it does not fit any more. */
bool trip_writer_add(struct trip_writer *writer,
		     const struct trip_prefix *prefix);
bool trip_writer_add_u32(struct trip_writer *writer, uint32_t value);
/* The whole message. */
void trip_writer_finish(const struct trip_writer *writer, struct wbuf *w);

#endif
