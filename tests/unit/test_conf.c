/* test_conf.c - tables of settings, files, and what messages say */
#include "base/conf.h"

#include "tests/unit/conf_sample.h"

static const struct listener *
listener_at(const struct config *config, size_t i)
{
	return (const struct listener *)config->listen.items + i;
}

static const char *
host_at(const struct config *config, size_t i)
{
	return ((char **)config->hosts.items)[i];
}

static void
every_type_is_read(void)
{
	struct config config;

	if (!read_good("name = \"a\" \"b\"; comment = \"\\\"\\\\ \\n\";\n"
		       "timer_ms = 1000, any = -9223372036854775808L;\n"
		       "enabled = TRUE;\n"
		       "trip : { hold_time_s = 0x10; jitter = 5000000000;\n"
		       "  tls = { cert = \"c.pem\"; verify = false; }; };\n"
		       "listen = ( { uri = \"sip:a\"; transport = \"tls\"; },\n"
		       "  { uri = \"sip:b\"; backlog = 1L; } );\n"
		       "hosts = [ \"x\", \"\" ]",
		       &config))
		return;
	CHECK(strcmp(config.name, "ab") == 0);
	CHECK(strcmp(config.comment, "\"\\ \n") == 0);
	CHECK(config.timer_ms == 1000);
	CHECK(config.any == INT64_MIN);
	CHECK(config.enabled);
	CHECK(config.trip.hold_time_s == 16);
	CHECK(config.trip.jitter == INT64_C(5000000000));
	CHECK(strcmp(config.trip.tls.cert, "c.pem") == 0);
	CHECK(!config.trip.tls.verify);
	if (CHECK(config.listen.n == 2)) {
		CHECK(strcmp(listener_at(&config, 0)->uri, "sip:a") == 0);
		CHECK(listener_at(&config, 0)->transport == 2);
		CHECK(listener_at(&config, 0)->backlog == 128);
		CHECK(strcmp(listener_at(&config, 1)->uri, "sip:b") == 0);
		CHECK(listener_at(&config, 1)->transport == 1);
		CHECK(listener_at(&config, 1)->backlog == 1);
	}
	if (CHECK(config.hosts.n == 2)) {
		CHECK(strcmp(host_at(&config, 0), "x") == 0);
		CHECK(strcmp(host_at(&config, 1), "") == 0);
	}
	conf_free(&config_table, &config);
	CHECK(config.name == NULL && config.listen.n == 0);
}

static void
are_presets(const struct config *config)
{
	CHECK(strcmp(config->name, "node") == 0);
	CHECK(config->comment == NULL);
	CHECK(config->timer_ms == 500);
	CHECK(config->any == 0);
	CHECK(!config->enabled);
	CHECK(config->trip.hold_time_s == 90);
	CHECK(config->trip.tls.cert == NULL);
	CHECK(strcmp(config->trip.realm, "example.net") == 0);
	CHECK(config->trip.tls.verify);
	CHECK(config->listen.n == 0 && config->hosts.n == 0);
}

static void
what_is_absent_is_preset(void)
{
	struct config config;

	if (read_good("", &config)) {
		are_presets(&config);
		conf_free(&config_table, &config);
	}
	if (read_good("# nothing\n// at\r\n/* all\n*/ trip = { };", &config)) {
		are_presets(&config);
		conf_free(&config_table, &config);
	}
	if (OK(conf_presets(&config_table, &config))) {
		are_presets(&config);
		conf_free(&config_table, &config);
	}
	conf_free(&config_table, NULL);
}

#define SIXTY "012345678901234567890123456789012345678901234567890123456789"
#define LISTENERS "listen is a list of"

