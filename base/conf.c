/* conf.c - reads a configuration into the struct a table describes */
#include "base/conf.h"

#include <assert.h>
#include <inttypes.h>
#include <libconfig.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/conf_source.h"
#include "base/conf_words.h"
#include "base/err.h"

#define PATH_CAP 512 /* "listen[1].uri" */

struct reading {
	const struct conf_source *source;
	struct conf_errors *errors;
	char path[PATH_CAP];
	size_t path_len;
};

/* Where the path was before, for leave(). */
static size_t
enter(struct reading *reading, const char *key)
{
	size_t before = reading->path_len;
	int n = snprintf(reading->path + before, PATH_CAP - before, "%s%s",
			 before > 0 ? "." : "", key);

	reading->path_len += (size_t)n;
	if (reading->path_len >= PATH_CAP)
		reading->path_len = PATH_CAP - 1;
	return before;
}

static size_t
enter_item(struct reading *reading, int i)
{
	size_t before = reading->path_len;
	int n = snprintf(reading->path + before, PATH_CAP - before, "[%d]", i);

	reading->path_len += (size_t)n;
	if (reading->path_len >= PATH_CAP)
		reading->path_len = PATH_CAP - 1;
	return before;
}

static void
leave(struct reading *reading, size_t before)
{
	reading->path_len = before;
	reading->path[before] = '\0';
}

/* "FILE:LINE: PATH is VALUE, expected EXPECTED": 0 or ERR_NOMEM; that there
 * are errors shows in their number. */
static int
refuse(struct reading *reading, const config_setting_t *setting,
       const char *value, const char *expected)
{
	int line = (int)config_setting_source_line(setting);
	const char *file = conf_source_where(reading->source, line, &line);
	int err;

	if (config_setting_is_root(setting))
		line = 0;
	err = conf_error(reading->errors, file, line, "%s is %s, expected %s",
			 reading->path, value, expected);
	return err == ERR_NOMEM ? ERR_NOMEM : 0;
}

/* The value does not suit the setting. */
static int
refuse_value(struct reading *reading, const struct conf_field *field,
	     const config_setting_t *setting)
{
	char value[CONF_VALUE_CAP], expected[CONF_EXPECTED_CAP];

	conf_words_value(setting, value);
	conf_words_expected(field, expected);
	return refuse(reading, setting, value, expected);
}

static int
read_int(struct reading *reading, const struct conf_field *field,
	 const config_setting_t *setting, int64_t *out)
{
	int type = config_setting_type(setting);
	bool bounded = field->min != 0 || field->max != 0;
	int64_t value;

	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
		return refuse_value(reading, field, setting);
	value = config_setting_get_int64(setting);
	if (bounded && (value < field->min || value > field->max))
		return refuse_value(reading, field, setting);
	*out = value;
	return 0;
}

static int
read_bool(struct reading *reading, const struct conf_field *field,
	  const config_setting_t *setting, bool *out)
{
	if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
		return refuse_value(reading, field, setting);
	*out = config_setting_get_bool(setting) != 0;
	return 0;
}

static int
read_string(struct reading *reading, const struct conf_field *field,
	    const config_setting_t *setting, char **out)
{
	char *copy;

	if (config_setting_type(setting) != CONFIG_TYPE_STRING)
		return refuse_value(reading, field, setting);
	copy = mem_strdup(config_setting_get_string(setting));
	if (copy == NULL)
		return ERR_NOMEM;
	mem_free(*out);
	*out = copy;
	return 0;
}

static int
read_enum(struct reading *reading, const struct conf_field *field,
	  const config_setting_t *setting, int *out)
{
	const char *word;

	if (config_setting_type(setting) != CONFIG_TYPE_STRING)
		return refuse_value(reading, field, setting);
	word = config_setting_get_string(setting);
	for (int i = 0; field->words[i] != NULL; i++) {
		if (strcmp(field->words[i], word) == 0) {
			*out = i;
			return 0;
		}
	}
	return refuse_value(reading, field, setting);
}

static int read_group(struct reading *reading, const struct conf_table *table,
		      const config_setting_t *group, void *out);

