/* test_target.c - numbers, users and domains, with published example numbers */
#include "lcrproxy/target.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

extern const struct test_suite suite_target;

/* The host "us" is ours. National numbers in the way they are dialled within
 * their country, as tests/data/numbers.csv has them. */
static const struct {
	const char *what, *uri;
	const char *code, *international, *national; /* of the account */
	const char *tech_prefix;
	enum policy_target kind;
	const char *number; /* or "" */
	int err;
	const char *contact; /* of the user; NULL: none */
} cases[] = {
	/* numbers */
	{ "global", "sip:+4930123456@us", "49", "00", "0", "", POLICY_NATIONAL,
	  "4930123456", 0, NULL },
	{ "with separators", "sip:+49-(30)-12.34.56@us", "49", "00", "0", "",
	  POLICY_NATIONAL, "4930123456", 0, NULL },
	{ "Germany, national", "sip:030123456@us", "49", "00", "0", "",
	  POLICY_NATIONAL, "4930123456", 0, NULL },
	{ "Germany, abroad", "sip:00442079460123@us", "49", "00", "0", "",
	  POLICY_INTERNATIONAL, "442079460123", 0, NULL },
	{ "United Kingdom, national", "sip:01212345678@us", "44", "00", "0",
	  "", POLICY_NATIONAL, "441212345678", 0, NULL },
	{ "Italy keeps its zero", "sip:0212345678@us", "39", "00", "", "",
	  POLICY_NATIONAL, "390212345678", 0, NULL },
	{ "United States, abroad", "sip:011442079460123@us", "1", "011", "1",
	  "", POLICY_INTERNATIONAL, "442079460123", 0, NULL },
	{ "United States, national", "sip:12015550123@us", "1", "011", "1",
	  "", POLICY_NATIONAL, "12015550123", 0, NULL },
	{ "Spain, without a prefix", "sip:810123456@us", "34", "00", "", "",
	  POLICY_NATIONAL, "34810123456", 0, NULL },
	{ "tel", "tel:+442079460123", "49", "00", "0", "",
	  POLICY_INTERNATIONAL, "442079460123", 0, NULL },
	{ "tel with a range", "tel:0123456;phone-context=+4930", "49", "00",
	  "0", "", POLICY_NATIONAL, "49300123456", 0, NULL },
	{ "tel with a domain", "tel:030123456;phone-context=us", "49", "00",
	  "0", "", POLICY_NATIONAL, "4930123456", 0, NULL },
	{ "the same in sip",
	  "sip:7042123;phone-context=+1201@us;user=phone", "49", "00", "0",
	  "", POLICY_INTERNATIONAL, "12017042123", 0, NULL },
	{ "sips", "sips:+4930123456@us", "49", "00", "0", "", POLICY_NATIONAL,
	  "4930123456", 0, NULL },
	{ "behind a tech prefix", "sip:99%23030123456@us", "49", "00", "0",
	  "99#", POLICY_NATIONAL, "4930123456", 0, NULL },
	{ "without the tech prefix", "sip:030123456@us", "49", "00", "0",
	  "99#", POLICY_NATIONAL, "", ERR_SYNTAX, NULL },
	{ "what is dialled and no number", "sip:*31%23030123@us", "49", "00",
	  "0", "", POLICY_NATIONAL, "", ERR_SYNTAX, NULL },
	{ "letters that say to be a number", "sip:freefone@us;user=phone",
	  "49", "00", "0", "", POLICY_NATIONAL, "", ERR_SYNTAX, NULL },
	{ "a dial string", "sip:030123456@us;user=dialstring", "49", "00",
	  "0", "", POLICY_NATIONAL, "4930123456", 0, NULL },
	{ "too long", "sip:+4930123456789012345@us", "49", "00", "0", "",
	  POLICY_NATIONAL, "", ERR_RANGE, NULL },
	{ "national, and no country is known", "sip:030123456@us", "", "00",
	  "0", "", POLICY_NATIONAL, "", ERR_INVAL, NULL },
	/* users */
	{ "a user", "sip:alice@us", "49", "00", "0", "", POLICY_LOCAL, "", 0,
	  "sip:a@192.0.2.1" },
	{ "a user of digits before the number", "sip:100@us", "49", "00", "0",
	  "", POLICY_LOCAL, "", 0, "sip:100@192.0.2.1" },
	{ "but not when it is said to be a number", "sip:100@us;user=phone",
	  "49", "00", "0", "", POLICY_NATIONAL, "49100", 0, NULL },
	{ "a user's number", "sip:030555@us", "49", "00", "0", "",
	  POLICY_LOCAL, "4930555", 0, "sip:a@192.0.2.1" },
	{ "a user's number in tel", "tel:+4930555", "49", "00", "0", "",
	  POLICY_LOCAL, "4930555", 0, "sip:a@192.0.2.1" },
	{ "an escaped name", "sip:%61lice@us", "49", "00", "0", "",
	  POLICY_LOCAL, "", 0, "sip:a@192.0.2.1" },
	{ "nobody's name", "sip:mallory@us", "49", "00", "0", "",
	  POLICY_LOCAL, "", ERR_SYNTAX, NULL },
	{ "SQL", "sip:'%3BDROP%20TABLE@us", "49", "00", "0", "",
	  POLICY_LOCAL, "", ERR_SYNTAX, NULL },
	{ "a NUL", "sip:100%00@us", "49", "00", "0", "", POLICY_LOCAL, "",
	  ERR_SYNTAX, NULL },
	{ "digits of another alphabet", "sip:%D9%A1%D9%A2%D9%A3@us", "49",
	  "00", "0", "", POLICY_LOCAL, "", ERR_SYNTAX, NULL },
	{ "a line end", "sip:030%0D%0A123@us", "49", "00", "0", "",
	  POLICY_LOCAL, "", ERR_SYNTAX, NULL },
	/* others */
	{ "the proxy itself", "sip:us", "49", "00", "0", "", POLICY_NODE, "",
	  0, NULL },
	{ "another domain", "sip:alice@them", "49", "00", "0", "",
	  POLICY_FOREIGN, "", 0, NULL },
	{ "a number of another domain", "sip:+4930555@them;user=phone", "49",
	  "00", "0", "", POLICY_FOREIGN, "", 0, NULL },
};

