/* fuzz_conf.c - any configuration: good, or refused with a reason */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "tests/fuzz/fuzz.h"

struct inner {
	char *text;
	int word;
};

struct outer {
	int64_t number;
	bool truth;
	struct inner inner;
	struct conf_list groups; /* struct inner */
	struct conf_list texts;
};

static const char *const words[] = { "udp", "tcp", NULL };

static const struct conf_field inner_fields[] = {
	{ .key = "text",
	  .type = CONF_STRING,
	  .offset = offsetof(struct inner, text),
	  .preset_text = "preset",
	  .required = true },
	{ .key = "word",
	  .type = CONF_ENUM,
	  .offset = offsetof(struct inner, word),
	  .words = words },
};

static const struct conf_table inner_table = { inner_fields, 2,
					       sizeof(struct inner), NULL };

static const struct conf_field outer_fields[] = {
	{ .key = "number",
	  .type = CONF_INT,
	  .offset = offsetof(struct outer, number),
	  .min = -5,
	  .max = INT64_MAX },
	{ .key = "truth",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct outer, truth) },
	{ .key = "inner",
	  .type = CONF_GROUP,
	  .offset = offsetof(struct outer, inner),
	  .sub = &inner_table },
	{ .key = "groups",
	  .type = CONF_LIST,
	  .offset = offsetof(struct outer, groups),
	  .sub = &inner_table,
	  .min = 1,
	  .max = 4 },
	{ .key = "texts",
	  .type = CONF_STRINGS,
	  .offset = offsetof(struct outer, texts) },
};

static const struct conf_table outer_table = { outer_fields, 5,
					       sizeof(struct outer), NULL };

static void
differs(void *arg, const char *setting, bool reloadable)
{
	(void)arg;
	(void)setting;
	(void)reloadable;
	assert(false);
}

/* libconfig 1.5 loses the text it was reading when a syntax error ends it. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct conf_errors errors;
	struct outer outer;
	int err;

	assert(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	err = conf_read_text("fuzz", text, &outer_table, &outer, &errors);
	assert(err == 0 || (err == ERR_SYNTAX && errors.n > 0));
	if (err == 0) {
		assert(outer.number >= -5 && outer.groups.n <= 4);
		conf_compare(&outer_table, &outer, &outer, differs, NULL);
		conf_free(&outer_table, &outer);
	}
	conf_errors_fini(&errors);
	free(text);
	return 0;
}
