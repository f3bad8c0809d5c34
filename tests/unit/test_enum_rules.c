/* test_enum_rules.c - the group enum, and what calls make of answers by it */
#include "lcrproxy/enum_rules.h"

#include <string.h>

#include "base/err.h"
#include "lcrproxy/enum_call.h"
#include "lcrproxy/settings.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_enum_rules;

#define REST                                                             \
	"listen = ( { uri = \"sip:192.0.2.1:5061\"; } );\n"                  \
	"record_route = { keys = ( { id = 1; secret_file = \"k\"; } ); };\n" \
	"dns = { servers = [ \"192.0.2.53\" ]; };\n"
#define PUBLIC "{ suffix = \"e164.arpa.\"; }"
#define PRIVATE                                                             \
	"{ suffix = \"numbers.example\"; form = \"digits\"; private_services = " \
	"true; services = [ \"sip\", \"P-corp:sip\" ]; servers = [ "             \
	"\"192.0.2.1\", \"[2001:db8::1]:5353\" ]; timeout_ms = 300; }"

/* 0 with *out (may be NULL), ERR_NOMEM, or ERR_SYNTAX. */
static int
read_rules(const char *group, struct enum_rules **out)
{
	struct conf_errors errors = { 0 };
	struct settings settings;
	char text[2048];
	int err;

	*out = NULL;
	snprintf(text, sizeof(text), "%s%s", REST, group);
	err = conf_read_text("t", text, &settings_table, &settings, &errors);
	if (err == 0) {
		err = enum_rules_new(&settings.numbers, &settings.dns, out);
		settings_fini(&settings);
	}
	conf_errors_fini(&errors);
	return err;
}

static void
rules_are_read(void)
{
	struct enum_rules *rules;

	if (!OK(read_rules("", &rules)))
		return;
	CHECK(rules == NULL);
	if (!OK(read_rules("enum = { timeout_ms = 700; trees = ( " PUBLIC
			   ", " PRIVATE " ); };",
			   &rules)))
		return;
	CHECK(rules->client.n_trees == 2 && rules->client.timeout_ms == 700);
	CHECK(rules->client.trees == rules->trees);
	CHECK(rules->trees[0].form == ENUM_PLUS &&
	      !rules->trees[0].is_private && rules->trees[0].n_servers == 0);
	CHECK(enum_services_has(&rules->trees[0].services, "pstn:tel"));
	CHECK(!enum_services_has(&rules->trees[0].services, "p-corp:sip"));
	CHECK(rules->trees[1].form == ENUM_DIGITS &&
	      rules->trees[1].is_private && rules->trees[1].timeout_ms == 300);
	CHECK(rules->trees[1].n_servers == 2 &&
	      rules->trees[1].servers[0].port == 53 &&
	      rules->trees[1].servers[1].port == 5353);
	CHECK(enum_services_has(&rules->trees[1].services, "p-corp:sip"));
	CHECK(!enum_services_has(&rules->trees[1].services, "pstn:tel"));
	CHECK(rules->n_servers == 1 && !rules->by_cost && rules->refuses_void);
	CHECK(rules->client.cache_size == (size_t)64 << 20);
	enum_rules_unref(rules);
}

static const char *const bad[] = {
	"enum = { trees = ( { suffix = \"a..b\"; } ); };",
	"enum = { trees = ( { form = \"plus\"; } ); };",
	"enum = { trees = ( { suffix = \"a\"; form = \"round\"; } ); };",
	"enum = { trees = ( { suffix = \"a\"; services = [ \"\" ]; } ); };",
	"enum = { trees = ( { suffix = \"a\"; services = [ \"sip,tel\" ]; } ); };",
	"enum = { trees = ( { suffix = \"a\"; servers = [ \"ns.a\" ]; } ); };",
	"enum = { servers = [ \"ns.a\" ]; };",
	"enum = { reroute_codes = \"4x4\"; };",
	"enum = { min_ttl_s = 60; max_ttl_s = 30; };",
	"enum = { order = \"last\"; };",
	"enum = { timeout_ms = 0; };",
	"enum = { allowed_domains = [ \"\" ]; };",
	"enum = { refused_domains = [ \"a\\tb\" ]; };",
};

static void
bad_settings_are_told(void)
{
	struct enum_rules *rules;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int err = read_rules(bad[i], &rules);

		test_row(bad[i]);
		if (err == ERR_NOMEM) {
			OK(err);
			return;
		}
		CHECK(err == ERR_SYNTAX);
		enum_rules_unref(rules);
	}
}

