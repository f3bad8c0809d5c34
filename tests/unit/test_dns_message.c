/* test_dns_message.c - DNS messages and their records, octet by octet */
#include "base/dns_message.h"

#include "base/buf.h"
#include "base/err.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* A message under construction; the question is for n.x. */
struct paper {
	uint8_t data[4096];
	struct wbuf w;
};

static void
begin(struct paper *paper, uint16_t type, unsigned flags, unsigned n_answers,
      unsigned n_authority, unsigned n_additional)
{
	wbuf_init(&paper->w, paper->data, sizeof(paper->data));
	wbuf_u16(&paper->w, 0xbeef);
	wbuf_u16(&paper->w, (uint16_t)flags);
	wbuf_u16(&paper->w, 1);
	wbuf_u16(&paper->w, (uint16_t)n_answers);
	wbuf_u16(&paper->w, (uint16_t)n_authority);
	wbuf_u16(&paper->w, (uint16_t)n_additional);
	wbuf_bytes(&paper->w, "\001n\001x", 5); /* n at 12, x at 14 */
	wbuf_u16(&paper->w, type);
	wbuf_u16(&paper->w, 1);
}

static void
put_name(struct paper *paper, const char *text)
{
	struct dns_name name;

	dns_name_parse(str_of(text), &name);
	wbuf_bytes(&paper->w, name.wire, name.len);
}

static void
put(struct paper *paper, const char *owner, uint16_t type, uint32_t ttl_s,
    const void *data, size_t len)
{
	put_name(paper, owner);
	wbuf_u16(&paper->w, type);
	wbuf_u16(&paper->w, 1);
	wbuf_u32(&paper->w, ttl_s);
	wbuf_u16(&paper->w, (uint16_t)len);
	wbuf_bytes(&paper->w, data, len);
}

static void
put_link(struct paper *paper, const char *owner, uint16_t type, uint32_t ttl_s,
	 const char *target)
{
	struct dns_name name;

	dns_name_parse(str_of(target), &name);
	put(paper, owner, type, ttl_s, name.wire, name.len);
}

static int
parse(const struct paper *paper, struct dns_message *m)
{
	return dns_message_parse(paper->data, paper->w.len, m);
}

static void
test_query(void)
{
	uint8_t data[DNS_QUERY_MAX];
	struct dns_message m;
	struct dns_name name;
	char text[DNS_NAME_TEXT_MAX];
	size_t len;

	dns_name_parse(str_of("4.4.e164.arpa"), &name);
	len = dns_query_encode(0x1234, &name, DNS_NAPTR, true, data);
	CHECK(len == 12 + 15 + 4 + 11);
	OK(dns_message_parse(data, len, &m));
	CHECK(m.id == 0x1234 && !m.is_response && m.has_edns);
	CHECK(m.type == DNS_NAPTR && m.n_additional == 1);
	CHECK(strcmp(dns_name_format(&m.name, text), "4.4.e164.arpa.") == 0);
	CHECK(data[2] == 1); /* recursion desired */
	CHECK(data[len - 8] == DNS_EDNS_SIZE >> 8 &&
	      data[len - 7] == (DNS_EDNS_SIZE & 0xff));
	CHECK(dns_query_encode(1, &name, DNS_A, false, data) == 12 + 15 + 4);
}

static void
test_flags(void)
{
	struct paper paper;
	struct dns_message m;

	begin(&paper, DNS_A, 0x8000 | 0x0400 | 0x0200 | 0x0080 | 0x0020 | 3, 0,
	      0, 1);
	put(&paper, ".", DNS_OPT, 0x01000000, "", 0); /* upper rcode bits */
	OK(parse(&paper, &m));
	CHECK(m.is_response && m.is_authoritative && m.is_truncated);
	CHECK(m.is_recursion_available && m.is_authentic && m.has_edns);
	CHECK(m.rcode == (1 << 4 | 3));
	begin(&paper, DNS_A, 0x0100, 0, 0, 0);
	OK(parse(&paper, &m));
	CHECK(!m.is_response && !m.is_authoritative && !m.is_truncated);
	CHECK(!m.is_recursion_available && !m.is_authentic && !m.has_edns);
}

