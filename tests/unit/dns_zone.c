/* dns_zone.c - a small zone for a scripted DNS server */
#include "tests/unit/dns_zone.h"

#include <stdio.h>

#include "tests/unit/harness.h"

#define TRUNCATED 0x0200U
#define NONE_TTL_S 30

static void
put_target(struct wbuf *w, const char *text)
{
	struct dns_name name;

	CHECK(dns_name_parse(str_of(text), &name) == 0);
	wbuf_bytes(w, name.wire, name.len);
}

static void
put_record(struct wbuf *w, const struct dns_zone_record *record)
{
	unsigned a, b, c;
	char text[80], service[16];
	uint8_t data[300];
	struct wbuf d;
	struct addr addr;

	wbuf_init(&d, data, sizeof(data));
	if (record->type == DNS_NAPTR &&
	    CHECK(sscanf(record->data, "%u %u %15s %79s", &a, &b, service,
			 text) == 4)) {
		dns_put_naptr(w, record->ttl_s, a, b, "s", service, "", text);
		return;
	}
	if (record->type == DNS_SRV &&
	    CHECK(sscanf(record->data, "%u %u %u %79s", &a, &b, &c, text) ==
		  4)) {
		wbuf_u16(&d, (uint16_t)a);
		wbuf_u16(&d, (uint16_t)b);
		wbuf_u16(&d, (uint16_t)c);
		put_target(&d, text);
	} else if (CHECK(addr_parse_ip(str_of(record->data), &addr) == 0)) {
		wbuf_bytes(&d, addr.ip, addr.family == 6 ? 16 : 4);
	}
	dns_put_record(w, record->type, record->ttl_s, data, d.len);
}

static bool
is_of(const struct dns_zone_record *record, const struct dns_name *name)
{
	struct dns_name own;

	return dns_name_parse(str_of(record->name), &own) == 0 &&
	       dns_name_eq(&own, name);
}

static bool
answers(const struct dns_zone_record *record, const struct dns_message *query)
{
	return record->data != NULL && record->type == query->type &&
	       is_of(record, &query->name);
}

bool
dns_zone_is_silent(const struct dns_zone_record *zone, size_t n,
		   const struct dns_name *name)
{
	for (size_t i = 0; i < n; i++) {
		if (zone[i].data == NULL && is_of(&zone[i], name))
			return true;
	}
	return false;
}

static void
put_answer(const struct dns_zone_record *zone, size_t n,
	   const struct dns_server_query *query, struct wbuf *w)
{
	unsigned n_answers = 0;

	for (size_t i = 0; i < n; i++)
		n_answers += answers(&zone[i], &query->message);
	dns_put_header(w, query, n_answers > 0 ? 0 : DNS_NXDOMAIN, n_answers,
		       n_answers > 0 ? 0 : 1);
	for (size_t i = 0; i < n; i++) {
		if (answers(&zone[i], &query->message))
			put_record(w, &zone[i]);
	}
	if (n_answers == 0)
		dns_put_soa(w, NONE_TTL_S, NONE_TTL_S);
}

void
dns_zone_serve(const struct dns_zone_record *zone, size_t n,
	       const struct dns_server_query *query, struct wbuf *w)
{
	size_t before = w->len;

	if (dns_zone_is_silent(zone, n, &query->message.name))
		return;
	put_answer(zone, n, query, w);
	if (query->is_tcp || w->len - before <= DNS_ZONE_UDP_MAX)
		return;
	w->len = before;
	dns_put_header(w, query, TRUNCATED, 0, 0);
}
