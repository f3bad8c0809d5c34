/* fuzz_dns.c - any octets as a DNS message: walks end, names are sound */
#include <assert.h>

#include "base/dns_message.h"
#include "base/err.h"
#include "tests/fuzz/fuzz.h"

static void
check_name(const struct dns_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	struct dns_name back;
	size_t at = 0;

	assert(name->len >= 1);
	while (name->wire[at] != 0)
		at += (size_t)name->wire[at] + 1;
	assert(at + 1 == name->len);
	dns_name_format(name, text);
	assert(dns_name_parse(str_of(text), &back) == 0);
	assert(dns_name_eq(name, &back) && dns_name_is_under(name, &back));
}

static void
check_record(const struct dns_message *m, const struct dns_rr *rr)
{
	struct dns_srv srv;
	struct dns_naptr naptr;
	struct dns_soa soa;
	struct dns_name name;
	struct addr addr;

	check_name(&rr->owner);
	assert(rr->data_at + rr->data_len <= m->len);
	assert(rr->ttl_s <= DNS_TTL_MAX);
	if (dns_rr_srv(rr, m, &srv) == 0)
		check_name(&srv.target);
	if (dns_rr_naptr(rr, m, &naptr) == 0) {
		check_name(&naptr.replacement);
		assert(naptr.regexp.len <= 255);
	}
	if (dns_rr_soa(rr, m, &soa) == 0)
		check_name(&soa.mname);
	if (dns_rr_name(rr, m, &name) == 0)
		check_name(&name);
	(void)dns_rr_addr(rr, m, &addr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_message m;
	struct dns_chain chain;
	struct dns_rr rr;
	uint32_t ttl_s;
	unsigned n = 0;

	if (dns_message_parse(data, size, &m) != 0)
		return 0;
	for (size_t at = 0; dns_message_next(&m, &at, &rr); n++)
		check_record(&m, &rr);
	assert(n == m.n_answers + m.n_authority + m.n_additional);
	if (m.name.len > 0 && dns_message_chain(&m, &chain) == 0) {
		check_name(&chain.name);
		assert(chain.n_steps <= DNS_CHAIN_MAX);
	}
	(void)dns_message_negative_ttl(&m, &ttl_s);
	return 0;
}
