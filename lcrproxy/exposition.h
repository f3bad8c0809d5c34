/*
 * exposition.h - metrics as Prometheus reads them
 *
 * The text format 0.0.4, or OpenMetrics 1.0, which differs in the names of
 * counters' families and at the end. A family is announced once, and its samples
 * follow it. After the first failure nothing is written any more.
 */
#ifndef LCRPROXY_EXPOSITION_H
#define LCRPROXY_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPOSITION_MAX (64u << 20) /* bytes; beyond: ERR_LIMIT */

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM,
		   METRIC_SUMMARY };

struct metric_label {
	const char *name;
	const char *value; /* any text; escaped here */
};

struct exposition {
	char *text; /* heap; NULL at first */
	size_t len, cap;
	bool is_openmetrics;
	int err; /* 0, ERR_NOMEM or ERR_LIMIT */
	const char *family;
	enum metric_type type;
};

void exposition_init(struct exposition *out, bool is_openmetrics);
void exposition_fini(struct exposition *out);
/* name is without a prefix and without "_total"; both borrowed until the next
 * family. */
void exposition_family(struct exposition *out, const char *name,
		       enum metric_type type, const char *help);
/* A sample of that family. Of a counter suffix is ""; "_total" comes by itself.
 * Of the others "", or "_sum", "_count", "_bucket". */
void exposition_add(struct exposition *out, const char *suffix,
		    const struct metric_label *labels, size_t n_labels,
		    int64_t value);
/* The same of a time: microseconds, written in seconds. */
void exposition_add_us(struct exposition *out, const char *suffix,
		       const struct metric_label *labels, size_t n_labels,
		       int64_t us);
/* Nothing follows. */
void exposition_end(struct exposition *out);
/* The type of the whole, for HTTP. */
const char *exposition_content_type(bool is_openmetrics);

#endif
