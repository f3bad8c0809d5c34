/* test_addr.c - addresses, ports and networks */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_random.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
addresses_are_read_without_port(void)
{
	static const struct {
		const char *in;
		int err;
		const char *out;
	} rows[] = {
		{ "192.0.2.1", 0, "192.0.2.1" },
		{ "2001:DB8:0::1", 0, "2001:db8::1" },
		{ "[2001:db8::1]", 0, "2001:db8::1" },
		{ "::", 0, "::" },
		{ "::ffff:192.0.2.1", 0, "192.0.2.1" },
		{ "[::ffff:c000:201]", 0, "192.0.2.1" },
		{ "[192.0.2.1]", ERR_SYNTAX, "" },
		{ "192.0.2.256", ERR_SYNTAX, "" },
		{ "192.0.2.01", ERR_SYNTAX, "" },
		{ "192.0.2", ERR_SYNTAX, "" },
		{ "192.0.2.1:5060", ERR_SYNTAX, "" },
		{ "fe80::1%lo", ERR_SYNTAX, "" },
		{ "[::1", ERR_SYNTAX, "" },
		{ "::1]", ERR_SYNTAX, "" },
		{ "[]", ERR_SYNTAX, "" },
		{ "", ERR_SYNTAX, "" },
		{ " ::1", ERR_SYNTAX, "" },
		{ "gw.example.net", ERR_SYNTAX, "" },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb",
		  ERR_SYNTAX, "" },
	};
	char text[ADDR_TEXT_MAX];
	struct addr a;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].in);
		CHECK(addr_parse_ip(str_of(rows[i].in), &a) == rows[i].err);
		if (rows[i].err == 0)
			CHECK(str_eq_text(str_of(addr_format_ip(&a, text)),
					  rows[i].out));
	}
	CHECK(addr_parse_ip(str_make("::1\0x", 5), &a) == ERR_SYNTAX);
}

/* What inet_pton makes of text, which is not in brackets. */
static bool
v4_of(const char *text, uint8_t ip[4])
{
	return inet_pton(AF_INET, text, ip) == 1;
}

/* Parts that are addresses more often than not, now and then put wrong. */
static void
make_v4(uint64_t *seed, char *out)
{
	static const char *const parts[] = { "0",   "1",   "9",	  "10", "99",
					     "127", "255", "256", "00", "01",
					     "999", "",	   "1a",  " 1", "2555" };
	int n = random_below(seed, 8) == 0 ? (int)random_below(seed, 7) : 4;
	int wild = random_below(seed, 3) == 0 ? (int)N_ROWS(parts) : 7;

	out[0] = '\0';
	for (int i = 0; i < n; i++) {
		strcat(out, i > 0 ? "." : "");
		strcat(out, parts[random_below(seed, wild)]);
	}
	if (random_below(seed, 16) == 0)
		strcat(out, ".");
}

static void
ipv4_is_read_as_inet_pton_reads_it(void)
{
	uint64_t seed = 4;
	char text[64], made[ADDR_TEXT_MAX];
	uint8_t ip[4];
	struct addr a;

	for (int i = 0; i < 20000; i++) {
		make_v4(&seed, text);
		test_row(text);
		if (!v4_of(text, ip)) {
			CHECK(addr_parse_ip(str_of(text), &a) == ERR_SYNTAX);
			continue;
		}
		if (!OK(addr_parse_ip(str_of(text), &a)))
			return;
		CHECK(a.family == 4 && memcmp(a.ip, ip, sizeof(ip)) == 0);
		CHECK(str_eq_text(str_of(addr_format_ip(&a, made)), text));
	}
}