static void
equal_rules_are_known(void)
{
	static const char *const others[] = {
		"enum = { trees = ( " PRIVATE ", " PUBLIC " ); };",
		"enum = { trees = ( " PUBLIC " ); };",
		"enum = { trees = ( " PUBLIC ", " PRIVATE " ); stale_s = 9; };",
		"enum = { trees = ( " PUBLIC ", " PRIVATE " ); refused_domains = "
		"[ \"b\" ]; };",
		"enum = { trees = ( " PUBLIC ", " PRIVATE " ); allowed_domains = "
		"[ \"a\" ]; };",
		"",
	};
	static const char same[] = "enum = { refused_domains = [ \"a\" ]; trees "
				   "= ( " PUBLIC ", " PRIVATE " ); };";
	struct enum_rules *rules, *other;

	if (!OK(read_rules(same, &rules)))
		return;
	if (OK(read_rules(same, &other))) {
		bool equal = enum_rules_equal(rules, other);

		CHECK(equal || test_starved());
		enum_rules_unref(other);
	}
	CHECK(enum_rules_equal(NULL, NULL));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		test_row(others[i]);
		if (!OK(read_rules(others[i], &other)))
			break;
		CHECK(!enum_rules_equal(rules, other));
		CHECK(!enum_rules_equal(other, rules));
		enum_rules_unref(other);
	}
	enum_rules_unref(enum_rules_ref(rules));
	enum_rules_unref(rules);
	enum_rules_unref(enum_rules_ref(NULL));
}

static const struct {
	const char *lists, *host;
	bool allowed;
} hosts[] = {
	{ "", "a.example", true },
	{ "refused_domains = [ \"bad.example\" ];", "bad.example", false },
	{ "refused_domains = [ \"bad.example\" ];", "x.BAD.example.", false },
	{ "refused_domains = [ \"bad.example\" ];", "notbad.example", true },
	{ "refused_domains = [ \"bad.example\" ];", "example", true },
	{ "refused_domains = [ \"2001:db8::1\" ];", "[2001:db8::1]", false },
	{ "allowed_domains = [ \"a.example.\", \"192.0.2.7\" ];", "b.a.example",
	  true },
	{ "allowed_domains = [ \"a.example.\", \"192.0.2.7\" ];", "192.0.2.7",
	  true },
	{ "allowed_domains = [ \"a.example.\", \"192.0.2.7\" ];", "192.0.2.8",
	  false },
	{ "allowed_domains = [ \"a.example\" ]; refused_domains = [ "
	  "\"b.a.example\" ];",
	  "c.b.a.example", false },
};

static void
domains_are_allowed_or_refused(void)
{
	struct enum_rules *rules;
	char group[256];

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		test_row(hosts[i].host);
		snprintf(group, sizeof(group), "enum = { trees = ( %s ); %s };",
			 PUBLIC, hosts[i].lists);
		if (!OK(read_rules(group, &rules)))
			return;
		CHECK(enum_rules_allow(rules, str_of(hosts[i].host)) ==
		      hosts[i].allowed);
		enum_rules_unref(rules);
	}
}

static struct enum_uri
uri_of(const char *text, const char *scheme, const char *service,
       const char *host)
{
	return (struct enum_uri){ .text = str_of(text),
				  .scheme = scheme,
				  .service = service,
				  .host = str_of(host) };
}

static void
uris_are_chosen(void)
{
	static struct enum_answer answer; /* large */
	const struct enum_uri *uris[4];
	struct enum_rules *rules;
	uint64_t refused = 0;

	if (!OK(read_rules("enum = { trees = ( " PUBLIC
			   " ); refused_domains = [ \"no\" ]; };",
			   &rules)))
		return;
	answer.n_uris = 0;
	answer.uris[answer.n_uris++] =
	    uri_of("sip:1@pstn", "sip", "pstn:sip", "pstn");
	answer.uris[answer.n_uris++] = uri_of("tel:1", "tel", "pstn:tel", "");
	answer.uris[answer.n_uris++] = uri_of("sip:2@no", "sip", "sip", "no");
	answer.uris[answer.n_uris++] = uri_of("sips:3@a", "sips", "sip", "a");
	answer.uris[answer.n_uris++] = uri_of("sip:4@b", "sip", "sip", "b");
	CHECK(enum_call_choose(rules, &answer, false, uris, 4, &refused) == 3);
	CHECK(refused == 1);
	CHECK(uris[0] == &answer.uris[3] && uris[1] == &answer.uris[4] &&
	      uris[2] == &answer.uris[0]);
	CHECK(enum_call_choose(rules, &answer, false, uris, 1, NULL) == 1);
	/* RFC 4694 4: who has asked the database does not ask again */
	CHECK(enum_call_choose(rules, &answer, true, uris, 4, NULL) == 2);
	enum_rules_unref(rules);
}

static const struct test tests[] = {
	{ "the group enum becomes rules", rules_are_read, false },
	{ "bad settings are told", bad_settings_are_told, false },
	{ "a reload that changes nothing is known", equal_rules_are_known,
	  false },
	{ "hosts are allowed or refused with all below them",
	  domains_are_allowed_or_refused, false },
	{ "sip goes before pstn, and nothing but SIP is called",
	  uris_are_chosen, false },
};
const struct test_suite suite_enum_rules = TEST_SUITE("enum_rules", tests);
