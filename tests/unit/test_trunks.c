/* test_trunks.c - whose address is this */
#include "route/trunks.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_random.h"

struct row {
	const char *net;
	uint16_t port;
	enum trunk_transport transport;
	const char *tech_prefix;
};

static bool
add(struct trunks *trunks, const struct row *row, uint32_t account)
{
	struct addr_net net;

	return CHECK(addr_net_parse(str_of(row->net), &net) == 0) &&
	       OK(trunks_add(trunks, &net, row->port, str_of(""),
			     row->transport, str_of(row->tech_prefix),
			     str_of("east"), account));
}

static bool
build(struct trunks *trunks, const struct row *rows, size_t n)
{
	if (!OK(trunks_init(trunks)))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!add(trunks, &rows[i], (uint32_t)i))
			return false;
	}
	return OK(trunks_finish(trunks));
}

/* The number of the row found, -1 for none. */
static int
find(const struct trunks *trunks, const char *from,
     enum trunk_transport transport, const char *dialled)
{
	struct addr addr;
	const struct trunk *trunk;

	CHECK(addr_parse(str_of(from), 5060, &addr) == 0);
	trunk = trunks_find(trunks, &addr, 0, transport, str_of(dialled));
	return trunk != NULL ? (int)trunk->account : -1;
}

/* Numbers are those of the rules in trunks.h. */
static const struct row rows[] = {
	/* 0 */ { "192.0.2.0/24", 0, TRUNK_ANY, "" },
	/* 1 */ { "192.0.2.1", 0, TRUNK_ANY, "" },
	/* 2 */ { "192.0.2.1", 5080, TRUNK_ANY, "" },
	/* 3 */ { "192.0.2.1", 5080, TRUNK_TLS, "" },
	/* 4 */ { "192.0.2.128/25", 5070, TRUNK_ANY, "" },
	/* 5 */ { "0.0.0.0/0", 0, TRUNK_TCP, "" },
	/* 6 */ { "2001:db8::/32", 0, TRUNK_ANY, "" },
	/* 7 */ { "2001:db8:1::/48", 0, TRUNK_UDP, "" },
	/* 8 */ { "2001:db8::7", 0, TRUNK_ANY, "" },
	/* 9 */ { "198.51.100.1", 0, TRUNK_ANY, "77" },
	/* 10 */ { "198.51.100.1", 0, TRUNK_ANY, "771" },
	/* 11 */ { "198.51.100.0/30", 0, TRUNK_ANY, "88" },
	/* 12 */ { "203.0.113.8/29", 0, TRUNK_ANY, "9" },
	/* 13 */ { "203.0.113.8/29", 0, TRUNK_ANY, "" },
	/* 14 */ { "203.0.113.8/29", 0, TRUNK_ANY, "99" },
};

static const struct {
	const char *what, *from;
	enum trunk_transport transport;
	const char *dialled;
	int expected;
} cases[] = {
	{ "a host before its network", "192.0.2.1", TRUNK_UDP, NULL, 1 },
	{ "another host", "192.0.2.2", TRUNK_UDP, NULL, 0 },
	{ "a port before none", "192.0.2.1:5080", TRUNK_UDP, NULL, 2 },
	{ "another port", "192.0.2.1:5081", TRUNK_TLS, NULL, 1 },
	{ "a transport before any", "192.0.2.1:5080", TRUNK_TLS, NULL, 3 },
	{ "network before port", "192.0.2.200:5070", TRUNK_UDP, NULL, 4 },
	{ "a network whose port differs", "192.0.2.200", TRUNK_UDP, NULL, 0 },
	{ "everything, over TCP", "192.0.3.1", TRUNK_TCP, NULL, 5 },
	{ "nothing, over UDP", "192.0.3.1", TRUNK_UDP, NULL, -1 },
	{ "an unknown transport", "192.0.3.1", TRUNK_ANY, NULL, -1 },
	{ "IPv6 network", "2001:db8:2::1", TRUNK_UDP, NULL, 6 },
	{ "IPv6 longer network", "2001:db8:1::1", TRUNK_UDP, NULL, 7 },
	{ "IPv6 transport differs", "2001:db8:1::1", TRUNK_TCP, NULL, 6 },
	{ "IPv6 host", "2001:db8::7", TRUNK_TLS, NULL, 8 },
	{ "IPv6 unknown", "2001:db9::7", TRUNK_TCP, NULL, -1 },
	{ "the shortest tech prefix", "198.51.100.1", TRUNK_UDP, NULL, 9 },
	{ "a tech prefix", "198.51.100.1", TRUNK_UDP, "7749", 9 },
	{ "the longest", "198.51.100.1", TRUNK_UDP, "77149", 10 },
	{ "of the network", "198.51.100.1", TRUNK_UDP, "8849", 11 },
	{ "none", "198.51.100.1", TRUNK_UDP, "4930", -1 },
	{ "nothing dialled", "198.51.100.1", TRUNK_UDP, "", -1 },
	{ "without tech prefix", "203.0.113.9", TRUNK_UDP, NULL, 13 },
	{ "its own", "203.0.113.15", TRUNK_UDP, "9123", 12 },
	{ "the longer one", "203.0.113.8", TRUNK_UDP, "99123", 14 },
	{ "not its own", "203.0.113.9", TRUNK_UDP, "8123", 13 },
	{ "outside /29", "203.0.113.16", TRUNK_UDP, "9123", -1 },
};

