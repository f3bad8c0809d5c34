/* test_learnt.c - versions of what peers told, and the gateways behind it */
#include "route/learnt.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

static const struct learnt_source blue = { "blue", false, 0 };

struct fixture {
	struct clock clock;
	struct learnt_book *book;
};

static bool
open_book(struct fixture *f)
{
	f->book = NULL;
	clock_init_fake(&f->clock, US_PER_S);
	return OK(learnt_book_new(&f->clock, &f->book));
}

static prefix_word
prefix(const char *text)
{
	prefix_word word = 0;

	CHECK(prefix_parse(str_of(text), &word) == 0);
	return word;
}

static struct number
number(const char *text)
{
	struct number number = { 0 };

	CHECK(number_parse(str_of(text), &number) == 0);
	return number;
}

/* The prefix is reached by this server; NULL: not any more. */
static bool
tell(struct fixture *f, const char *text, const char *server)
{
	struct learnt_offer offer = { .source = &blue,
				      .preference = 100,
				      .circuits = -1,
				      .success_percent = -1 };

	if (server != NULL &&
	    !OK(learnt_book_gateway(f->book, str_of(server), blue.carrier,
				    &offer.gateway)))
		return false;
	return OK(learnt_book_put(f->book, prefix(text), &offer,
				  server != NULL ? 1 : 0));
}

/* A counted version; NULL when starved. */
static struct learnt *
publish(struct fixture *f)
{
	struct learnt *learnt = learnt_book_publish(f->book);

	OK(learnt != NULL ? 0 : ERR_NOMEM);
	return learnt != NULL ? learnt_ref(learnt) : NULL;
}

/* "prefix>server prefix>server", the longest first. */
static bool
finds(const struct learnt *learnt, const char *digits, const char *expected)
{
	struct number called = number(digits);
	struct learnt_match matches[PREFIX_MAX + 1];
	size_t n = learnt_find(learnt, &called, matches), len = 0;
	char text[256] = "", word[PREFIX_MAX + 1];

	for (size_t i = 0; i < n; i++) {
		prefix_format(matches[i].prefix, word);
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "%s%s>%s",
		    i > 0 ? " " : "", word,
		    learnt_set_at(matches[i].set, 0)->gateway->name);
	}
	return CHECK(strcmp(text, expected) == 0);
}

static void
versions(void)
{
	struct learnt *first = NULL, *second = NULL;
	struct learnt_counters counters;
	struct fixture f;

	if (!open_book(&f) || !tell(&f, "49", "192.0.2.1") ||
	    !tell(&f, "4930", "gw.example.net:5070") ||
	    !tell(&f, "", "[2001:db8::1]:5060"))
		goto out;
	first = publish(&f);
	if (first == NULL || !tell(&f, "4930", NULL) ||
	    !tell(&f, "", "192.0.2.9") || !tell(&f, "33", "192.0.2.1"))
		goto out;
	second = publish(&f);
	if (second == NULL)
		goto out;
	finds(first, "493012",
	      "4930>gw.example.net:5070 49>192.0.2.1 >[2001:db8::1]:5060");
	finds(first, "331", ">[2001:db8::1]:5060");
	finds(second, "493012", "49>192.0.2.1 >192.0.2.9");
	finds(second, "331", "33>192.0.2.1 >192.0.2.9");
	learnt_book_counters(f.book, &counters);
	CHECK(counters.n_versions == 3 && counters.versions == 2 &&
	      counters.n_gateways == 4 && counters.n_sets == 2);
	/* in use, and in use no more */
	CHECK(learnt_book_reap(f.book));
	learnt_unref(first);
	first = NULL;
	CHECK(!learnt_book_reap(f.book));
	learnt_book_counters(f.book, &counters);
	CHECK(counters.n_versions == 1);
	/* nothing has changed: no new one */
	CHECK(!learnt_book_has_changed(f.book));
	CHECK(learnt_book_publish(f.book) == second);
	if (tell(&f, "33", "192.0.2.1")) { /* what it was */
		CHECK(learnt_book_publish(f.book) == second);
		CHECK(!learnt_book_has_changed(f.book));
	}
out:
	learnt_unref(first);
	learnt_unref(second);
	learnt_book_free(f.book);
}

