/* dns_message.c - DNS messages as they are on the wire */
#include "base/dns_message.h"

#include "base/buf.h"
#include "base/err.h"

#define HEADER_LEN 12
#define CLASS_IN 1
#define MAX_JUMPS 64 /* compression pointers in one name */

#define FLAG_QR 0x8000U
#define FLAG_AA 0x0400U
#define FLAG_TC 0x0200U
#define FLAG_RD 0x0100U
#define FLAG_RA 0x0080U
#define FLAG_AD 0x0020U

static void
reader_at(struct rbuf *r, const struct dns_message *m, size_t at)
{
	rbuf_init(r, m->data + at, m->len - at);
}

static size_t
offset_of(const struct rbuf *r, const struct dns_message *m)
{
	return (size_t)(r->p - m->data);
}

/* A whole label of n octets behind its length octet. */
static int
take_label(struct rbuf *r, uint8_t n, struct dns_name *out)
{
	const uint8_t *label = rbuf_bytes(r, n);

	if (label == NULL)
		return ERR_TRUNCATED;
	if ((size_t)out->len + 1 + n + (n > 0) > DNS_NAME_MAX)
		return ERR_SYNTAX;
	out->wire[out->len++] = n;
	memcpy(out->wire + out->len, label, n);
	out->len = (uint8_t)(out->len + n);
	return 0;
}

int
dns_message_read_name(const struct dns_message *m, struct rbuf *r,
		      struct dns_name *out)
{
	struct rbuf far = { 0 }, *at = r;
	size_t begin = offset_of(r, m), target;
	uint8_t n;
	int err;

	out->len = 0;
	for (int jumps = 0; jumps < MAX_JUMPS;) {
		n = rbuf_u8(at);
		if (at->err != 0)
			return ERR_TRUNCATED;
		if (n <= DNS_LABEL_MAX) {
			err = take_label(at, n, out);
			if (err != 0 || n == 0)
				return err;
			continue;
		}
		if ((n & 0xc0U) != 0xc0U)
			return ERR_SYNTAX;
		target = (n & 0x3fU) << 8;
		target |= rbuf_u8(at);
		if (at->err != 0)
			return ERR_TRUNCATED;
		if (target >= begin)
			return ERR_SYNTAX;
		begin = target;
		reader_at(&far, m, target);
		at = &far;
		jumps++;
	}
	return ERR_SYNTAX;
}

static void
set_flags(struct dns_message *m, unsigned flags)
{
	m->is_response = (flags & FLAG_QR) != 0;
	m->is_authoritative = (flags & FLAG_AA) != 0;
	m->is_truncated = (flags & FLAG_TC) != 0;
	m->is_recursion_available = (flags & FLAG_RA) != 0;
	m->is_authentic = (flags & FLAG_AD) != 0;
	m->rcode = flags & 0xfU;
}

static int
read_question(struct dns_message *m, struct rbuf *r)
{
	int err = dns_message_read_name(m, r, &m->name);

	if (err != 0)
		return err;
	m->type = rbuf_u16(r);
	rbuf_u16(r); /* class */
	return r->err;
}

static int
read_frame(const struct dns_message *m, struct rbuf *r, struct dns_rr *out)
{
	uint32_t ttl_s;
	int err = dns_message_read_name(m, r, &out->owner);

	if (err != 0)
		return err;
	out->type = rbuf_u16(r);
	out->klass = rbuf_u16(r);
	ttl_s = rbuf_u32(r);
	out->ttl_s = ttl_s > DNS_TTL_MAX ? 0 : ttl_s;
	out->data_len = rbuf_u16(r);
	out->data_at = offset_of(r, m);
	rbuf_bytes(r, out->data_len);
	return r->err;
}

/* The OPT record carries the upper eight bits of the rcode where others have
 * their TTL (RFC 6891, 6.1.3). */
static void
note_edns(struct dns_message *m, const struct dns_rr *rr)
{
	if (rr->type != DNS_OPT || m->has_edns)
		return;
	m->has_edns = true;
	m->rcode = (uint16_t)(m->rcode | m->data[rr->data_at - 6] << 4);
}

static unsigned *
count_of(struct dns_message *m, enum dns_section section)
{
	switch (section) {
	case DNS_IN_ANSWER:
		return &m->n_answers;
	case DNS_IN_AUTHORITY:
		return &m->n_authority;
	default:
		return &m->n_additional;
	}
}

static enum dns_section
section_of(const struct dns_message *m, unsigned index)
{
	if (index < m->n_answers)
		return DNS_IN_ANSWER;
	return index < m->n_answers + m->n_authority ? DNS_IN_AUTHORITY
						     : DNS_IN_ADDITIONAL;
}

/* Count the whole records; fewer than announced are an error, unless the
 * message says that it was cut. */
static int
check_records(struct dns_message *m, struct rbuf *r)
{
	unsigned announced = m->n_answers + m->n_authority + m->n_additional;
	unsigned whole[3] = { 0 };
	struct dns_rr rr;
	int err;

	if (announced > DNS_RECORDS_MAX)
		return ERR_LIMIT;
	for (unsigned i = 0; i < announced; i++) {
		err = read_frame(m, r, &rr);
		if (err == ERR_TRUNCATED && m->is_truncated)
			break;
		if (err != 0)
			return err;
		note_edns(m, &rr);
		whole[section_of(m, i)]++;
	}
	for (int s = 0; s < 3; s++)
		*count_of(m, (enum dns_section)s) = whole[s];
	return 0;
}