static void
most_specific(void)
{
	struct trunks trunks = { 0 };

	if (build(&trunks, rows, sizeof(rows) / sizeof(rows[0]))) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			test_row(cases[i].what);
			CHECK(find(&trunks, cases[i].from, cases[i].transport,
				   cases[i].dialled) == cases[i].expected);
		}
	}
	trunks_fini(&trunks);
	trunks_fini(&trunks);
}

static void
empty(void)
{
	struct trunks trunks;

	if (build(&trunks, NULL, 0))
		CHECK(find(&trunks, "192.0.2.1", TRUNK_UDP, NULL) == -1);
	trunks_fini(&trunks);
}

static void
shadowed(void)
{
	static const struct row same[] = {
		{ "192.0.2.1/32", 5060, TRUNK_UDP, "1" },
		{ "192.0.2.1", 5060, TRUNK_UDP, "1" },
		{ "192.0.2.1", 5060, TRUNK_UDP, "12" },
		{ "192.0.2.1", 5060, TRUNK_ANY, "1" },
		{ "192.0.2.1", 5061, TRUNK_UDP, "1" },
	};
	struct trunks trunks;
	size_t n = 0;

	if (build(&trunks, same, 5)) {
		for (size_t i = 0; i < trunks.n; i++) {
			if (trunks_is_shadowed(&trunks, i)) {
				CHECK(trunks.list[i].account == 1);
				n++;
			}
		}
		CHECK(n == 1);
		CHECK(find(&trunks, "192.0.2.1", TRUNK_UDP, "1") == 0);
	}
	trunks_fini(&trunks);
}

/* --- trunks that are known by a certificate --- */

/* NULL = any address; "" = no certificate. */
static const struct {
	const char *net;
	uint16_t port;
	const char *certificate, *tech_prefix;
} known[] = {
	/* 0 */ { "192.0.2.0/24", 0, "", "" },
	/* 1 */ { NULL, 0, "pbx.example.net", "" },
	/* 2 */ { "192.0.2.1", 0, "pbx.example.net", "" },
	/* 3 */ { "192.0.2.1", 5080, "pbx.example.net", "" },
	/* 4 */ { "198.51.100.0/24", 0, "bound.example.net", "" },
	/* 5 */ { NULL, 0, "two.example.net", "77" },
	/* 6 */ { NULL, 0, "two.example.net", "771" },
	/* 7 */ { NULL, 5080, "port.example.net", "" },
};