static void
gateways(void)
{
	const struct gateway *a, *b, *c;
	struct fixture f;

	if (!open_book(&f))
		goto out;
	if (OK(learnt_book_gateway(f.book, str_of("192.0.2.1:5070"), "blue",
				   &a)) &&
	    OK(learnt_book_gateway(f.book, str_of("192.0.2.1:5070"), "blue",
				   &b)) &&
	    OK(learnt_book_gateway(f.book, str_of("192.0.2.1:5070"), "red",
				   &c))) {
		CHECK(a == b && a != c && a->id != c->id);
		CHECK(learnt_gateway_is(a) && a->addr.port == 5070);
		CHECK(strcmp(a->uri, "sip:192.0.2.1:5070") == 0);
		CHECK(strcmp(a->host, "192.0.2.1:5070") == 0);
	}
	if (OK(learnt_book_gateway(f.book, str_of("gw.example.net:"), "blue",
				   &a)))
		CHECK(a->addr.family == 0 &&
		      strcmp(a->uri, "sip:gw.example.net") == 0);
	CHECK(learnt_book_gateway(f.book, str_of("a@b"), "blue", &a) ==
	      ERR_SYNTAX);
	CHECK(learnt_book_gateway(f.book, str_of(""), "blue", &a) ==
	      ERR_SYNTAX);
out:
	learnt_book_free(f.book);
}

static bool
has(const struct learnt *learnt, const char *text)
{
	struct addr addr;

	return CHECK(addr_parse(str_of(text), 0, &addr) == 0) &&
	       learnt_has_addr(learnt, &addr);
}

/* Those that have routes, and those that have calls still. */
static void
addresses(void)
{
	const struct gateway *gateway;
	struct learnt *first = NULL, *second = NULL, *third = NULL;
	struct fixture f;

	CHECK(!has(NULL, "192.0.2.1"));
	if (!open_book(&f) || !tell(&f, "49", "192.0.2.1:5070") ||
	    !tell(&f, "4930", "[2001:db8::1]") ||
	    !tell(&f, "33", "gw.example.net"))
		goto out;
	first = publish(&f);
	if (first == NULL || !tell(&f, "49", "192.0.2.9") ||
	    !OK(learnt_book_gateway(f.book, str_of("[2001:db8::1]"), "blue",
				    &gateway)))
		goto out;
	CHECK(has(first, "192.0.2.1:5060") && has(first, "[2001:db8::1]"));
	CHECK(!has(first, "192.0.2.9"));
	gateway->state->answered++;
	if (!tell(&f, "4930", NULL))
		goto out;
	second = publish(&f);
	if (second == NULL)
		goto out;
	CHECK(has(second, "192.0.2.9") && has(second, "[2001:db8::1]"));
	learnt_unref(first);
	first = NULL;
	learnt_book_reap(f.book); /* no version has its routes any more */
	gateway->state->answered--;
	if (!tell(&f, "34", "192.0.2.9"))
		goto out;
	third = publish(&f);
	if (third == NULL)
		goto out;
	CHECK(has(third, "192.0.2.9") && !has(third, "192.0.2.1") &&
	      !has(third, "[2001:db8::1]"));
	CHECK(has(second, "[2001:db8::1]"));
out:
	learnt_unref(first);
	learnt_unref(second);
	learnt_unref(third);
	learnt_book_free(f.book);
}

static size_t
n_gateways(const struct fixture *f)
{
	struct learnt_counters counters;

	learnt_book_counters(f->book, &counters);
	return counters.n_gateways;
}

