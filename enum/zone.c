/* zone.c - a piece of a zone file that answers questions */
#include "enum/zone_private.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/wheel.h"

#define MESSAGE_MAX 65535
#define CLASS_IN 1
#define FLAGS_ANSWER 0x8580U /* QR, AA, RD, RA */
#define COUNTS_AT 6          /* of answers; authority two octets on */

/* An answer under construction. */
struct making {
	const struct enum_zone *zone;
	struct wbuf w;
	struct dns_name name; /* the chain's end so far */
	uint16_t type;
	unsigned n_answers, n_authority;
};

static void
put_record(struct making *making, const struct dns_name *owner,
	   const struct enum_zone_rr *rr)
{
	struct wbuf *w = &making->w;

	wbuf_bytes(w, owner->wire, owner->len);
	wbuf_u16(w, rr->type);
	wbuf_u16(w, CLASS_IN);
	wbuf_u32(w, rr->ttl_s);
	wbuf_u16(w, rr->data_len);
	wbuf_bytes(w, making->zone->octets + rr->data_at, rr->data_len);
}

/* Whether a name is there, itself or as part of longer ones. */
static bool
is_there(const struct enum_zone *zone, const struct dns_name *name)
{
	for (size_t i = 0; i < zone->n; i++) {
		if (zone->rr[i].owner.len > 0 &&
		    dns_name_is_under(&zone->rr[i].owner, name))
			return true;
	}
	return false;
}

/* name without its first label; false for the root. */
static bool
go_up(struct dns_name *name)
{
	size_t n = (size_t)name->wire[0] + 1;

	if (name->len <= 1)
		return false;
	name->len = (uint8_t)(name->len - n);
	memmove(name->wire, name->wire + n, name->len);
	return true;
}

/* Whose records answer for name: its own, or those of the wildcard below its
 * closest encloser (RFC 4592, 3.3.1). False: nobody's. */
static bool
find_owner(const struct enum_zone *zone, const struct dns_name *name,
	   struct dns_name *owner)
{
	static const struct dns_name star = { .len = 2, .wire = { 1, '*' } };
	struct dns_name encloser = *name;

	*owner = *name;
	if (is_there(zone, name))
		return true;
	while (go_up(&encloser)) {
		if (!is_there(zone, &encloser))
			continue;
		if (encloser.len + star.len > DNS_NAME_MAX)
			return false;
		memcpy(owner->wire, star.wire, star.len);
		memcpy(owner->wire + star.len, encloser.wire, encloser.len);
		owner->len = (uint8_t)(star.len + encloser.len);
		return is_there(zone, owner);
	}
	return false;
}

/* All records of a type that owner has, under the name asked for. */
static unsigned
put_all(struct making *making, const struct dns_name *owner, uint16_t type)
{
	unsigned n = 0;

	for (size_t i = 0; i < making->zone->n; i++) {
		const struct enum_zone_rr *rr = &making->zone->rr[i];

		if (rr->type != type || !dns_name_eq(&rr->owner, owner))
			continue;
		put_record(making, &making->name, rr);
		n++;
	}
	making->n_answers += n;
	return n;
}

/* Go on at the target of an alias. */
static bool
step_by(struct making *making, const struct enum_zone_rr *rr, bool is_dname)
{
	struct dns_name target, next;

	target.len = (uint8_t)rr->data_len;
	memcpy(target.wire, making->zone->octets + rr->data_at, rr->data_len);
	next = target;
	if (is_dname &&
	    dns_name_substitute(&making->name, &rr->owner, &target, &next) != 0)
		return false;
	put_record(making, is_dname ? &rr->owner : &making->name, rr);
	making->n_answers++;
	making->name = next;
	return true;
}

static bool
follow_alias(struct making *making, const struct dns_name *owner)
{
	const struct enum_zone *zone = making->zone;

	for (size_t i = 0; i < zone->n; i++) {
		const struct enum_zone_rr *rr = &zone->rr[i];
		bool is_dname = rr->type == DNS_DNAME &&
				rr->owner.len < making->name.len &&
				dns_name_is_under(&making->name, &rr->owner);

		if (is_dname ||
		    (rr->type == DNS_CNAME && dns_name_eq(&rr->owner, owner)))
			return step_by(making, rr, is_dname);
	}
	return false;
}

/* Records without an owner are for every number. */
static unsigned
put_unowned(struct making *making)
{
	static const struct dns_name none = { 0 };

	if (!dns_name_is_under(&making->name, &making->zone->origin) ||
	    is_there(making->zone, &making->name))
		return 0;
	return put_all(making, &none, making->type);
}

