/* show_text.c - JSON objects for people */
#include "base/buf.h"
#include "trip/show.h"

static void put_text(struct wbuf *w, const json_t *value);

static void
put_items(struct wbuf *w, const json_t *list)
{
	wbuf_text(w, "[");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (i > 0)
			wbuf_text(w, ",");
		put_text(w, json_array_get(list, i));
	}
	wbuf_text(w, "]");
}

static void
put_pairs(struct wbuf *w, const json_t *object)
{
	const char *key;
	const json_t *value;
	bool is_first = true;

	json_object_foreach((json_t *)object, key, value)
	{
		if (!is_first)
			wbuf_text(w, " ");
		is_first = false;
		wbuf_text(w, key);
		wbuf_text(w, "=");
		put_text(w, value);
	}
}

static void
put_text(struct wbuf *w, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		wbuf_text(w, json_string_value(value)[0] != '\0'
				 ? json_string_value(value)
				 : "\"\"");
		break;
	case JSON_INTEGER:
		wbuf_dec(w, (uint64_t)json_integer_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		wbuf_text(w, json_is_true(value) ? "yes" : "no");
		break;
	case JSON_ARRAY:
		put_items(w, value);
		break;
	case JSON_OBJECT:
		wbuf_text(w, "{");
		put_pairs(w, value);
		wbuf_text(w, "}");
		break;
	default:
		wbuf_text(w, "-");
	}
}

void
trip_show_text(const json_t *object, char *out, size_t cap)
{
	struct wbuf w;

	wbuf_init(&w, out, cap - 1);
	put_pairs(&w, object);
	out[w.len] = '\0';
}
