/* set.c - what the DNS said about one name */
#include "enum/set.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"

#define HEAP_SHARE 16             /* what the allocator adds, about */
#define FIXED_LEN (2 + 2 + 4 + 4) /* order, preference, TTL, four lengths */

/* A record of the message, to be sorted. */
struct item {
	uint32_t rank; /* order and preference */
	uint32_t index;
	uint32_t ttl_s;
	struct dns_naptr naptr;
};

struct items {
	struct item *item;
	size_t n, cap;
	size_t len; /* of all of them in a set */
};

const char *
enum_outcome_text(enum enum_outcome outcome)
{
	static const char *const texts[ENUM_N_OUTCOMES] = {
		[ENUM_FOUND] = "found",       [ENUM_NXDOMAIN] = "nxdomain",
		[ENUM_NODATA] = "nodata",     [ENUM_UNUSABLE] = "unusable",
		[ENUM_LOOP] = "loop",         [ENUM_VOID] = "void",
		[ENUM_SERVFAIL] = "servfail", [ENUM_REFUSED] = "refused",
		[ENUM_TIMEOUT] = "timeout",   [ENUM_MALFORMED] = "malformed",
	};

	return texts[outcome];
}

bool
enum_outcome_is_failure(enum enum_outcome outcome)
{
	return outcome >= ENUM_SERVFAIL;
}

static int
compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static int
add_item(struct items *items, const struct dns_message *message,
	 const struct dns_rr *rr)
{
	struct dns_naptr naptr;
	struct item *item;

	if (dns_rr_naptr(rr, message, &naptr) != 0)
		return 0; /* one that cannot be read costs only itself */
	if (mem_grow((void **)&items->item, &items->cap, items->n,
		     sizeof(*item)) != 0)
		return ERR_NOMEM;
	item = &items->item[items->n++];
	item->rank = (uint32_t)naptr.order << 16 | naptr.preference;
	item->index = rr->index;
	item->ttl_s = rr->ttl_s;
	item->naptr = naptr;
	items->len += FIXED_LEN + naptr.flags.len + naptr.services.len +
		      naptr.regexp.len + naptr.replacement.len;
	return 0;
}

static void
put_string(struct wbuf *w, struct str s)
{
	wbuf_u8(w, (uint8_t)s.len);
	wbuf_str(w, s);
}

static void
put_item(struct wbuf *w, const struct item *item)
{
	const struct dns_naptr *naptr = &item->naptr;

	wbuf_u16(w, naptr->order);
	wbuf_u16(w, naptr->preference);
	wbuf_u32(w, item->ttl_s);
	put_string(w, naptr->flags);
	put_string(w, naptr->services);
	put_string(w, naptr->regexp);
	put_string(w, str_make((const char *)naptr->replacement.wire,
			       naptr->replacement.len));
}

static struct enum_set *
set_new(enum enum_outcome outcome, uint32_t ttl_s, size_t len)
{
	struct enum_set *set = mem_alloc(sizeof(*set) + len);

	if (set == NULL)
		return NULL;
	*set = (struct enum_set){ .outcome = (uint8_t)outcome,
				  .ttl_s = ttl_s,
				  .len = (uint32_t)len,
				  .n_refs = 1 };
	return set;
}

struct enum_set *
enum_set_empty(enum enum_outcome outcome, uint32_t ttl_s)
{
	return set_new(outcome, ttl_s, 0);
}

static int
pack(struct items *items, uint32_t ttl_s, struct enum_set **out)
{
	struct enum_set *set = set_new(ENUM_FOUND, ttl_s, items->len);
	struct wbuf w;

	if (set == NULL)
		return ERR_NOMEM;
	if (items->n > 1)
		qsort(items->item, items->n, sizeof(*items->item), compare);
	set->n_records = (uint16_t)items->n;
	wbuf_init(&w, set->data, set->len);
	for (size_t i = 0; i < items->n; i++)
		put_item(&w, &items->item[i]);
	assert(w.err == 0 && w.len == set->len);
	*out = set;
	return 0;
}

static enum enum_outcome
outcome_of(const struct dns_message *message)
{
	switch (message->rcode) {
	case DNS_NOERROR:
		return ENUM_NODATA;
	case DNS_NXDOMAIN:
		return ENUM_NXDOMAIN;
	case DNS_REFUSED:
		return ENUM_REFUSED;
	case DNS_FORMERR:
		return ENUM_MALFORMED;
	default:
		return ENUM_SERVFAIL;
	}
}

/* No record: how long that may be believed (RFC 2308, 5). */
static int
make_negative(const struct dns_message *message, const struct dns_chain *chain,
	      struct enum_set **out, bool *has_ttl)
{
	uint32_t ttl_s = 0;

	*has_ttl = dns_message_negative_ttl(message, &ttl_s) == 0;
	if (ttl_s > chain->ttl_s)
		ttl_s = chain->ttl_s;
	*out = enum_set_empty(outcome_of(message), ttl_s);
	return *out != NULL ? 0 : ERR_NOMEM;
}

/* All records that answer; n_seen counts those too that cannot be read. */
static int
collect(const struct dns_message *message, const struct dns_chain *chain,
	struct items *items, size_t *n_seen, uint32_t *ttl_s)
{
	struct dns_rr rr;
	int err = 0;

	*n_seen = 0;
	*ttl_s = chain->ttl_s;
	for (size_t at = 0; err == 0 && dns_message_next(message, &at, &rr);) {
		if (!dns_rr_answers(&rr, message, chain))
			continue;
		++*n_seen;
		if (rr.ttl_s < *ttl_s)
			*ttl_s = rr.ttl_s;
		err = add_item(items, message, &rr);
	}
	return err;
}

int
enum_set_make(const struct dns_message *message, struct enum_set **out,
	      bool *has_ttl)
{
	struct dns_chain chain;
	struct items items = { 0 };
	uint32_t ttl_s;
	size_t n_seen;
	int err = dns_message_chain(message, &chain);

	if (err != 0)
		return ERR_SYNTAX;
	*has_ttl = true;
	if (message->rcode != DNS_NOERROR)
		return make_negative(message, &chain, out, has_ttl);
	err = collect(message, &chain, &items, &n_seen, &ttl_s);
	if (err == 0 && n_seen == 0)
		err = make_negative(message, &chain, out, has_ttl);
	else if (err == 0)
		err = pack(&items, ttl_s, out);
	mem_free(items.item);
	return err;
}

void
enum_set_ref(struct enum_set *set)
{
	assert(set->n_refs < UINT32_MAX);
	set->n_refs++;
}

void
enum_set_unref(struct enum_set *set)
{
	if (set != NULL && --set->n_refs == 0)
		mem_free(set);
}

static struct str
read_string(struct rbuf *r)
{
	uint8_t n = rbuf_u8(r);

	return str_make((const char *)rbuf_bytes(r, n), n);
}

bool
enum_set_next(const struct enum_set *set, size_t *at, struct enum_record *out)
{
	struct rbuf r;

	if (*at >= set->len)
		return false;
	rbuf_init(&r, set->data + *at, set->len - *at);
	out->order = rbuf_u16(&r);
	out->preference = rbuf_u16(&r);
	out->ttl_s = rbuf_u32(&r);
	out->flags = read_string(&r);
	out->services = read_string(&r);
	out->regexp = read_string(&r);
	out->replacement = read_string(&r);
	*at = (size_t)(r.p - set->data);
	return r.err == 0;
}

size_t
enum_set_size(const struct enum_set *set)
{
	return sizeof(*set) + set->len + HEAP_SHARE;
}