static void
test_walk(void)
{
	struct paper paper;
	struct dns_message m;
	struct dns_rr rr;
	unsigned n = 0;

	begin(&paper, DNS_A, 0x8000, 2, 1, 1);
	put(&paper, "n.x.", DNS_A, 60, "\1\2\3\4", 4);
	put(&paper, "n.x.", DNS_A, 0x80000000U, "\1\2\3\5", 4);
	put(&paper, "x.", DNS_SOA, 5, "", 0);
	put(&paper, "y.", DNS_AAAA, 6, "0123456789abcdef", 16);
	OK(parse(&paper, &m));
	for (size_t at = 0; dns_message_next(&m, &at, &rr); n++) {
		static const enum dns_section sections[] = {
			DNS_IN_ANSWER, DNS_IN_ANSWER, DNS_IN_AUTHORITY,
			DNS_IN_ADDITIONAL
		};

		CHECK(rr.index == n && rr.section == sections[n]);
		if (n == 0)
			CHECK(rr.ttl_s == 60);
		if (n == 1) /* RFC 2181, 8 */
			CHECK(rr.ttl_s == 0);
	}
	CHECK(n == 4);
}

/* Every cut of a whole message is refused, unless it says TC. */
static void
test_cuts(void)
{
	struct paper paper;
	struct dns_message m;
	uint8_t *exact;

	begin(&paper, DNS_A, 0x8000, 2, 0, 0);
	put(&paper, "n.x.", DNS_A, 60, "\1\2\3\4", 4);
	put(&paper, "n.x.", DNS_A, 60, "\1\2\3\4", 4);
	for (size_t len = 0; len < paper.w.len; len++) {
		exact = paper.data + sizeof(paper.data) - len;
		memmove(exact, paper.data, len); /* reads over it are seen */
		CHECK(dns_message_parse(exact, len, &m) == ERR_TRUNCATED);
	}
	begin(&paper, DNS_A, 0x8200, 2, 3, 4);
	put(&paper, "n.x.", DNS_A, 60, "\1\2\3\4", 4);
	wbuf_bytes(&paper.w, "\001n", 2);
	OK(parse(&paper, &m));
	CHECK(m.n_answers == 1 && m.n_authority == 0 && m.n_additional == 0);
}

static void
test_bad_messages(void)
{
	static const struct {
		const char *what, *data;
		size_t len;
		int err;
	} rows[] = {
		{ "two questions",
		  "\0\0\200\0\0\2\0\0\0\0\0\0\0\0\1\0\1\0\0\1\0\1", 22,
		  ERR_SYNTAX },
		{ "a name that points to itself",
		  "\0\0\200\0\0\1\0\0\0\0\0\0\300\14\0\1\0\1", 18, ERR_SYNTAX },
		{ "a name that points forward",
		  "\0\0\200\0\0\1\0\0\0\0\0\0\300\20\0\1\0\1\0", 19,
		  ERR_SYNTAX },
		{ "label type 01", "\0\0\200\0\0\1\0\0\0\0\0\0\100a\0\0\1\0\1",
		  19, ERR_SYNTAX },
		{ "label type 10", "\0\0\200\0\0\1\0\0\0\0\0\0\200a\0\0\1\0\1",
		  19, ERR_SYNTAX },
		{ "a pointer cut in two", "\0\0\200\0\0\1\0\0\0\0\0\0\300", 13,
		  ERR_TRUNCATED },
		{ "more records than anybody needs",
		  "\0\0\200\0\0\0\4\1\0\0\0\0", 12, ERR_LIMIT },
		{ "a record longer than the message",
		  "\0\0\200\0\0\0\0\1\0\0\0\0\0\0\1\0\1\0\0\0\0\0\1", 23,
		  ERR_TRUNCATED },
	};
	struct dns_message m;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		CHECK(dns_message_parse(rows[i].data, rows[i].len, &m) ==
		      rows[i].err);
	}
	test_row(NULL);
}

