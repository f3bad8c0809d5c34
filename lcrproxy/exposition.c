/* exposition.c - metrics as Prometheus reads them */
#include "lcrproxy/exposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "db/utf8.h"

#define PREFIX "lcrproxy_"
#define FIRST_CAP 65536
#define NUMBER_TEXT_MAX 40

static const char *const type_texts[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
	[METRIC_SUMMARY] = "summary",
};

void
exposition_init(struct exposition *out, bool is_openmetrics)
{
	*out = (struct exposition){ .is_openmetrics = is_openmetrics };
}

void
exposition_fini(struct exposition *out)
{
	mem_free(out->text);
	out->text = NULL;
}

static bool
make_room(struct exposition *out, size_t n)
{
	size_t cap = out->cap > 0 ? out->cap : FIRST_CAP;
	char *text;

	if (out->err != 0)
		return false;
	if (out->len + n > EXPOSITION_MAX) {
		out->err = ERR_LIMIT;
		return false;
	}
	while (cap < out->len + n)
		cap *= 2;
	if (cap == out->cap)
		return true;
	text = mem_realloc(out->text, cap);
	if (text == NULL) {
		out->err = ERR_NOMEM;
		return false;
	}
	out->text = text;
	out->cap = cap;
	return true;
}

static void
put_bytes(struct exposition *out, const char *p, size_t n)
{
	if (!make_room(out, n))
		return;
	memcpy(out->text + out->len, p, n);
	out->len += n;
}

static void
put(struct exposition *out, const char *text)
{
	put_bytes(out, text, strlen(text));
}

/* A backslash, a quote and a line feed are written as two. */
static void
put_escaped(struct exposition *out, const char *text, const char *special)
{
	while (*text != '\0') {
		size_t n = strcspn(text, special);
		char pair[2] = { '\\', text[n] == '\n' ? 'n' : text[n] };

		put_bytes(out, text, n);
		text += n;
		if (*text == '\0')
			return;
		put_bytes(out, pair, sizeof(pair));
		text++;
	}
}

static bool
is_bare(const struct exposition *out)
{
	return out->type != METRIC_COUNTER || out->is_openmetrics;
}

void
exposition_family(struct exposition *out, const char *name,
		  enum metric_type type, const char *help)
{
	out->family = name;
	out->type = type;
	put(out, "# HELP " PREFIX);
	put(out, name);
	put(out, is_bare(out) ? " " : "_total ");
	put_escaped(out, help, out->is_openmetrics ? "\\\"\n" : "\\\n");
	put(out, "\n# TYPE " PREFIX);
	put(out, name);
	put(out, is_bare(out) ? " " : "_total ");
	put(out, type_texts[type]);
	put(out, "\n");
}

/* A value that is no good UTF-8 would cost the whole scrape. */
static void
put_value(struct exposition *out, const char *value)
{
	if (utf8_is_clean(str_of(value))) {
		put_escaped(out, value, "\\\"\n");
		return;
	}
	for (; *value != '\0'; value++) {
		char c = *value < ' ' || *value > '~' || strchr("\\\"", *value)
			     ? '?'
			     : *value;

		put_bytes(out, &c, 1);
	}
}

static void
put_labels(struct exposition *out, const struct metric_label *labels,
	   size_t n_labels)
{
	for (size_t i = 0; i < n_labels; i++) {
		put(out, i == 0 ? "{" : ",");
		put(out, labels[i].name);
		put(out, "=\"");
		put_value(out, labels[i].value);
		put(out, "\"");
	}
	if (n_labels > 0)
		put(out, "}");
}

static void
put_sample(struct exposition *out, const char *suffix,
	   const struct metric_label *labels, size_t n_labels,
	   const char *value)
{
	put(out, PREFIX);
	put(out, out->family);
	put(out, out->type == METRIC_COUNTER ? "_total" : suffix);
	put_labels(out, labels, n_labels);
	put(out, " ");
	put(out, value);
	put(out, "\n");
}

void
exposition_add(struct exposition *out, const char *suffix,
	       const struct metric_label *labels, size_t n_labels,
	       int64_t value)
{
	char text[NUMBER_TEXT_MAX];

	snprintf(text, sizeof(text), "%" PRId64, value);
	put_sample(out, suffix, labels, n_labels, text);
}

void
exposition_add_us(struct exposition *out, const char *suffix,
		  const struct metric_label *labels, size_t n_labels,
		  int64_t us)
{
	uint64_t size = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
	char text[NUMBER_TEXT_MAX];

	snprintf(text, sizeof(text), "%s%" PRIu64 ".%06" PRIu64,
		 us < 0 ? "-" : "", size / (uint64_t)US_PER_S,
		 size % (uint64_t)US_PER_S);
	put_sample(out, suffix, labels, n_labels, text);
}

void
exposition_end(struct exposition *out)
{
	if (out->is_openmetrics)
		put(out, "# EOF\n");
}

const char *
exposition_content_type(bool is_openmetrics)
{
	return is_openmetrics
		   ? "application/openmetrics-text; version=1.0.0; "
		     "charset=utf-8"
		   : "text/plain; version=0.0.4; charset=utf-8";
}