static void
ports_are_read_or_given(void)
{
	static const struct {
		const char *in;
		int err;
		const char *out;
	} rows[] = {
		{ "192.0.2.1:5062", 0, "192.0.2.1:5062" },
		{ "192.0.2.1", 0, "192.0.2.1:5060" },
		{ "192.0.2.1:0", 0, "192.0.2.1:0" },
		{ "[2001:db8::1]:65535", 0, "[2001:db8::1]:65535" },
		{ "[2001:db8::1]", 0, "[2001:db8::1]:5060" },
		{ "2001:db8::1", 0, "[2001:db8::1]:5060" },
		{ "::ffff:192.0.2.1", 0, "192.0.2.1:5060" },
		{ "192.0.2.1:65536", ERR_RANGE, "" },
		{ "192.0.2.1:", ERR_SYNTAX, "" },
		{ "[::1]:", ERR_SYNTAX, "" },
		{ "[::1]x:1", ERR_SYNTAX, "" },
		{ "[::1]5060", ERR_SYNTAX, "" },
		{ "192.0.2.1:-1", ERR_SYNTAX, "" },
		{ "192.0.2.1:1x", ERR_SYNTAX, "" },
		{ ":5060", ERR_SYNTAX, "" },
		{ "[", ERR_SYNTAX, "" },
		{ "", ERR_SYNTAX, "" },
	};
	char text[ADDR_TEXT_MAX];
	struct addr a;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].in);
		CHECK(addr_parse(str_of(rows[i].in), 5060, &a) == rows[i].err);
		if (rows[i].err == 0)
			CHECK(str_eq_text(str_of(addr_format(&a, text)),
					  rows[i].out));
	}
}

static void
the_longest_text_fits(void)
{
	static const char longest[] =
	    "[1111:2222:3333:4444:5555:6666:7777:8888]:65535";
	char text[ADDR_TEXT_MAX];
	struct addr a;

	if (!OK(addr_parse(str_of(longest), 0, &a)))
		return;
	CHECK(str_eq_text(str_of(addr_format(&a, text)), longest));
	a = (struct addr){ 0 };
	CHECK(str_eq_text(str_of(addr_format(&a, text)), "-"));
	CHECK(str_eq_text(str_of(addr_format_ip(&a, text)), "-"));
}

static void
equality_is_with_or_without_port(void)
{
	struct addr a, b, c, d;

	if (!OK(addr_parse(str_of("192.0.2.1:1"), 0, &a)) ||
	    !OK(addr_parse(str_of("192.0.2.1:2"), 0, &b)) ||
	    !OK(addr_parse(str_of("192.0.2.2:1"), 0, &c)) ||
	    !OK(addr_parse(str_of("[c000:201::]:1"), 0, &d)))
		return;
	CHECK(addr_eq(&a, &a));
	CHECK(!addr_eq(&a, &b));
	CHECK(addr_eq_ip(&a, &b));
	CHECK(!addr_eq_ip(&a, &c));
	CHECK(!addr_eq_ip(&a, &d)); /* the same octets, another family */
	CHECK(addr_host(&a).port == 0);
	a = (struct addr){ .family = 6, .ip = { 1, 2, 3, 4, 5, 6, 7, 8, 9 } };
	b = (struct addr){ .family = 6, .ip = { 1, 2, 3, 4, 5, 6, 7, 8 } };
	a.port = 5060;
	c = addr_host(&a);
	CHECK(addr_eq(&c, &b));
}

static void
networks_are_read(void)
{
	static const struct {
		const char *in;
		int err;
		const char *ip;
		uint8_t bits;
	} rows[] = {
		{ "192.0.2.0/24", 0, "192.0.2.0", 24 },
		{ "192.0.2.1", 0, "192.0.2.1", 32 },
		{ "0.0.0.0/0", 0, "0.0.0.0", 0 },
		{ "192.0.2.128/25", 0, "192.0.2.128", 25 },
		{ "192.0.2.1/32", 0, "192.0.2.1", 32 },
		{ "2001:db8::/32", 0, "2001:db8::", 32 },
		{ "[2001:db8::]/33", 0, "2001:db8::", 33 },
		{ "::1", 0, "::1", 128 },
		{ "::/0", 0, "::", 0 },
		{ "::ffff:192.0.2.0/120", 0, "192.0.2.0", 24 },
		{ "::ffff:0.0.0.0/96", 0, "0.0.0.0", 0 },
		{ "::ffff:0.0.0.0/95", ERR_RANGE, "", 0 },
		{ "192.0.2.0/33", ERR_RANGE, "", 0 },
		{ "::/129", ERR_RANGE, "", 0 },
		{ "192.0.2.1/24", ERR_RANGE, "", 0 },
		{ "192.0.2.128/24", ERR_RANGE, "", 0 },
		{ "2001:db8::1/64", ERR_RANGE, "", 0 },
		{ "192.0.2.0/", ERR_SYNTAX, "", 0 },
		{ "192.0.2.0/-1", ERR_SYNTAX, "", 0 },
		{ "192.0.2.0/24/8", ERR_SYNTAX, "", 0 },
		{ "/24", ERR_SYNTAX, "", 0 },
		{ "192.0.2/24", ERR_SYNTAX, "", 0 },
	};
	char text[ADDR_TEXT_MAX];
	struct addr_net net;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].in);
		CHECK(addr_net_parse(str_of(rows[i].in), &net) == rows[i].err);
		if (rows[i].err != 0)
			continue;
		CHECK(net.bits == rows[i].bits);
		CHECK(str_eq_text(str_of(addr_format_ip(&net.addr, text)),
				  rows[i].ip));
	}
}