static void
test_names_grow_too_long(void)
{
	struct paper paper;
	struct dns_message m;

	/* Four labels of 63 octets, of which the last by pointers. */
	begin(&paper, DNS_A, 0x8000, 2, 0, 0);
	for (int i = 0; i < 3; i++) {
		wbuf_u8(&paper.w, 63);
		for (int k = 0; k < 63; k++)
			wbuf_u8(&paper.w, 'a');
	}
	wbuf_u16(&paper.w, 0xc00c);
	wbuf_bytes(&paper.w, "\0\1\0\1\0\0\0\0\0\0", 10);
	wbuf_u8(&paper.w, 63);
	for (int k = 0; k < 63; k++)
		wbuf_u8(&paper.w, 'a');
	wbuf_u16(&paper.w, 0xc000 | 21);
	wbuf_bytes(&paper.w, "\0\1\0\1\0\0\0\0\0\0", 10);
	CHECK(parse(&paper, &m) == ERR_SYNTAX);
}

static void
test_chain(void)
{
	static const struct {
		const char *what;
		const char *links[6][2]; /* owner, target */
		int err;
		const char *name;
		unsigned n_steps;
		uint32_t ttl_s; /* the i-th link has 10 + i */
	} rows[] = {
		{ "none", { { NULL, NULL } }, 0, "n.x.", 0, DNS_TTL_MAX },
		{ "one", { { "n.x.", "a.y." } }, 0, "a.y.", 1, 10 },
		{ "out of order",
		  { { "b.", "c." }, { "N.X.", "a." }, { "A.", "b." } },
		  0,
		  "c.",
		  3,
		  10 },
		{ "of others",
		  { { "m.x.", "a.y." } },
		  0,
		  "n.x.",
		  0,
		  DNS_TTL_MAX },
		{ "to itself",
		  { { "n.x.", "n.x." } },
		  ERR_LIMIT,
		  "n.x.",
		  0,
		  0 },
		{ "in a circle",
		  { { "n.x.", "a." }, { "a.", "n.x." } },
		  ERR_LIMIT,
		  "n.x.",
		  0,
		  0 },
		{ "by DNAME", { { "=x.", "y.z." } }, 0, "n.y.z.", 1, 10 },
		{ "DNAME with the CNAME made of it",
		  { { "=x.", "y.z." }, { "n.x.", "n.y.z." } },
		  0,
		  "n.y.z.",
		  1,
		  10 },
		{ "a DNAME says nothing of its owner",
		  { { "=n.x.", "y." } },
		  0,
		  "n.x.",
		  0,
		  DNS_TTL_MAX },
	};
	struct paper paper;
	struct dns_message m;
	struct dns_chain chain;
	char text[DNS_NAME_TEXT_MAX];

	for (size_t i = 0; i < N(rows); i++) {
		unsigned n = 0;

		test_row(rows[i].what);
		while (n < 6 && rows[i].links[n][0] != NULL)
			n++;
		begin(&paper, DNS_NAPTR, 0x8000, n, 0, 0);
		for (unsigned k = 0; k < n; k++) {
			const char *owner = rows[i].links[k][0];
			bool is_dname = owner[0] == '=';

			put_link(&paper, owner + is_dname,
				 is_dname ? DNS_DNAME : DNS_CNAME, 10 + k,
				 rows[i].links[k][1]);
		}
		OK(parse(&paper, &m));
		CHECK(dns_message_chain(&m, &chain) == rows[i].err);
		if (rows[i].err != 0)
			continue;
		CHECK(strcmp(dns_name_format(&chain.name, text),
			     rows[i].name) == 0);
		CHECK(chain.n_steps == rows[i].n_steps);
		CHECK(chain.ttl_s == rows[i].ttl_s);
	}
	test_row(NULL);
}

