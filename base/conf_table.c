/* conf_table.c - what a table of settings says without any file */
#include "base/conf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define PATH_MAX_LEN 256 /* "group.key" in conf_compare */

static void *
member(void *item, const struct conf_field *field)
{
	return (char *)item + field->offset;
}

static const void *
member_of(const void *item, const struct conf_field *field)
{
	return (const char *)item + field->offset;
}

static int
preset(const struct conf_field *field, void *at)
{
	switch (field->type) {
	case CONF_INT:
		*(int64_t *)at = field->preset;
		return 0;
	case CONF_BOOL:
		*(bool *)at = field->preset != 0;
		return 0;
	case CONF_ENUM:
		*(int *)at = (int)field->preset;
		return 0;
	case CONF_STRING:
		if (field->preset_text == NULL)
			return 0;
		*(char **)at = mem_strdup(field->preset_text);
		return *(char **)at != NULL ? 0 : ERR_NOMEM;
	case CONF_GROUP:
		return conf_presets(field->sub, at);
	case CONF_LIST:
	case CONF_STRINGS:
	case CONF_WHERE:
		return 0;
	}
	assert(false);
	return ERR_INVAL;
}

int
conf_presets(const struct conf_table *table, void *out)
{
	memset(out, 0, table->size);
	for (size_t i = 0; i < table->n_fields; i++) {
		const struct conf_field *field = &table->fields[i];

		if (preset(field, member(out, field)) != 0) {
			conf_free(table, out);
			return ERR_NOMEM;
		}
	}
	return 0;
}

static void
free_list(const struct conf_field *field, struct conf_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (field->type == CONF_STRINGS)
			mem_free(((char **)list->items)[i]);
		else
			conf_free(field->sub,
				  (char *)list->items + i * field->sub->size);
	}
	mem_free(list->items);
}

void
conf_free(const struct conf_table *table, void *item)
{
	if (item == NULL)
		return;
	for (size_t i = 0; i < table->n_fields; i++) {
		const struct conf_field *field = &table->fields[i];
		void *at = member(item, field);

		if (field->type == CONF_STRING)
			mem_free(*(char **)at);
		else if (field->type == CONF_GROUP)
			conf_free(field->sub, at);
		else if (field->type == CONF_LIST ||
			 field->type == CONF_STRINGS)
			free_list(field, at);
		else if (field->type == CONF_WHERE)
			mem_free(((struct conf_where *)at)->file);
	}
	memset(item, 0, table->size);
}

static bool
texts_are_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

static bool items_are_equal(const struct conf_table *table, const void *a,
			    const void *b);

static bool
lists_are_equal(const struct conf_field *field, const struct conf_list *a,
		const struct conf_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (field->type == CONF_STRINGS) {
			if (!texts_are_equal(((char **)a->items)[i],
					     ((char **)b->items)[i]))
				return false;
		} else if (!items_are_equal(
			       field->sub,
			       (const char *)a->items + i * field->sub->size,
			       (const char *)b->items + i * field->sub->size)) {
			return false;
		}
	}
	return true;
}

static bool
values_are_equal(const struct conf_field *field, const void *a, const void *b)
{
	switch (field->type) {
	case CONF_INT:
		return *(const int64_t *)a == *(const int64_t *)b;
	case CONF_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case CONF_ENUM:
		return *(const int *)a == *(const int *)b;
	case CONF_STRING:
		return texts_are_equal(*(char *const *)a, *(char *const *)b);
	case CONF_GROUP:
		return items_are_equal(field->sub, a, b);
	case CONF_LIST:
	case CONF_STRINGS:
		return lists_are_equal(field, a, b);
	case CONF_WHERE:
		return true;
	}
	assert(false);
	return false;
}

static bool
items_are_equal(const struct conf_table *table, const void *a, const void *b)
{
	for (size_t i = 0; i < table->n_fields; i++) {
		const struct conf_field *field = &table->fields[i];

		if (!values_are_equal(field, member_of(a, field),
				      member_of(b, field)))
			return false;
	}
	return true;
}

struct comparison {
	conf_differs_fn *differs;
	void *arg;
	char path[PATH_MAX_LEN];
};

/* path_len octets of the path name the group that table describes. */
static void
compare(struct comparison *comparison, size_t path_len,
	const struct conf_table *table, const void *before, const void *after)
{
	for (size_t i = 0; i < table->n_fields; i++) {
		const struct conf_field *field = &table->fields[i];
		const void *a = member_of(before, field);
		const void *b = member_of(after, field);
		int n = snprintf(comparison->path + path_len,
				 PATH_MAX_LEN - path_len, "%s%s",
				 path_len > 0 ? "." : "", field->key);

		assert(n > 0 && path_len + (size_t)n < PATH_MAX_LEN);
		if (field->type == CONF_GROUP)
			compare(comparison, path_len + (size_t)n, field->sub, a,
				b);
		else if (!values_are_equal(field, a, b))
			comparison->differs(comparison->arg, comparison->path,
					    field->reloadable);
	}
}

void
conf_compare(const struct conf_table *table, const void *before,
	     const void *after, conf_differs_fn *differs, void *arg)
{
	struct comparison comparison = { .differs = differs, .arg = arg };

	compare(&comparison, 0, table, before, after);
}

/* The line as one heap text; line numbers below 1 are left out. */
static char *
error_line(const char *path, int line, const char *format, va_list args)
{
	char number[16] = "";
	char *text;
	int head, body;
	va_list again;

	if (line > 0)
		snprintf(number, sizeof(number), ":%d", line);
	head = snprintf(NULL, 0, "%s%s: ", path, number);
	va_copy(again, args);
	body = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (head < 0 || body < 0)
		return NULL;
	text = mem_alloc((size_t)head + (size_t)body + 1);
	if (text == NULL)
		return NULL;
	snprintf(text, (size_t)head + 1, "%s%s: ", path, number);
	vsnprintf(text + head, (size_t)body + 1, format, args);
	return text;
}

int
conf_error(struct conf_errors *errors, const char *path, int line,
	   const char *format, ...)
{
	void *lines = errors->lines;
	va_list args;
	char *text;

	if (mem_grow(&lines, &errors->cap, errors->n, sizeof(char *)) != 0)
		return ERR_NOMEM;
	errors->lines = lines;
	va_start(args, format);
	text = error_line(path, line, format, args);
	va_end(args);
	if (text == NULL)
		return ERR_NOMEM;
	errors->lines[errors->n++] = text;
	return ERR_INVAL;
}

void
conf_errors_fini(struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++)
		mem_free(errors->lines[i]);
	mem_free(errors->lines);
	memset(errors, 0, sizeof(*errors));
}