static void
put_soa(struct making *making)
{
	for (size_t i = 0; i < making->zone->n; i++) {
		const struct enum_zone_rr *rr = &making->zone->rr[i];

		if (rr->type != DNS_SOA)
			continue;
		put_record(making, &rr->owner, rr);
		making->n_authority++;
		return;
	}
}

/* Records into the message; returns the rcode. */
static unsigned
answer(struct making *making)
{
	struct dns_name owner;
	bool found;

	for (int i = 0; i <= DNS_CHAIN_MAX; i++) {
		found = find_owner(making->zone, &making->name, &owner);
		if (found && put_all(making, &owner, making->type) > 0)
			return DNS_NOERROR;
		if (follow_alias(making, &owner))
			continue;
		if (put_unowned(making) > 0)
			return DNS_NOERROR;
		put_soa(making);
		return found ? DNS_NOERROR : DNS_NXDOMAIN;
	}
	return DNS_NOERROR;
}

size_t
enum_zone_answer(const struct enum_zone *zone, const struct dns_name *name,
		 uint16_t type, uint8_t *out, size_t cap)
{
	struct making making = { .zone = zone, .name = *name, .type = type };
	struct wbuf *w = &making.w, counts;
	unsigned rcode;

	wbuf_init(w, out, cap);
	wbuf_u16(w, 0);
	wbuf_u16(w, FLAGS_ANSWER);
	wbuf_u16(w, 1);
	wbuf_u16(w, 0);
	wbuf_u32(w, 0);
	wbuf_bytes(w, name->wire, name->len);
	wbuf_u16(w, type);
	wbuf_u16(w, CLASS_IN);
	rcode = answer(&making);
	if (w->err != 0)
		return 0;
	wbuf_init(&counts, out + 2, COUNTS_AT + 4 - 2);
	wbuf_u16(&counts, (uint16_t)(FLAGS_ANSWER | rcode));
	wbuf_u16(&counts, 1);
	wbuf_u16(&counts, (uint16_t)making.n_answers);
	wbuf_u16(&counts, (uint16_t)making.n_authority);
	return w->len;
}

struct enum_zone_server {
	struct wheel wheel;
	const struct enum_zone *zone;
	uint8_t message[MESSAGE_MAX];
};

/* A question that waits for the loop's next turn. */
struct question {
	struct timer timer;
	struct enum_zone_server *server;
	struct dns_name name;
	uint16_t type;
	dns_done *done;
	void *arg;
};

static void
on_turn(struct timer *timer, void *arg)
{
	struct question *question = arg;
	struct enum_zone_server *server = question->server;
	struct dns_reply reply = { .result = DNS_MALFORMED };
	struct dns_message message;

	(void)timer;
	reply.data = server->message;
	reply.len =
	    enum_zone_answer(server->zone, &question->name, question->type,
			     server->message, sizeof(server->message));
	if (dns_message_parse(reply.data, reply.len, &message) == 0) {
		reply.result = DNS_ANSWER;
		reply.message = &message;
	}
	question->done(question->arg, &reply);
	mem_free(question);
}

static int
start(void *arg, const struct dns_question *asked, dns_done *done,
      void *done_arg, void **handle)
{
	struct enum_zone_server *server = arg;
	struct question *question = mem_zalloc(1, sizeof(*question));

	if (question == NULL)
		return ERR_NOMEM;
	question->server = server;
	question->name = asked->name;
	question->type = asked->type;
	question->done = done;
	question->arg = done_arg;
	timer_init(&question->timer, on_turn, question);
	wheel_start(&server->wheel, &question->timer, 0);
	*handle = question;
	return 0;
}

static void
cancel(void *arg, void *handle)
{
	struct enum_zone_server *server = arg;
	struct question *question = handle;

	if (question == NULL)
		return;
	wheel_cancel(&server->wheel, &question->timer);
	mem_free(question);
}

int
enum_zone_server_new(struct uv_loop_s *loop, const struct enum_zone *zone,
		     struct enum_zone_server **out)
{
	struct enum_zone_server *server = mem_zalloc(1, sizeof(*server));

	if (server == NULL)
		return ERR_NOMEM;
	server->zone = zone;
	wheel_init(&server->wheel, loop);
	*out = server;
	return 0;
}

static void
on_closed(uv_handle_t *clock)
{
	mem_free(clock->data);
}

void
enum_zone_server_close(struct enum_zone_server *server)
{
	if (server != NULL)
		wheel_close(&server->wheel, on_closed, server);
}

struct enum_source
enum_source_zone(struct enum_zone_server *server)
{
	return (struct enum_source){ server, start, cancel };
}