static const struct {
	const char *what, *from, *proved, *dialled;
	int expected;
} proofs[] = {
	{ "no proof", "192.0.2.1", "", "4930", 0 },
	{ "no proof, elsewhere", "203.0.113.1", "", "4930", -1 },
	{ "any address", "203.0.113.1", "pbx.example.net", "4930", 1 },
	{ "any IPv6 address", "2001:db8::1", "PBX.example.NET.", "4930", 1 },
	{ "proof before address", "192.0.2.9", "pbx.example.net", "4930", 1 },
	{ "address and proof", "192.0.2.1", "pbx.example.net", "4930", 2 },
	{ "and port", "192.0.2.1:5080", "pbx.example.net", "4930", 3 },
	{ "another's proof", "192.0.2.1", "x.example.net", "4930", 0 },
	{ "another's, elsewhere", "203.0.113.1", "x.example.net", "4930", -1 },
	{ "both must fit", "198.51.100.7", "bound.example.net", "4930", 4 },
	{ "its address alone", "198.51.100.7", "", "4930", -1 },
	{ "its proof alone", "203.0.113.1", "bound.example.net", "4930", -1 },
	{ "a tech prefix", "203.0.113.1", "two.example.net", "7749", 5 },
	{ "a longer one", "203.0.113.1", "two.example.net", "77149", 6 },
	{ "neither", "203.0.113.1", "two.example.net", "4930", -1 },
	{ "but by its address", "192.0.2.1", "two.example.net", "4930", 0 },
	{ "a port alone", "[2001:db8::1]:5080", "port.example.net", "4930", 7 },
	{ "another port", "[2001:db8::1]:5081", "port.example.net", "4930",
	  -1 },
};

static bool
build_known(struct trunks *trunks)
{
	if (!OK(trunks_init(trunks)))
		return false;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct addr_net net = { .bits = 0 };

		if (known[i].net != NULL &&
		    !CHECK(addr_net_parse(str_of(known[i].net), &net) == 0))
			return false;
		if (!OK(trunks_add(trunks, &net, known[i].port,
				   str_of(known[i].certificate), TRUNK_ANY,
				   str_of(known[i].tech_prefix), str_of(""),
				   (uint32_t)i)))
			return false;
	}
	return OK(trunks_finish(trunks));
}

static void
by_certificate(void)
{
	struct trunks trunks = { 0 };

	if (build_known(&trunks)) {
		for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]);
		     i++) {
			const struct trunk *trunk;
			struct addr addr;
			uint64_t proof = hash_domain(&trunks.proof_key,
						     str_of(proofs[i].proved));

			test_row(proofs[i].what);
			CHECK(addr_parse(str_of(proofs[i].from), 5060, &addr) ==
			      0);
			trunk = trunks_find(&trunks, &addr, proof, TRUNK_TLS,
					    str_of(proofs[i].dialled));
			CHECK((trunk != NULL ? (int)trunk->account : -1) ==
			      proofs[i].expected);
		}
		test_row(NULL);
	}
	trunks_fini(&trunks);
}

static void
proofs_that_trunks_need(void)
{
	static const char *const domains[] = { "pbx.example.net",
					       "bound.example.net",
					       "two.example.net",
					       "port.example.net" };
	struct trunks trunks = { 0 };

	if (build_known(&trunks)) {
		const struct hash_key *key = &trunks.proof_key;

		for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]);
		     i++)
			CHECK(trunks_need(&trunks,
					  hash_domain(key, str_of(domains[i]))));
		CHECK(!trunks_need(&trunks,
				   hash_domain(key, str_of("x.example.net"))));
		CHECK(!trunks_need(&trunks,
				   hash_domain(key, str_of("example.net"))));
		CHECK(!trunks_need(&trunks, 0));
		CHECK(strcmp(trunks_certificate(&trunks, &trunks.list[0]), "") !=
		      0);
		CHECK(trunks_bytes(&trunks) >
		      trunks.n_proofs * sizeof(uint64_t));
	}
	trunks_fini(&trunks);
}

/* --- against a linear search over all rows --- */

enum { N_ROWS = 200, N_ASKED = 20000 };

struct naive {
	struct addr_net net;
	uint16_t port;
	enum trunk_transport transport;
};

