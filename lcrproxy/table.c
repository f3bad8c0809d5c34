/* table.c - column widths first, then the lines */
#include "lcrproxy/table.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX 256
#define MAX_COLUMNS 32

static void
cell_text(json_t *value, char out[CELL_MAX])
{
	out[0] = '\0';
	if (json_is_string(value))
		snprintf(out, CELL_MAX, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(out, CELL_MAX, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
	else if (json_is_boolean(value))
		snprintf(out, CELL_MAX, "%s",
			 json_is_true(value) ? "yes" : "no");
	else
		snprintf(out, CELL_MAX, "-");
}

static void
put_cell(FILE *file, const char *text, int width, bool last)
{
	if (last)
		fprintf(file, "%s\n", text);
	else
		fprintf(file, "%-*s  ", width, text);
}

static void
find_widths(json_t *rows, const char *const *keys, size_t n, int *widths)
{
	char text[CELL_MAX];
	size_t row;
	json_t *item;

	for (size_t i = 0; i < n; i++)
		widths[i] = (int)strlen(keys[i]);
	json_array_foreach(rows, row, item)
	{
		for (size_t i = 0; i < n; i++) {
			cell_text(json_object_get(item, keys[i]), text);
			if ((int)strlen(text) > widths[i])
				widths[i] = (int)strlen(text);
		}
	}
}

char *
table_text(json_t *rows, const char *const *keys)
{
	int widths[MAX_COLUMNS];
	char text[CELL_MAX], *out = NULL;
	size_t n = 0, row, size;
	json_t *item;
	FILE *file = open_memstream(&out, &size);

	if (file == NULL)
		return NULL;
	while (keys[n] != NULL && n < MAX_COLUMNS)
		n++;
	find_widths(rows, keys, n, widths);
	for (size_t i = 0; i < n; i++)
		put_cell(file, keys[i], widths[i], i + 1 == n);
	json_array_foreach(rows, row, item)
	{
		for (size_t i = 0; i < n; i++) {
			cell_text(json_object_get(item, keys[i]), text);
			put_cell(file, text, widths[i], i + 1 == n);
		}
	}
	fclose(file);
	if (size > 0)
		out[size - 1] = '\0'; /* the answer brings its own line end */
	return out;
}

static void
put_object(FILE *file, const char *prefix, json_t *object)
{
	char name[CELL_MAX], text[CELL_MAX];
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		snprintf(name, sizeof(name), "%s%s%s", prefix,
			 prefix[0] != '\0' ? "." : "", key);
		if (json_is_object(value)) {
			put_object(file, name, value);
			continue;
		}
		cell_text(value, text);
		fprintf(file, "%-32s %s\n", name, text);
	}
}

char *
table_object(json_t *object)
{
	char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);

	if (file == NULL)
		return NULL;
	put_object(file, "", object);
	fclose(file);
	if (size > 0)
		out[size - 1] = '\0';
	return out;
}