/* One that has calls is kept, and what is measured of it. */
static void
remembered(void)
{
	const struct gateway *gateway;
	struct learnt *learnt = NULL;
	struct fixture f;

	if (!open_book(&f) || !tell(&f, "49", "192.0.2.1") ||
	    !OK(learnt_book_gateway(f.book, str_of("192.0.2.1"), "blue",
				    &gateway)))
		goto out;
	learnt = publish(&f);
	if (learnt == NULL || !tell(&f, "49", NULL))
		goto out;
	learnt_gateway_hold(gateway);
	learnt_unref(learnt);
	learnt = publish(&f);
	if (learnt == NULL)
		goto out;
	for (int minute = 0; minute < 20; minute++) {
		clock_advance_us(&f.clock, 60 * US_PER_S);
		learnt_book_reap(f.book);
	}
	CHECK(n_gateways(&f) == 1);
	gateway->state->answered++;
	learnt_gateway_release(gateway);
	clock_advance_us(&f.clock, 60 * US_PER_S);
	learnt_book_reap(f.book);
	CHECK(n_gateways(&f) == 1);
	gateway->state->answered--;
	clock_advance_us(&f.clock, 60 * US_PER_S);
	learnt_book_reap(f.book);
	CHECK(n_gateways(&f) == 0);
out:
	learnt_unref(learnt);
	learnt_book_free(f.book);
}

static void
bounded(void)
{
	const struct gateway *gateway;
	struct fixture f;
	char server[32];

	if (!open_book(&f))
		goto out;
	for (unsigned i = 0; i < LEARNT_GATEWAYS_MAX; i++) {
		snprintf(server, sizeof(server), "10.0.%u.%u", i / 250,
			 i % 250 + 1);
		if (!OK(learnt_book_gateway(f.book, str_of(server), "blue",
					    &gateway)))
			goto out;
	}
	CHECK(learnt_book_gateway(f.book, str_of("192.0.2.1"), "blue",
				  &gateway) == ERR_LIMIT);
	/* those without routes make room */
	clock_advance_us(&f.clock, 2 * US_PER_S);
	OK(learnt_book_gateway(f.book, str_of("192.0.2.1"), "blue",
			       &gateway));
	CHECK(n_gateways(&f) == 1);
out:
	learnt_book_free(f.book);
}

/* All prefixes of a number, whatever lies between and around them. */
static void
all_prefixes(void)
{
	static const char *const there[] = { "", "4", "49", "4930", "493012",
					     "49301", "4931", "48", "5",
					     "493011", "4930123456789" };
	struct learnt *learnt = NULL;
	struct fixture f;

	if (!open_book(&f))
		goto out;
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
		if (!tell(&f, there[i], "a"))
			goto out;
	}
	learnt = publish(&f);
	if (learnt == NULL)
		goto out;
	finds(learnt, "4930123456788",
	      "493012>a 49301>a 4930>a 49>a 4>a >a");
	finds(learnt, "4930123456789",
	      "4930123456789>a 493012>a 49301>a 4930>a 49>a 4>a >a");
	finds(learnt, "4932", "49>a 4>a >a");
	finds(learnt, "4929", "49>a 4>a >a");
	finds(learnt, "3", ">a");
	finds(learnt, "9", ">a");
	if (tell(&f, "", NULL) && OK(learnt_book_publish(f.book) != NULL
					 ? 0
					 : ERR_NOMEM)) {
		finds(learnt_book_publish(f.book), "3", "");
		finds(learnt_book_publish(f.book), "50", "5>a");
	}
out:
	learnt_unref(learnt);
	learnt_book_free(f.book);
}

static const struct test tests[] = {
	{ "addresses of gateways go with their versions", addresses, true },
	{ "all prefixes of a number are found, the longest first", all_prefixes,
	  false },
	{ "a version stays as it was while the next ones are made", versions,
	  false },
	{ "a gateway is a server and a carrier", gateways, false },
	{ "a gateway is remembered while it has calls, and a while", remembered,
	  false },
	{ "gateways are bounded", bounded, true },
};

const struct test_suite suite_learnt = TEST_SUITE("learnt", tests);