static void
networks_hold_their_addresses_only(void)
{
	static const struct {
		const char *net, *ip;
		bool is_in;
	} rows[] = {
		{ "192.0.2.0/24", "192.0.2.0", true },
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.0/25", "192.0.2.127", true },
		{ "192.0.2.0/25", "192.0.2.128", false },
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.6", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "192.0.2.1", false },
		{ "::/0", "ffff::1", true },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "::ffff:192.0.2.0/120", "192.0.2.9", true },
	};
	static const struct addr_net nothing;
	struct addr_net net;
	struct addr a;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].net);
		if (!OK(addr_net_parse(str_of(rows[i].net), &net)) ||
		    !OK(addr_parse_ip(str_of(rows[i].ip), &a)))
			continue;
		CHECK(addr_net_has(&net, &a) == rows[i].is_in);
	}
	a = (struct addr){ 0 };
	CHECK(!addr_net_has(&nothing, &a));
}

static void
sockets_take_and_give_addresses(void)
{
	static const char *const rows[] = { "192.0.2.1:5060",
					    "[2001:db8::1]:5061" };
	struct sockaddr_storage storage;
	struct addr a, b;
	socklen_t len;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i]);
		if (!OK(addr_parse(str_of(rows[i]), 0, &a)))
			continue;
		len = addr_to_sockaddr(&a, &storage);
		CHECK(len == (a.family == 4 ? sizeof(struct sockaddr_in)
					    : sizeof(struct sockaddr_in6)));
		CHECK(storage.ss_family ==
		      (a.family == 4 ? AF_INET : AF_INET6));
		if (OK(addr_from_sockaddr((struct sockaddr *)&storage, &b)))
			CHECK(addr_eq(&a, &b));
	}
	a = (struct addr){ 0 };
	CHECK(addr_to_sockaddr(&a, &storage) == 0);
	storage.ss_family = AF_UNIX;
	CHECK(addr_from_sockaddr((struct sockaddr *)&storage, &b) == ERR_INVAL);
	CHECK(b.family == 0);
}

static void
a_mapped_peer_becomes_ipv4(void)
{
	static const uint8_t mapped[16] = { 0, 0, 0,    0,    0,   0, 0, 0,
					    0, 0, 0xff, 0xff, 192, 0, 2, 1 };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct addr a, good;

	memcpy(&in6.sin6_addr, mapped, sizeof(mapped));
	in6.sin6_port = htons(5060);
	if (!OK(addr_from_sockaddr((struct sockaddr *)&in6, &a)) ||
	    !OK(addr_parse(str_of("192.0.2.1:5060"), 0, &good)))
		return;
	CHECK(addr_eq(&a, &good));
}

static const struct test tests[] = {
	{ "addresses are read without port", addresses_are_read_without_port,
	  true },
	{ "IPv4 is read as inet_pton reads it",
	  ipv4_is_read_as_inet_pton_reads_it, true },
	{ "ports are read or given", ports_are_read_or_given, true },
	{ "the longest text fits", the_longest_text_fits, true },
	{ "equality is with or without port", equality_is_with_or_without_port,
	  true },
	{ "networks are read", networks_are_read, true },
	{ "networks hold their addresses only",
	  networks_hold_their_addresses_only, true },
	{ "sockets take and give addresses", sockets_take_and_give_addresses,
	  true },
	{ "a mapped peer becomes IPv4", a_mapped_peer_becomes_ipv4, true },
};

const struct test_suite suite_addr = TEST_SUITE("addr", tests);
