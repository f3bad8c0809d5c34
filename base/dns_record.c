/* dns_record.c - what is in the records of a DNS message */
#include "base/dns_message.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

/* Decode within the record, names with the message around it. */
static void
data_of(const struct dns_rr *rr, const struct dns_message *m, struct rbuf *r)
{
	rbuf_init(r, m->data + rr->data_at, rr->data_len);
}

/* After the last field: nothing is missing and nothing is left. */
static int
finish(const struct rbuf *r, int err)
{
	if (err != 0)
		return err;
	if (r->err != 0)
		return r->err;
	return rbuf_left(r) == 0 ? 0 : ERR_SYNTAX;
}

int
dns_rr_addr(const struct dns_rr *rr, const struct dns_message *message,
	    struct addr *out)
{
	*out = (struct addr){ 0 };
	if (rr->data_len != 4 && rr->data_len != 16)
		return ERR_SYNTAX;
	out->family = rr->data_len == 4 ? 4 : 6;
	memcpy(out->ip, message->data + rr->data_at, rr->data_len);
	return 0;
}

int
dns_rr_name(const struct dns_rr *rr, const struct dns_message *message,
	    struct dns_name *out)
{
	struct rbuf r;

	data_of(rr, message, &r);
	return finish(&r, dns_message_read_name(message, &r, out));
}

int
dns_rr_srv(const struct dns_rr *rr, const struct dns_message *message,
	   struct dns_srv *out)
{
	struct rbuf r;

	data_of(rr, message, &r);
	out->priority = rbuf_u16(&r);
	out->weight = rbuf_u16(&r);
	out->port = rbuf_u16(&r);
	return finish(&r, dns_message_read_name(message, &r, &out->target));
}

/* A character string (RFC 1035, 3.3). */
static struct str
read_string(struct rbuf *r)
{
	uint8_t n = rbuf_u8(r);
	const uint8_t *p = rbuf_bytes(r, n);

	return str_make((const char *)p, p != NULL ? n : 0);
}

int
dns_rr_naptr(const struct dns_rr *rr, const struct dns_message *message,
	     struct dns_naptr *out)
{
	struct rbuf r;

	data_of(rr, message, &r);
	out->order = rbuf_u16(&r);
	out->preference = rbuf_u16(&r);
	out->flags = read_string(&r);
	out->services = read_string(&r);
	out->regexp = read_string(&r);
	return finish(&r,
		      dns_message_read_name(message, &r, &out->replacement));
}

int
dns_rr_soa(const struct dns_rr *rr, const struct dns_message *message,
	   struct dns_soa *out)
{
	struct rbuf r;
	struct dns_name rname;
	int err;

	data_of(rr, message, &r);
	err = dns_message_read_name(message, &r, &out->mname);
	if (err == 0)
		err = dns_message_read_name(message, &r, &rname);
	out->serial = rbuf_u32(&r);
	rbuf_u32(&r); /* refresh */
	rbuf_u32(&r); /* retry */
	rbuf_u32(&r); /* expire */
	out->minimum_s = rbuf_u32(&r);
	return finish(&r, err);
}

struct code_text {
	uint16_t code;
	const char *text;
};

static const char *
text_of(const struct code_text *texts, size_t n, unsigned code)
{
	for (size_t i = 0; i < n; i++) {
		if (texts[i].code == code)
			return texts[i].text;
	}
	return NULL;
}

#define TEXT_OF(table, code) \
	text_of(table, sizeof(table) / sizeof((table)[0]), code)

const char *
dns_type_text(uint16_t type, char *out)
{
	static const struct code_text texts[] = {
		{ DNS_A, "A" },         { DNS_CNAME, "CNAME" },
		{ DNS_SOA, "SOA" },     { DNS_AAAA, "AAAA" },
		{ DNS_SRV, "SRV" },     { DNS_NAPTR, "NAPTR" },
		{ DNS_DNAME, "DNAME" }, { DNS_OPT, "OPT" },
	};
	const char *text = TEXT_OF(texts, type);

	if (text != NULL)
		return text;
	snprintf(out, 16, "TYPE%u", type);
	return out;
}

const char *
dns_rcode_text(unsigned rcode, char *out)
{
	static const struct code_text texts[] = {
		{ DNS_NOERROR, "NOERROR" },   { DNS_FORMERR, "FORMERR" },
		{ DNS_SERVFAIL, "SERVFAIL" }, { DNS_NXDOMAIN, "NXDOMAIN" },
		{ DNS_NOTIMP, "NOTIMP" },     { DNS_REFUSED, "REFUSED" },
	};
	const char *text = TEXT_OF(texts, rcode);

	if (text != NULL)
		return text;
	snprintf(out, 16, "RCODE%u", rcode);
	return out;
}