/* One item of a list of groups; it counts as soon as conf_free can take it. */
static int
read_item(struct reading *reading, const struct conf_field *field,
	  const config_setting_t *setting, struct conf_list *list)
{
	void *item = (char *)list->items + list->n * field->sub->size;
	int err = conf_presets(field->sub, item);

	if (err != 0)
		return err;
	list->n++;
	if (!config_setting_is_group(setting)) {
		char value[CONF_VALUE_CAP];

		conf_words_value(setting, value);
		return refuse(reading, setting, value, "a group { ... }");
	}
	return read_group(reading, field->sub, setting, item);
}

static int
read_text_item(struct reading *reading, const config_setting_t *setting,
	       struct conf_list *list)
{
	char value[CONF_VALUE_CAP];
	char *copy;

	if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
		conf_words_value(setting, value);
		return refuse(reading, setting, value, "a text in quotes");
	}
	copy = mem_strdup(config_setting_get_string(setting));
	if (copy == NULL)
		return ERR_NOMEM;
	((char **)list->items)[list->n++] = copy;
	return 0;
}

static int
refuse_count(struct reading *reading, const struct conf_field *field,
	     const config_setting_t *setting)
{
	char value[CONF_VALUE_CAP], expected[CONF_VALUE_CAP];

	conf_words_value(setting, value);
	if (field->max == 0)
		snprintf(expected, sizeof(expected),
			 "at least %" PRId64 " items", field->min);
	else
		snprintf(expected, sizeof(expected),
			 "%" PRId64 "..%" PRId64 " items", field->min,
			 field->max);
	return refuse(reading, setting, value, expected);
}

static int
read_list(struct reading *reading, const struct conf_field *field,
	  const config_setting_t *setting, struct conf_list *out)
{
	bool is_single = field->type == CONF_STRINGS &&
			 config_setting_type(setting) == CONFIG_TYPE_STRING;
	int n = is_single ? 1 : config_setting_length(setting), err = 0;

	if (!is_single && !config_setting_is_list(setting) &&
	    !config_setting_is_array(setting))
		return refuse_value(reading, field, setting);
	if (n < field->min || (field->max != 0 && n > field->max))
		return refuse_count(reading, field, setting);
	if (n == 0)
		return 0;
	out->items = mem_zalloc((size_t)n, field->type == CONF_STRINGS
					       ? sizeof(char *)
					       : field->sub->size);
	if (out->items == NULL)
		return ERR_NOMEM;
	for (int i = 0; i < n && err == 0; i++) {
		const config_setting_t *item =
		    is_single ? setting
			      : config_setting_get_elem(setting, (unsigned)i);
		size_t before = enter_item(reading, i);

		err = field->type == CONF_STRINGS
			  ? read_text_item(reading, item, out)
			  : read_item(reading, field, item, out);
		leave(reading, before);
	}
	return err;
}

static int
read_value(struct reading *reading, const struct conf_field *field,
	   const config_setting_t *setting, void *at)
{
	switch (field->type) {
	case CONF_INT:
		return read_int(reading, field, setting, at);
	case CONF_BOOL:
		return read_bool(reading, field, setting, at);
	case CONF_STRING:
		return read_string(reading, field, setting, at);
	case CONF_ENUM:
		return read_enum(reading, field, setting, at);
	case CONF_GROUP:
		if (!config_setting_is_group(setting))
			return refuse_value(reading, field, setting);
		return read_group(reading, field->sub, setting, at);
	case CONF_LIST:
	case CONF_STRINGS:
		return read_list(reading, field, setting, at);
	case CONF_WHERE:
		break;
	}
	assert(false);
	return ERR_INVAL;
}

static int
note_where(struct reading *reading, const config_setting_t *group,
	   struct conf_where *out)
{
	int line = (int)config_setting_source_line(group);

	out->file =
	    mem_strdup(conf_source_where(reading->source, line, &out->line));
	return out->file != NULL ? 0 : ERR_NOMEM;
}

static int
read_field(struct reading *reading, const struct conf_field *field,
	   const config_setting_t *group, void *item)
{
	const config_setting_t *setting;
	size_t before;
	int err = 0;

	if (field->type == CONF_WHERE)
		return note_where(
		    reading, group,
		    (void *)((char *)item + field->offset));
	setting = config_setting_get_member(group, field->key);
	before = enter(reading, field->key);
	if (setting != NULL) {
		err = read_value(reading, field, setting,
				 (char *)item + field->offset);
	} else if (field->required) {
		char expected[CONF_EXPECTED_CAP];

		conf_words_expected(field, expected);
		err = refuse(reading, group, "missing", expected);
	}
	leave(reading, before);
	return err;
}

