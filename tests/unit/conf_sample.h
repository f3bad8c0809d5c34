/*
 * conf_sample.h - a configuration with every kind of setting, for tests
 */
#ifndef TESTS_UNIT_CONF_SAMPLE_H
#define TESTS_UNIT_CONF_SAMPLE_H

#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "tests/unit/harness.h"

/* What a message about an unknown setting ends with. */
#define SAMPLE_SETTINGS \
	"one of name, comment, timer_ms, any, enabled, trip, listen, hosts\n"

#define N(table) (sizeof(table) / sizeof((table)[0]))

struct listener {
	char *uri;
	int transport;
	int64_t backlog;
};

struct tls {
	char *cert;
	bool verify;
};

struct trip {
	int64_t hold_time_s;
	int64_t jitter;
	struct tls tls;
	char *realm;
};

struct config {
	char *name;
	char *comment;
	int64_t timer_ms;
	int64_t any;
	bool enabled;
	struct trip trip;
	struct conf_list listen; /* struct listener */
	struct conf_list hosts;  /* char * */
};

static const char *const transports[] = { "udp", "tcp", "tls", NULL };

static const struct conf_field listener_fields[] = {
	{ .key = "uri",
	  .type = CONF_STRING,
	  .offset = offsetof(struct listener, uri),
	  .required = true },
	{ .key = "transport",
	  .type = CONF_ENUM,
	  .offset = offsetof(struct listener, transport),
	  .words = transports,
	  .preset = 1 },
	{ .key = "backlog",
	  .type = CONF_INT,
	  .offset = offsetof(struct listener, backlog),
	  .min = 1,
	  .max = 1024,
	  .preset = 128 },
};

static int
check_listener(const void *item, struct conf_errors *errors, const char *path,
	       int line)
{
	const struct listener *listener = item;

	if (listener->transport == 0 && listener->backlog != 128)
		return conf_error(errors, path, line,
				  "backlog is %lld, expected none with udp",
				  (long long)listener->backlog);
	return 0;
}

static const struct conf_table listener_table = {
	.fields = listener_fields,
	.n_fields = N(listener_fields),
	.size = sizeof(struct listener),
	.check = check_listener,
};

static const struct conf_field tls_fields[] = {
	{ .key = "cert",
	  .type = CONF_STRING,
	  .offset = offsetof(struct tls, cert),
	  .required = true,
	  .expected = "the path of a PEM file" },
	{ .key = "verify",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct tls, verify),
	  .preset = true,
	  .reloadable = true },
};

static const struct conf_table tls_table = {
	.fields = tls_fields,
	.n_fields = N(tls_fields),
	.size = sizeof(struct tls),
};

static const struct conf_field trip_fields[] = {
	{ .key = "hold_time_s",
	  .type = CONF_INT,
	  .offset = offsetof(struct trip, hold_time_s),
	  .min = 3,
	  .max = 65535,
	  .preset = 90,
	  .reloadable = true,
	  .unit = "s",
	  .expected = "0 or 3..65535" },
	{ .key = "jitter",
	  .type = CONF_INT,
	  .offset = offsetof(struct trip, jitter),
	  .min = -5,
	  .max = INT64_C(5000000000) },
	{ .key = "tls",
	  .type = CONF_GROUP,
	  .offset = offsetof(struct trip, tls),
	  .sub = &tls_table },
	{ .key = "realm",
	  .type = CONF_STRING,
	  .offset = offsetof(struct trip, realm),
	  .preset_text = "example.net" },
};

static const struct conf_table trip_table = {
	.fields = trip_fields,
	.n_fields = N(trip_fields),
	.size = sizeof(struct trip),
};

static int
check_config(const void *item, struct conf_errors *errors, const char *path,
	     int line)
{
	const struct config *config = item;

	if (config->enabled && config->hosts.n == 0)
		return conf_error(errors, path, line,
				  "hosts is empty, expected some when enabled "
				  "is true");
	return 0;
}

static const struct conf_field config_fields[] = {
	{ .key = "name",
	  .type = CONF_STRING,
	  .offset = offsetof(struct config, name),
	  .preset_text = "node" },
	{ .key = "comment",
	  .type = CONF_STRING,
	  .offset = offsetof(struct config, comment) },
	{ .key = "timer_ms",
	  .type = CONF_INT,
	  .offset = offsetof(struct config, timer_ms),
	  .min = 100,
	  .max = 1000,
	  .preset = 500,
	  .unit = "ms" },
	{ .key = "any",
	  .type = CONF_INT,
	  .offset = offsetof(struct config, any) },
	{ .key = "enabled",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct config, enabled),
	  .reloadable = true },
	{ .key = "trip",
	  .type = CONF_GROUP,
	  .offset = offsetof(struct config, trip),
	  .sub = &trip_table },
	{ .key = "listen",
	  .type = CONF_LIST,
	  .offset = offsetof(struct config, listen),
	  .sub = &listener_table,
	  .min = 1,
	  .max = 3 },
	{ .key = "hosts",
	  .type = CONF_STRINGS,
	  .offset = offsetof(struct config, hosts),
	  .min = 1,
	  .reloadable = true },
};

static const struct conf_table config_table = {
	.fields = config_fields,
	.n_fields = N(config_fields),
	.size = sizeof(struct config),
	.check = check_config,
};

/* Read a text that must be good; false when it is not. */
static inline bool
read_good(const char *text, struct config *config)
{
	struct conf_errors errors;
	int err =
	    conf_read_text("t.conf", text, &config_table, config, &errors);

	for (size_t i = 0; i < errors.n; i++)
		CHECK(strcmp(errors.lines[i], "no error") == 0);
	conf_errors_fini(&errors);
	return OK(err);
}

/* All the lines, one below the other. */
static inline void
join(const struct conf_errors *errors, char *out, size_t cap)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < errors->n && len < cap; i++)
		len += (size_t)snprintf(out + len, cap - len, "%s\n",
					errors->lines[i]);
}

#endif