static const struct bad_row {
	const char *what, *text, *errors;
} bad_rows[] = {
	{ "out of range", "timer_ms = 99;",
	  "t.conf:1: timer_ms is 99, expected 100..1000 (ms)\n" },
	{ "out of range, above", "\n\ntimer_ms = 1001;",
	  "t.conf:3: timer_ms is 1001, expected 100..1000 (ms)\n" },
	{ "the range in words", "trip = {\n hold_time_s = 2;\n};",
	  "t.conf:2: trip.hold_time_s is 2, expected 0 or 3..65535 (s)\n" },
	{ "more than 32 bits", "timer_ms = 4294967796;",
	  "t.conf:1: timer_ms is 4294967796, expected 100..1000 (ms)\n" },
	{ "more than 32 bits below", "timer_ms = -4294966796;",
	  "t.conf:1: timer_ms is -4294966796, expected 100..1000 (ms)\n" },
	{ "more than 32 bits in hex", "timer_ms = 0x1000001F4;",
	  "t.conf:1: timer_ms is 4294967796, expected 100..1000 (ms)\n" },
	{ "more than 64 bits", "\nany = 9223372036854775808;",
	  "t.conf:2: 9223372036854775808 is a number over 64 bits, expected "
	  "-9223372036854775808..9223372036854775807\n" },
	{ "more than 64 bits, marked", "any = -9223372036854775809L;",
	  "t.conf:1: -9223372036854775809 is a number over 64 bits, expected "
	  "-9223372036854775808..9223372036854775807\n" },
	{ "more than 64 bits in hex", "any = 0x8000000000000000;",
	  "t.conf:1: 0x8000000000000000 is a number over 64 bits, expected "
	  "-9223372036854775808..9223372036854775807\n" },
	{ "a fraction", "timer_ms = 500.5;",
	  "t.conf:1: timer_ms is 500.5, expected 100..1000 (ms)\n" },
	{ "a text for a number", "any = \"5\";",
	  "t.conf:1: any is \"5\", expected a whole number\n" },
	{ "a truth for a number", "any = true;",
	  "t.conf:1: any is true, expected a whole number\n" },
	{ "a number for a truth", "enabled = 1;",
	  "t.conf:1: enabled is 1, expected true or false\n" },
	{ "a number for a text", "name = 5;",
	  "t.conf:1: name is 5, expected a text in quotes\n" },
	{ "a group for a text", "name = { };",
	  "t.conf:1: name is a group, expected a text in quotes\n" },
	{ "a number for a text, in words", "trip = { tls = { cert = 5; }; };",
	  "t.conf:1: trip.tls.cert is 5, expected the path of a PEM file\n" },
	{ "a number for a group", "trip = 5;",
	  "t.conf:1: trip is 5, expected a group { ... }\n" },
	{ "a group for a list", "listen = { uri = \"a\"; };",
	  "t.conf:1: listen is a group, expected a list of groups "
	  "( { ... }, ... )\n" },
	{ "a number for a list", "hosts = 5;",
	  "t.conf:1: hosts is 5, expected a list of texts "
	  "( \"...\", ... )\n" },
	{ "items of the wrong kind", "hosts = ( \"a\",\n 5, { } );",
	  "t.conf:2: hosts[1] is 5, expected a text in quotes\n"
	  "t.conf:2: hosts[2] is a group, expected a text in quotes\n" },
	{ "numbers for groups", "listen = [ 1,\n 2 ];",
	  "t.conf:1: listen[0] is 1, expected a group { ... }\n"
	  "t.conf:2: listen[1] is 2, expected a group { ... }\n" },
	{ "too few items", "listen = ( );",
	  "t.conf:1: " LISTENERS " 0, expected 1..3 items\n" },
	{ "too many items", "listen = ( 1, 2, 3, 4 );",
	  "t.conf:1: " LISTENERS " 4, expected 1..3 items\n" },
	{ "too few of any number", "hosts = [ ];",
	  "t.conf:1: hosts is a list of 0, expected at least 1 items\n" },
	{ "no such word", "listen = ( { uri = \"a\"; transport = \"UDP\"; } );",
	  "t.conf:1: listen[0].transport is \"UDP\", expected one of udp, "
	  "tcp, tls\n" },
	{ "a number for a word",
	  "listen = ( { uri = \"a\"; transport = 0; } );",
	  "t.conf:1: listen[0].transport is 0, expected one of udp, tcp, "
	  "tls\n" },
	{ "missing in a list", "listen = (\n {\n  backlog = 5; } );",
	  "t.conf:2: listen[0].uri is missing, expected a text in quotes\n" },
	{ "missing in a group that is there", "trip = {\n\n tls = { }; };",
	  "t.conf:3: trip.tls.cert is missing, expected the path of a PEM "
	  "file\n" },
	{ "unknown", "timer = 5;",
	  "t.conf:1: timer is an unknown setting, expected " SAMPLE_SETTINGS },
	{ "unknown in a list", "listen = ( { uri = \"a\";\n url = \"b\"; } );",
	  "t.conf:2: listen[0].url is an unknown setting, expected one of "
	  "uri, transport, backlog\n" },
	{ "all at once",
	  "timer_ms = 5;\ntrip = { jitter = -6;\n x = 1; };\n"
	  "listen = ( { uri = 1; }, { backlog = 0; } );\nenabled = 0;",
	  "t.conf:1: timer_ms is 5, expected 100..1000 (ms)\n"
	  "t.conf:5: enabled is 0, expected true or false\n"
	  "t.conf:2: trip.jitter is -6, expected -5..5000000000\n"
	  "t.conf:3: trip.x is an unknown setting, expected one of "
	  "hold_time_s, jitter, tls, realm\n"
	  "t.conf:4: listen[0].uri is 1, expected a text in quotes\n"
	  "t.conf:4: listen[1].uri is missing, expected a text in quotes\n"
	  "t.conf:4: listen[1].backlog is 0, expected 1..1024\n" },
	{ "a check across fields",
	  "listen = ( { uri = \"a\"; },\n"
	  " { uri = \"b\"; transport = \"udp\"; backlog = 5; } );",
	  "t.conf:2: backlog is 5, expected none with udp\n" },
	{ "a check of the whole", "enabled = true;",
	  "t.conf: hosts is empty, expected some when enabled is true\n" },
	{ "no check after errors", "enabled = true; any = 1.0;",
	  "t.conf:1: any is 1, expected a whole number\n" },
	{ "what does not print", "enabled = \"\\n\x7F\\\"\xC3\xBC\";",
	  "t.conf:1: enabled is \"\\x0A\\x7F\"\xC3\xBC\", expected true or "
	  "false\n" },
	{ "as long as is shown", "enabled = \"" SIXTY "\";",
	  "t.conf:1: enabled is \"" SIXTY "\", expected true or false\n" },
	{ "longer than is shown", "enabled = \"" SIXTY "0\";",
	  "t.conf:1: enabled is \"" SIXTY "...\", expected true or false\n" },
	{ "not a setting", "any = 1;\nname 5;",
	  "t.conf:2: syntax error, expected NAME = VALUE;\n" },
	{ "twice", "any = 1;\nany = 2;", "t.conf:2: duplicate setting name\n" },
	{ "a text left open", "any = 1;\nname = \"x;\nany = 2;\n",
	  "t.conf:2: a text is left open, expected a closing quote\n" },
	{ "a text that ends in a backslash", "name = \"x\\",
	  "t.conf:1: a text is left open, expected a closing quote\n" },
	{ "a comment left open", "any = 1;\n/* x;\nany = 2;\n",
	  "t.conf:2: a comment is left open, expected */ behind it\n" },
	{ "half a comment", "any = 1; /*/",
	  "t.conf:1: a comment is left open, expected */ behind it\n" },
	{ "an include in a text", "any = 1;\n @include \"/etc/passwd\"\n",
	  "t.conf:2: @include is in a text, expected it in files only\n" },
};