static bool
is_known(const struct conf_table *table, const char *key)
{
	for (size_t i = 0; i < table->n_fields; i++) {
		if (strcmp(table->fields[i].key, key) == 0)
			return true;
	}
	return false;
}

static int
refuse_unknown(struct reading *reading, const struct conf_table *table,
	       const config_setting_t *setting)
{
	char expected[CONF_EXPECTED_CAP] = "";
	size_t before = enter(reading, config_setting_name(setting));
	int err;

	for (size_t i = 0; i < table->n_fields; i++) {
		if (table->fields[i].type != CONF_WHERE)
			conf_words_add(expected, table->fields[i].key);
	}
	err = refuse(reading, setting, "an unknown setting", expected);
	leave(reading, before);
	return err;
}

/* The table's own check, once all that it looks at has been read well. */
static int
check_group(struct reading *reading, const struct conf_table *table,
	    const config_setting_t *group, const void *item)
{
	size_t before = reading->errors->n;
	int line = (int)config_setting_source_line(group);
	const char *file = conf_source_where(reading->source, line, &line);
	int err;

	if (table->check == NULL)
		return 0;
	if (config_setting_is_root(group))
		line = 0;
	err = table->check(item, reading->errors, file, line);
	assert(err == 0 || err == ERR_NOMEM || reading->errors->n > before);
	return err == ERR_NOMEM ? ERR_NOMEM : 0;
}

/* 0 or ERR_NOMEM; what is wrong with the settings is in reading->errors. */
static int
read_group(struct reading *reading, const struct conf_table *table,
	   const config_setting_t *group, void *out)
{
	size_t before = reading->errors->n;
	int n = config_setting_length(group), err = 0;

	for (size_t i = 0; i < table->n_fields && err == 0; i++)
		err = read_field(reading, &table->fields[i], group, out);
	for (int i = 0; i < n && err == 0; i++) {
		const config_setting_t *setting =
		    config_setting_get_elem(group, (unsigned)i);

		if (!is_known(table, config_setting_name(setting)))
			err = refuse_unknown(reading, table, setting);
	}
	if (err == 0 && reading->errors->n == before)
		err = check_group(reading, table, group, out);
	return err;
}

static int
parse(config_t *config, const struct conf_source *source,
      struct conf_errors *errors)
{
	const char *file, *text;
	int line, err;

	if (config_read_string(config, source->text) == CONFIG_TRUE)
		return 0;
	file = conf_source_where(source, config_error_line(config), &line);
	text = config_error_text(config);
	err = conf_error(errors, file, line, "%s%s", text,
			 strcmp(text, "syntax error") == 0
			     ? ", expected NAME = VALUE;"
			     : "");
	return err == ERR_NOMEM ? ERR_NOMEM : ERR_SYNTAX;
}

static int
read_source(const struct conf_source *source, const struct conf_table *table,
	    void *out, struct conf_errors *errors)
{
	struct reading reading = { .source = source, .errors = errors };
	config_t config;
	int err;

	config_init(&config);
	err = parse(&config, source, errors);
	if (err == 0)
		err = conf_presets(table, out);
	if (err == 0) {
		err = read_group(&reading, table, config_root_setting(&config),
				 out);
		if (err == 0 && errors->n > 0)
			err = ERR_SYNTAX;
		if (err != 0)
			conf_free(table, out);
	}
	config_destroy(&config);
	return err;
}

int
conf_read_file(const char *file, const struct conf_table *table, void *out,
	       struct conf_errors *errors)
{
	struct conf_source source;
	int err;

	memset(errors, 0, sizeof(*errors));
	memset(out, 0, table->size);
	err = conf_source_read_file(&source, file, errors);
	if (err == 0)
		err = read_source(&source, table, out, errors);
	conf_source_fini(&source);
	return err;
}

int
conf_read_text(const char *name, const char *text,
	       const struct conf_table *table, void *out,
	       struct conf_errors *errors)
{
	struct conf_source source;
	int err;

	memset(errors, 0, sizeof(*errors));
	memset(out, 0, table->size);
	err = conf_source_read_text(&source, name, text, errors);
	if (err == 0)
		err = read_source(&source, table, out, errors);
	conf_source_fini(&source);
	return err;
}