static void
test_what_answers(void)
{
	struct paper paper;
	struct dns_message m;
	struct dns_chain chain;
	struct dns_rr rr;
	unsigned n = 0;

	begin(&paper, DNS_A, 0x8000, 4, 0, 1);
	put_link(&paper, "n.x.", DNS_CNAME, 60, "c.x.");
	put(&paper, "n.x.", DNS_A, 60, "\1\2\3\4", 4); /* beside a CNAME */
	put(&paper, "C.x.", DNS_A, 60, "\1\2\3\4", 4); /* this one */
	put(&paper, "c.x.", DNS_AAAA, 60, "0123456789abcdef", 16);
	put(&paper, "c.x.", DNS_A, 60, "\1\2\3\4", 4); /* additional */
	OK(parse(&paper, &m));
	OK(dns_message_chain(&m, &chain));
	for (size_t at = 0; dns_message_next(&m, &at, &rr);) {
		if (!dns_rr_answers(&rr, &m, &chain))
			continue;
		CHECK(rr.index == 2);
		n++;
	}
	CHECK(n == 1);
	begin(&paper, DNS_CNAME, 0x8000, 1, 0, 0);
	put_link(&paper, "n.x.", DNS_CNAME, 60, "c.x.");
	OK(parse(&paper, &m));
	OK(dns_message_chain(&m, &chain));
	CHECK(chain.n_steps == 0); /* asked for itself */
}

/* The only record of a message with these octets. */
static void
take_record(struct paper *paper, uint16_t type, const char *data, size_t len,
	    struct dns_message *m, struct dns_rr *rr)
{
	size_t at = 0;

	begin(paper, type, 0x8000, 1, 0, 0);
	put(paper, "n.x.", type, 60, data, len);
	OK(parse(paper, m));
	CHECK(dns_message_next(m, &at, rr));
}

static void
test_records(void)
{
	struct paper paper;
	struct dns_message m;
	struct dns_rr rr;
	struct dns_srv srv;
	struct dns_naptr naptr;
	struct dns_name name;
	struct addr addr;
	char text[DNS_NAME_TEXT_MAX];

	take_record(&paper, DNS_A, "\300\0\2\1", 4, &m, &rr);
	OK(dns_rr_addr(&rr, &m, &addr));
	CHECK(strcmp(addr_format_ip(&addr, text), "192.0.2.1") == 0);
	take_record(&paper, DNS_AAAA,
		    "\040\001\015\270\0\0\0\0\0\0\0\0\0\0\0\1", 16, &m, &rr);
	OK(dns_rr_addr(&rr, &m, &addr));
	CHECK(strcmp(addr_format_ip(&addr, text), "2001:db8::1") == 0);
	take_record(&paper, DNS_A, "\300\0\2", 3, &m, &rr);
	CHECK(dns_rr_addr(&rr, &m, &addr) == ERR_SYNTAX);

	/* A compressed target is against RFC 2782 and seen in the field. */
	take_record(&paper, DNS_SRV, "\0\1\377\377\023\304\1h\300\014", 10, &m,
		    &rr);
	OK(dns_rr_srv(&rr, &m, &srv));
	CHECK(srv.priority == 1 && srv.weight == 65535 && srv.port == 5060);
	CHECK(strcmp(dns_name_format(&srv.target, text), "h.n.x.") == 0);
	take_record(&paper, DNS_SRV, "\0\1\377\377\023\304", 6, &m, &rr);
	CHECK(dns_rr_srv(&rr, &m, &srv) == ERR_TRUNCATED);
	take_record(&paper, DNS_SRV, "\0\1\0\1\0\1\0z", 8, &m, &rr);
	CHECK(dns_rr_srv(&rr, &m, &srv) == ERR_SYNTAX); /* octets left */

	take_record(&paper, DNS_NAPTR, "\200\0\377\377\1u\7E2U+sip\5!a!\0!\0",
		    21, &m, &rr);
	OK(dns_rr_naptr(&rr, &m, &naptr));
	CHECK(naptr.order == 32768 && naptr.preference == 65535);
	CHECK(str_eq_text(naptr.flags, "u"));
	CHECK(str_eq_text(naptr.services, "E2U+sip"));
	CHECK(str_eq(naptr.regexp, str_make("!a!\0!", 5)));
	CHECK(naptr.replacement.len == 1);
	take_record(&paper, DNS_NAPTR, "\0\1\0\1\0\0\0\0", 8, &m, &rr);
	OK(dns_rr_naptr(&rr, &m, &naptr)); /* all empty */
	take_record(&paper, DNS_NAPTR, "\0\1\0\1\0\0\0", 7, &m, &rr);
	CHECK(dns_rr_naptr(&rr, &m, &naptr) == ERR_TRUNCATED);
	take_record(&paper, DNS_NAPTR, "\0\1\0\1\1u\10E2U+sip\0\0", 16, &m,
		    &rr);
	CHECK(dns_rr_naptr(&rr, &m, &naptr) == ERR_TRUNCATED);

	take_record(&paper, DNS_CNAME, "\300\016", 2, &m, &rr);
	OK(dns_rr_name(&rr, &m, &name));
	CHECK(strcmp(dns_name_format(&name, text), "x.") == 0);
	take_record(&paper, DNS_CNAME, "\300\377", 2, &m, &rr);
	CHECK(dns_rr_name(&rr, &m, &name) == ERR_SYNTAX);
}