static void
every_error_is_reported(void)
{
	char found[2048];

	for (size_t i = 0; i < N(bad_rows); i++) {
		struct config config;
		struct conf_errors errors;
		int err = conf_read_text("t.conf", bad_rows[i].text,
					 &config_table, &config, &errors);

		test_row(bad_rows[i].what);
		CHECK(err == ERR_SYNTAX);
		CHECK(test_starved() || config.name == NULL);
		join(&errors, found, sizeof(found));
		CHECK(strcmp(found, bad_rows[i].errors) == 0);
		if (err == 0)
			conf_free(&config_table, &config);
		conf_errors_fini(&errors);
	}
}

/* The settings that differ, each as "key" or "key+" when it is reloadable. */
static void
note_difference(void *arg, const char *setting, bool reloadable)
{
	char *out = arg;
	size_t n = strlen(out);

	snprintf(out + n, 256 - n, "%s%s ", setting, reloadable ? "+" : "");
}

#define BASE "hosts = [ \"x\", \"y\" ]; listen = ( { uri = \"a\"; } );"

static void
differences_are_named(void)
{
	static const struct {
		const char *text, *differs;
	} rows[] = {
		{ BASE, "" },
		{ BASE "name = \"node\"; timer_ms = 500;", "" },
		{ BASE "name = \"other\";", "name " },
		{ BASE "comment = \"\"; any = 5;", "comment any " },
		{ BASE "enabled = true;", "enabled+ " },
		{ BASE "trip = { hold_time_s = 5; jitter = 1; };",
		  "trip.hold_time_s+ trip.jitter " },
		{ BASE "trip = { tls = { cert = \"c\"; verify = false; }; };",
		  "trip.tls.cert trip.tls.verify+ " },
		{ "hosts = [ \"x\", \"z\" ]; listen = ( { uri = \"a\"; } );",
		  "hosts+ " },
		{ "hosts = [ \"x\" ]; listen = ( { uri = \"a\"; } );",
		  "hosts+ " },
		{ "listen = ( { uri = \"a\"; } );", "hosts+ " },
		{ "hosts = [ \"x\", \"y\" ]; listen = ( { uri = \"b\"; } );",
		  "listen " },
		{ "hosts = [ \"x\", \"y\" ]; listen = ( { uri = \"a\"; "
		  "transport = \"tls\"; } );",
		  "listen " },
		{ "hosts = [ \"x\", \"y\" ]; listen = ( { uri = \"a\"; }, "
		  "{ uri = \"a\"; } );",
		  "listen " },
	};
	struct config before, after;

	if (!read_good(BASE, &before))
		return;
	for (size_t i = 0; i < N(rows); i++) {
		char differs[256] = "";

		test_row(rows[i].text);
		if (!read_good(rows[i].text, &after))
			continue;
		conf_compare(&config_table, &before, &after, note_difference,
			     differs);
		CHECK(strcmp(differs, rows[i].differs) == 0);
		conf_free(&config_table, &after);
	}
	conf_free(&config_table, &before);
}

static const struct test tests[] = {
	{ "every type of setting is read", every_type_is_read, false },
	{ "what is absent is preset", what_is_absent_is_preset, false },
	{ "every error is reported with file, line, value and expectation",
	  every_error_is_reported, false },
	{ "differences are named as group.key", differences_are_named, false },
};

const struct test_suite suite_conf = TEST_SUITE("conf", tests);