/* Few addresses, so that networks lie in each other. */
static void
random_row(uint64_t *seed, struct naive *out)
{
	struct addr_net *net = &out->net;
	unsigned max;

	memset(out, 0, sizeof(*out));
	net->addr.family = random_below(seed, 2) ? 4 : 6;
	max = net->addr.family == 4 ? 32 : 128;
	net->bits = (uint8_t)(max - (unsigned)random_below(seed, 5));
	for (unsigned i = 0; i < max / 8; i++)
		net->addr.ip[i] = (uint8_t)(i < max / 8 - 2 ? 10 : 0);
	net->addr.ip[max / 8 - 2] = (uint8_t)random_below(seed, 3);
	net->addr.ip[max / 8 - 1] = (uint8_t)random_below(seed, 256);
	for (unsigned bit = net->bits; bit < max; bit++)
		net->addr.ip[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	if (random_below(seed, 3) == 0)
		out->port = (uint16_t)(5060 + random_below(seed, 3));
	out->transport = (enum trunk_transport)random_below(seed, 4);
}

/* Whether a should be preferred to b; both match. */
static bool
is_better(const struct naive *a, const struct naive *b)
{
	if (a->net.bits != b->net.bits)
		return a->net.bits > b->net.bits;
	if ((a->port != 0) != (b->port != 0))
		return a->port != 0;
	return a->transport != TRUNK_ANY && b->transport == TRUNK_ANY;
}

static int
find_naive(const struct naive *list, const struct addr *from,
	   enum trunk_transport transport)
{
	int best = -1;

	for (int i = 0; i < N_ROWS; i++) {
		if (!addr_net_has(&list[i].net, from))
			continue;
		if (list[i].port != 0 && list[i].port != from->port)
			continue;
		if (list[i].transport != TRUNK_ANY &&
		    list[i].transport != transport)
			continue;
		if (best < 0 || is_better(&list[i], &list[best]))
			best = i;
	}
	return best;
}

static void
like_linear_search(void)
{
	static struct naive list[N_ROWS];
	struct trunks trunks;
	uint64_t seed = 4;
	int n_found = 0;

	if (!OK(trunks_init(&trunks)))
		return;
	for (uint32_t i = 0; i < N_ROWS; i++) {
		random_row(&seed, &list[i]);
		if (!OK(trunks_add(&trunks, &list[i].net, list[i].port,
				   str_of(""), list[i].transport, str_of(""),
				   str_of(""), i)))
			goto out;
	}
	if (!OK(trunks_finish(&trunks)))
		goto out;
	for (int i = 0; i < N_ASKED; i++) {
		struct naive asked;
		const struct trunk *trunk;
		int expected;

		random_row(&seed, &asked);
		asked.net.addr.port = (uint16_t)(5060 + i % 3);
		expected = find_naive(list, &asked.net.addr, asked.transport);
		trunk = trunks_find(&trunks, &asked.net.addr, 0, asked.transport,
				    str_make(NULL, 0));
		n_found += trunk != NULL;
		if (!CHECK((trunk != NULL ? (int)trunk->account : -1) ==
			   expected))
			break;
	}
	/* both outcomes happened often */
	CHECK(n_found > N_ASKED / 10 && n_found < N_ASKED * 9 / 10);
out:
	trunks_fini(&trunks);
}

static void
transports(void)
{
	enum trunk_transport transport;

	CHECK(trunk_transport_parse(str_of("udp"), &transport) == 0 &&
	      transport == TRUNK_UDP);
	CHECK(trunk_transport_parse(str_of("TLS"), &transport) == 0 &&
	      transport == TRUNK_TLS);
	CHECK(trunk_transport_parse(str_of(""), &transport) == 0 &&
	      transport == TRUNK_ANY);
	CHECK(trunk_transport_parse(str_of("sctp"), &transport) == ERR_SYNTAX);
}

static const struct test tests[] = {
	{ "the most specific trunk is found", most_specific, false },
	{ "without trunks nobody is found", empty, false },
	{ "a trunk that can never be found is known", shadowed, false },
	{ "a certificate goes before an address", by_certificate, true },
	{ "proofs that trunks need are known", proofs_that_trunks_need, false },
	{ "the same is found as by linear search", like_linear_search, true },
	{ "transports have names", transports, true },
};

const struct test_suite suite_trunks = TEST_SUITE("trunks", tests);