static void
check(size_t i, const struct route_sample *f)
{
	struct dial_plan plan = { .country_code = "" };
	struct target_place place = { .snapshot = f->snapshot,
				      .domain = str_of("us"),
				      .plan = &plan,
				      .tech_prefix = cases[i].tech_prefix };
	struct target target;
	struct arena arena;
	struct sip_uri uri;

	CHECK(str_copy(str_of(cases[i].code), plan.country_code,
		       sizeof(plan.country_code)) == 0 &&
	      str_copy(str_of(cases[i].international),
		       plan.international_prefix,
		       sizeof(plan.international_prefix)) == 0 &&
	      str_copy(str_of(cases[i].national), plan.national_prefix,
		       sizeof(plan.national_prefix)) == 0);
	arena_init(&arena, NULL, 0, 0);
	place.takes_isn = i % 2 == 0; /* they are numbers and names all the same */
	if (OK(sip_uri_parse(&arena, str_of(cases[i].uri), &uri))) {
		place.is_ours = str_eq_text(uri.host, "us");
		if (OK(target_find(&arena, &place, &uri, &target))) {
			CHECK(target.kind == cases[i].kind);
			CHECK(target.err == cases[i].err);
			CHECK(target.number.len == strlen(cases[i].number));
			CHECK(target.number.len == 0 ||
			      strcmp(target.number.digits,
				     cases[i].number) == 0);
			CHECK((target.user == NULL) ==
			      (cases[i].contact == NULL));
			CHECK(target.user == NULL ||
			      strcmp(target.user->contact,
				     cases[i].contact) == 0);
		}
	}
	arena_fini(&arena);
}

static void
test_cases(void)
{
	struct route_sample f;

	sip_value_setup();
	if (route_sample_open(&f, "target",
			      "INSERT INTO users (username, contact, number)"
			      " VALUES ('alice', 'sip:a@192.0.2.1', '4930555'),"
			      " ('100', 'sip:100@192.0.2.1', '')")) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			test_row(cases[i].what);
			check(i, &f);
		}
		test_row(NULL);
	}
	OK(f.err);
	route_sample_close(&f);
}

/* One line of tests/data/numbers.csv. */
struct example {
	char region[4], type[24], code[4], international[8], national[8],
	    rest[16];
};

/* Dialled within its country, and from the next one. */
static void
check_example(const struct example *example, const struct route_sample *f)
{
	struct dial_plan plan = { .country_code = "" };
	struct target_place place = { .snapshot = f->snapshot,
				      .is_ours = true,
				      .domain = str_of("us"),
				      .plan = &plan,
				      .tech_prefix = "" };
	const struct dial_plan germany = { "49", "00", "0" };
	const struct dial_plan austria = { "43", "00", "0" };
	bool is_german = strcmp(example->code, "49") == 0;
	struct sip_uri uri = { .scheme = SIP_SCHEME_SIP };
	char dialled[40], e164[20];
	struct target target;
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	snprintf(e164, sizeof(e164), "%s%s", example->code, example->rest);
	memcpy(plan.country_code, example->code, sizeof(plan.country_code));
	memcpy(plan.international_prefix, example->international, 8);
	if (example->national[0] != '-')
		memcpy(plan.national_prefix, example->national, 8);
	snprintf(dialled, sizeof(dialled), "%s%s", plan.national_prefix,
		 example->rest);
	uri.user = str_of(dialled);
	if (OK(target_find(&arena, &place, &uri, &target)))
		CHECK(target.kind == POLICY_NATIONAL &&
		      strcmp(target.number.digits, e164) == 0);
	plan = is_german ? austria : germany;
	snprintf(dialled, sizeof(dialled), "00%s", e164);
	uri.user = str_of(dialled);
	if (OK(target_find(&arena, &place, &uri, &target)))
		CHECK(target.kind == POLICY_INTERNATIONAL &&
		      strcmp(target.number.digits, e164) == 0);
	arena_fini(&arena);
}

static void
test_examples(void)
{
	char path[4096], line[256];
	struct route_sample f;
	size_t n = 0;
	FILE *file = fopen(test_file("tests/data/numbers.csv", path,
				     sizeof(path)), "r");

	if (!CHECK(file != NULL))
		return;
	if (route_sample_open(&f, "target", NULL)) {
		while (fgets(line, sizeof(line), file) != NULL) {
			struct example e;

			if (sscanf(line, "%3[^,],%23[^,],%3[^,],%7[^,],%7[^,],"
					 "%15[0-9]",
				   e.region, e.type, e.code, e.international,
				   e.national, e.rest) != 6)
				continue;
			test_row(line);
			check_example(&e, &f);
			n++;
		}
		test_row(NULL);
		CHECK(n > 900);
	}
	OK(f.err);
	route_sample_close(&f);
	fclose(file);
}

static const struct test tests[] = {
	{ "a Request-URI asks for a number, a user or a domain", test_cases,
	  false },
	{ "the example numbers of all countries are found as they are dialled",
	  test_examples, true },
};
const struct test_suite suite_target = TEST_SUITE("target", tests);