/* RFC 2308, 5: the lesser of the two. */
static void
test_negative_ttl(void)
{
	static const char low[] =
	    "\0\0\0\0\0\7\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\36";
	struct paper paper;
	struct dns_message m;
	struct dns_rr rr;
	struct dns_soa soa;
	uint32_t ttl_s = 0;
	size_t at = 0;

	begin(&paper, DNS_A, 0x8003, 0, 2, 0);
	put(&paper, "x.", DNS_SOA, 5, "bad", 3);
	put(&paper, "x.", DNS_SOA, 900, low, 22);
	OK(parse(&paper, &m));
	OK(dns_message_negative_ttl(&m, &ttl_s));
	CHECK(ttl_s == 30);
	CHECK(dns_message_next(&m, &at, &rr) && dns_message_next(&m, &at, &rr));
	OK(dns_rr_soa(&rr, &m, &soa));
	CHECK(soa.serial == 7 && soa.minimum_s == 30);
	begin(&paper, DNS_A, 0x8003, 0, 1, 0);
	put(&paper, "x.", DNS_SOA, 20, low, 22);
	OK(parse(&paper, &m));
	OK(dns_message_negative_ttl(&m, &ttl_s));
	CHECK(ttl_s == 20);
	begin(&paper, DNS_A, 0x8003, 1, 0, 0); /* not in its place */
	put(&paper, "x.", DNS_SOA, 20, low, 22);
	OK(parse(&paper, &m));
	CHECK(dns_message_negative_ttl(&m, &ttl_s) == ERR_NOTFOUND);
}

static void
test_texts(void)
{
	char text[16];

	CHECK(strcmp(dns_type_text(DNS_NAPTR, text), "NAPTR") == 0);
	CHECK(strcmp(dns_type_text(65535, text), "TYPE65535") == 0);
	CHECK(strcmp(dns_rcode_text(DNS_NXDOMAIN, text), "NXDOMAIN") == 0);
	CHECK(strcmp(dns_rcode_text(4095, text), "RCODE4095") == 0);
}

static const struct test tests[] = {
	{ "a query asks one question", test_query, true },
	{ "the flags of the header are told apart", test_flags, true },
	{ "records are walked section by section", test_walk, true },
	{ "every cut message is refused", test_cuts, true },
	{ "bad messages are refused", test_bad_messages, true },
	{ "names over 255 octets are refused", test_names_grow_too_long, true },
	{ "chains are followed to their end", test_chain, true },
	{ "only what stands at the end of the chain answers", test_what_answers,
	  true },
	{ "records are decoded and checked", test_records, true },
	{ "negative answers live as the SOA says", test_negative_ttl, true },
	{ "types and rcodes have names", test_texts, true },
};

const struct test_suite suite_dns_message = TEST_SUITE("dns_message", tests);
