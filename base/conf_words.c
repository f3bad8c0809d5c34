/* conf_words.c - settings and what they should be, in words */
#include "base/conf_words.h"

#include <inttypes.h>
#include <libconfig.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 60 /* octets of a text that a message repeats */

/* A text in quotes, cut where it is long; what does not print is \xHH. */
static void
describe_text(const char *text, char out[CONF_VALUE_CAP])
{
	size_t n = 1, i;

	out[0] = '"';
	for (i = 0; text[i] != '\0' && n <= SHOWN_MAX; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x20 && c != 0x7F)
			out[n++] = text[i];
		else
			n += (size_t)snprintf(out + n, 5, "\\x%02X", c);
	}
	snprintf(out + n, CONF_VALUE_CAP - n, "%s\"",
		 text[i] != '\0' ? "..." : "");
}

void
conf_words_value(const config_setting_t *setting, char out[CONF_VALUE_CAP])
{
	int n = config_setting_length(setting);

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(out, CONF_VALUE_CAP, "%lld",
			 config_setting_get_int64(setting));
		break;
	case CONFIG_TYPE_FLOAT:
		snprintf(out, CONF_VALUE_CAP, "%.15g",
			 config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_STRING:
		describe_text(config_setting_get_string(setting), out);
		break;
	case CONFIG_TYPE_BOOL:
		snprintf(out, CONF_VALUE_CAP, "%s",
			 config_setting_get_bool(setting) ? "true" : "false");
		break;
	case CONFIG_TYPE_GROUP:
		snprintf(out, CONF_VALUE_CAP, "a group");
		break;
	default:
		snprintf(out, CONF_VALUE_CAP, "a list of %d", n);
	}
}

void
conf_words_add(char out[CONF_EXPECTED_CAP], const char *word)
{
	size_t n = strlen(out);

	snprintf(out + n, CONF_EXPECTED_CAP - n, "%s%s",
		 n > 0 ? ", " : "one of ", word);
}

static void
describe_range(const struct conf_field *field, char out[CONF_EXPECTED_CAP])
{
	bool bounded = field->min != 0 || field->max != 0;

	if (field->expected != NULL)
		snprintf(out, CONF_EXPECTED_CAP, "%s", field->expected);
	else if (bounded)
		snprintf(out, CONF_EXPECTED_CAP, "%" PRId64 "..%" PRId64,
			 field->min, field->max);
	else
		snprintf(out, CONF_EXPECTED_CAP, "a whole number");
	if (field->unit != NULL) {
		size_t n = strlen(out);

		snprintf(out + n, CONF_EXPECTED_CAP - n, " (%s)", field->unit);
	}
}

void
conf_words_expected(const struct conf_field *field, char out[CONF_EXPECTED_CAP])
{
	static const char *const text[] = {
		[CONF_BOOL] = "true or false",
		[CONF_STRING] = "a text in quotes",
		[CONF_GROUP] = "a group { ... }",
		[CONF_LIST] = "a list of groups ( { ... }, ... )",
		[CONF_STRINGS] = "a list of texts ( \"...\", ... )",
	};

	out[0] = '\0';
	if (field->type == CONF_INT) {
		describe_range(field, out);
	} else if (field->expected != NULL) {
		snprintf(out, CONF_EXPECTED_CAP, "%s", field->expected);
	} else if (field->type == CONF_ENUM) {
		for (size_t i = 0; field->words[i] != NULL; i++)
			conf_words_add(out, field->words[i]);
	} else {
		snprintf(out, CONF_EXPECTED_CAP, "%s", text[field->type]);
	}
}