int
dns_message_parse(const void *data, size_t len, struct dns_message *out)
{
	struct rbuf r;
	unsigned n_questions;
	int err = 0;

	memset(out, 0, offsetof(struct dns_message, name));
	out->name.len = 0;
	out->data = data;
	out->len = len;
	rbuf_init(&r, data, len);
	out->id = rbuf_u16(&r);
	set_flags(out, rbuf_u16(&r));
	n_questions = rbuf_u16(&r);
	out->type = 0;
	out->n_answers = rbuf_u16(&r);
	out->n_authority = rbuf_u16(&r);
	out->n_additional = rbuf_u16(&r);
	if (r.err != 0)
		return r.err;
	if (n_questions > 1)
		return ERR_SYNTAX;
	if (n_questions == 1)
		err = read_question(out, &r);
	out->records_at = offset_of(&r, out);
	return err != 0 ? err : check_records(out, &r);
}

bool
dns_message_next(const struct dns_message *message, size_t *at,
		 struct dns_rr *out)
{
	struct rbuf r;
	unsigned total =
	    message->n_answers + message->n_authority + message->n_additional;

	if (*at == 0) {
		*at = message->records_at;
		out->index = 0;
	} else {
		out->index++;
	}
	if (out->index >= total)
		return false;
	reader_at(&r, message, *at);
	if (read_frame(message, &r, out) != 0)
		return false;
	out->section = section_of(message, out->index);
	*at = offset_of(&r, message);
	return true;
}

/* Where one record leads from name: 0, ERR_NOTFOUND or what is wrong. */
static int
step_by(const struct dns_message *m, const struct dns_rr *rr,
	const struct dns_name *name, struct dns_name *out)
{
	struct dns_name target;
	bool is_cname = rr->type == DNS_CNAME && dns_name_eq(&rr->owner, name);
	bool is_dname = rr->type == DNS_DNAME && rr->owner.len < name->len &&
			dns_name_is_under(name, &rr->owner);
	int err;

	if (rr->section != DNS_IN_ANSWER || rr->klass != CLASS_IN ||
	    (!is_cname && !is_dname))
		return ERR_NOTFOUND;
	err = dns_rr_name(rr, m, &target);
	if (err == 0 && is_dname)
		return dns_name_substitute(name, &rr->owner, &target, out);
	if (err == 0)
		*out = target;
	return err;
}

/* One step of the chain; a DNAME goes before the CNAME that was made of it
 * for old clients, and both give the same name. */
static int
step(const struct dns_message *m, struct dns_chain *chain)
{
	struct dns_rr rr;
	struct dns_name next;
	int err;

	for (size_t at = 0; dns_message_next(m, &at, &rr);) {
		err = step_by(m, &rr, &chain->name, &next);
		if (err == ERR_NOTFOUND)
			continue;
		if (err != 0)
			return err;
		chain->name = next;
		chain->n_steps++;
		if (rr.ttl_s < chain->ttl_s)
			chain->ttl_s = rr.ttl_s;
		return 0;
	}
	return ERR_NOTFOUND;
}

int
dns_message_chain(const struct dns_message *message, struct dns_chain *out)
{
	int err = 0;

	out->name = message->name;
	out->ttl_s = DNS_TTL_MAX;
	out->n_steps = 0;
	if (message->type == DNS_CNAME || message->type == DNS_DNAME)
		return 0; /* asked for itself, it is no step */
	while (err == 0 && out->n_steps <= DNS_CHAIN_MAX)
		err = step(message, out);
	if (err == ERR_NOTFOUND)
		return 0;
	return err != 0 ? err : ERR_LIMIT;
}

bool
dns_rr_answers(const struct dns_rr *rr, const struct dns_message *message,
	       const struct dns_chain *chain)
{
	return rr->section == DNS_IN_ANSWER && rr->klass == CLASS_IN &&
	       rr->type == message->type &&
	       dns_name_eq(&rr->owner, &chain->name);
}

int
dns_message_negative_ttl(const struct dns_message *message, uint32_t *ttl_s)
{
	struct dns_rr rr;
	struct dns_soa soa;

	for (size_t at = 0; dns_message_next(message, &at, &rr);) {
		if (rr.section != DNS_IN_AUTHORITY || rr.type != DNS_SOA ||
		    rr.klass != CLASS_IN || dns_rr_soa(&rr, message, &soa) != 0)
			continue;
		*ttl_s = rr.ttl_s < soa.minimum_s ? rr.ttl_s : soa.minimum_s;
		return 0;
	}
	return ERR_NOTFOUND;
}

size_t
dns_query_encode(uint16_t id, const struct dns_name *name, uint16_t type,
		 bool edns, uint8_t *out)
{
	struct wbuf w;

	wbuf_init(&w, out, DNS_QUERY_MAX);
	wbuf_u16(&w, id);
	wbuf_u16(&w, FLAG_RD | FLAG_AD);
	wbuf_u16(&w, 1);
	wbuf_u16(&w, 0);
	wbuf_u16(&w, 0);
	wbuf_u16(&w, edns ? 1 : 0);
	wbuf_bytes(&w, name->wire, name->len);
	wbuf_u16(&w, type);
	wbuf_u16(&w, CLASS_IN);
	if (edns) {
		wbuf_u8(&w, 0); /* the root owns it (RFC 6891, 6.1.2) */
		wbuf_u16(&w, DNS_OPT);
		wbuf_u16(&w, DNS_EDNS_SIZE);
		wbuf_u32(&w, 0);
		wbuf_u16(&w, 0);
	}
	return w.len;
}
