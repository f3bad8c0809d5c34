/* test_service.c - Enumservices */
#include "enum/service.h"

#include <stdio.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void
test_walk(void)
{
	static const struct {
		const char *field;
		int err;
		const char *services; /* joined by spaces */
	} rows[] = {
		{ "E2U+sip", 0, "sip" },
		{ "e2u+SIP", 0, "sip" },
		{ "SIP+E2U", 0, "sip" },
		{ "E2U+voice:tel+sms:tel", 0, "voice:tel sms:tel" },
		{ "E2U+web:http:https", 0, "web:http web:https" },
		{ "tel+sip+E2U", 0, "tel sip" },
		{ "E2U+s p+sip", 0, "sip" },
		{ "E2U+voice:+sip", 0, "sip" },
		{ "E2U+0123456789012345678901234567890123+sip", 0, "sip" },
		{ "E2U", ERR_SYNTAX, "" },
		{ "E2U+", ERR_SYNTAX, "" },
		{ "+E2U+sip", ERR_SYNTAX, "" },
		{ "E2U++sip", ERR_SYNTAX, "" },
		{ "sip+E2U+tel", ERR_SYNTAX, "" },
		{ "E2U+sip+E2U", ERR_SYNTAX, "" },
		{ "", ERR_NOTOURS, "" },
		{ "SIP+D2U", ERR_NOTOURS, "" },
		{ "E2MD:cnam", ERR_NOTOURS, "" },
	};
	struct enum_service_walk walk;
	char service[ENUM_SERVICE_MAX], all[256];

	for (size_t i = 0; i < N(rows); i++) {
		size_t len = 0;

		test_row(rows[i].field);
		all[0] = '\0';
		CHECK(enum_service_walk_init(&walk, str_of(rows[i].field)) ==
		      rows[i].err);
		while (rows[i].err == 0 &&
		       enum_service_walk_next(&walk, service))
			len += (size_t)snprintf(all + len, sizeof(all) - len,
						"%s%s", len > 0 ? " " : "",
						service);
		CHECK(strcmp(all, rows[i].services) == 0);
	}
	test_row(NULL);
}

static void
test_list(void)
{
	struct enum_services services;

	OK(enum_services_parse(str_of("SIP, pstn:tel"), &services));
	CHECK(services.n == 2 && enum_services_has(&services, "sip"));
	CHECK(enum_services_has(&services, "pstn:tel"));
	CHECK(!enum_services_has(&services, "pstn"));
	CHECK(!enum_services_has(&services, "sip:sip"));
	CHECK(enum_services_parse(str_of(""), &services) == ERR_SYNTAX);
	CHECK(enum_services_parse(str_of("a,,b"), &services) == ERR_SYNTAX);
	CHECK(enum_services_parse(str_of("a:b:c"), &services) == ERR_SYNTAX);
}

static void
test_kinds(void)
{
	CHECK(enum_service_is_private("p-x") && !enum_service_is_private("p"));
	CHECK(enum_service_is_void("void") && enum_service_is_void("void:x"));
	CHECK(enum_service_is_void("unused:data"));
	CHECK(!enum_service_is_void("voided"));
}

static void
test_schemes(void)
{
	static const struct {
		const char *service, *scheme;
		bool takes;
	} rows[] = {
		{ "sip", "sip", true },
		{ "sip", "sips", true },
		{ "sip", "tel", false },
		{ "pstn:tel", "tel", true },
		{ "pstn:tel", "sip", false },
		{ "pstn:sip", "sip", true },
		{ "voice:tel", "tel", true },
		{ "voice:tel", "sip", false },
		{ "email:mailto", "mailto", true },
		{ "web:https", "http", false },
		{ "x-foo", "foo", true },
		{ "x-foo:bar", "foo", true },
	};

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].service);
		CHECK(enum_service_takes(rows[i].service,
					 str_of(rows[i].scheme)) ==
		      rows[i].takes);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "fields are walked service by service", test_walk, true },
	{ "lists name services exactly", test_list, true },
	{ "private and void services are known", test_kinds, true },
	{ "schemes belong to services", test_schemes, true },
};

const struct test_suite suite_service = TEST_SUITE("service", tests);
