/* report_out.c - a report as a table for people, CSV or JSON */
#include "cdr-tools/report_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/csv.h"
#include "base/err.h"
#include "cdr-tools/seconds.h"

#define VALUE_MAX 48
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum type { NUMBER, TEXT }; /* of JSON */

struct measure {
	const char *name;  /* in CSV and JSON */
	const char *title; /* in tables; NULL = not there */
	enum type type;
	const char *(*text)(struct report_sums *sums, char out[VALUE_MAX]);
};

const char *
report_percent(int64_t a, int64_t b, char out[REPORT_PERCENT_MAX])
{
	money_e8 tenths;
	bool is_negative;

	out[0] = '\0';
	if (b == 0)
		return out;
	if (b < 0) {
		a = -a;
		b = -b;
	}
	if (money_mul_div(a, 1000, b, MONEY_HALF_UP, &tenths) != 0)
		return out;
	is_negative = tenths < 0;
	if (is_negative)
		tenths = -tenths;
	snprintf(out, REPORT_PERCENT_MAX, "%s%" PRId64 ".%" PRId64,
		 is_negative ? "-" : "", tenths / 10, tenths % 10);
	return out;
}

static const char *
number(uint64_t value, char out[VALUE_MAX])
{
	snprintf(out, VALUE_MAX, "%" PRIu64, value);
	return out;
}

#define NUMBER_OF(member)                                           \
	static const char *text_##member(struct report_sums *sums,  \
					 char out[VALUE_MAX])       \
	{                                                           \
		return number((uint64_t)sums->member, out);         \
	}
NUMBER_OF(calls)
NUMBER_OF(answered)
NUMBER_OF(attempts)
NUMBER_OF(seizures)
NUMBER_OF(attempts_answered)
NUMBER_OF(duration_us)
NUMBER_OF(unpriced)
NUMBER_OF(one_sided)

static const char *
text_asr_call(struct report_sums *sums, char out[VALUE_MAX])
{
	return report_percent((int64_t)sums->answered, (int64_t)sums->calls,
			      out);
}

static const char *
text_asr_attempt(struct report_sums *sums, char out[VALUE_MAX])
{
	return report_percent((int64_t)sums->attempts_answered,
			      (int64_t)sums->seizures, out);
}

static const char *
text_ner(struct report_sums *sums, char out[VALUE_MAX])
{
	return report_percent((int64_t)sums->effective,
			      (int64_t)sums->seizures, out);
}

/* 0 without an answered call, as people expect of it. */
static const char *
text_acd(struct report_sums *sums, char out[VALUE_MAX])
{
	int64_t us = sums->answered > 0
			 ? sums->duration_us / (int64_t)sums->answered
			 : 0;

	return seconds_format(us / 100000 * 100000, out);
}

static const char *
text_pdd_median(struct report_sums *sums, char out[VALUE_MAX])
{
	return number((uint64_t)report_percentile(sums, 50), out);
}

static const char *
text_pdd_p95(struct report_sums *sums, char out[VALUE_MAX])
{
	return number((uint64_t)report_percentile(sums, 95), out);
}

static const char *
minutes(int64_t us, char out[VALUE_MAX])
{
	int64_t hundredths = (us + 300000) / 600000;

	snprintf(out, VALUE_MAX, "%" PRId64 ".%02" PRId64, hundredths / 100,
		 hundredths % 100);
	return out;
}

static const char *
text_minutes(struct report_sums *sums, char out[VALUE_MAX])
{
	return minutes(sums->duration_us, out);
}

static const char *
text_billed(struct report_sums *sums, char out[VALUE_MAX])
{
	return minutes(sums->billed_s * US_PER_S, out);
}

static const char *
text_revenue(struct report_sums *sums, char out[VALUE_MAX])
{
	return money_format(sums->revenue, 2, out);
}

static const char *
text_cost(struct report_sums *sums, char out[VALUE_MAX])
{
	return money_format(sums->cost, 2, out);
}

static money_e8
margin(const struct report_sums *sums)
{
	money_e8 value;

	return __builtin_sub_overflow(sums->revenue, sums->cost, &value)
		   ? 0
		   : value;
}

static const char *
text_margin(struct report_sums *sums, char out[VALUE_MAX])
{
	return money_format(margin(sums), 2, out);
}

static const char *
text_margin_percent(struct report_sums *sums, char out[VALUE_MAX])
{
	return report_percent(margin(sums), sums->revenue, out);
}

static const struct measure measures[] = {
	{ "calls", "calls", NUMBER, text_calls },
	{ "answered", "answered", NUMBER, text_answered },
	{ "asr_call_percent", "ASR/call", TEXT, text_asr_call },
	{ "attempts", "attempts", NUMBER, text_attempts },
	{ "seizures", NULL, NUMBER, text_seizures },
	{ "attempts_answered", NULL, NUMBER, text_attempts_answered },
	{ "asr_attempt_percent", "ASR/attempt", TEXT, text_asr_attempt },
	{ "ner_percent", "NER", TEXT, text_ner },
	{ "acd_s", "ACD s", TEXT, text_acd },
	{ "pdd_median_us", "PDD us", NUMBER, text_pdd_median },
	{ "pdd_p95_us", "PDD 95 %", NUMBER, text_pdd_p95 },
	{ "duration_us", NULL, NUMBER, text_duration_us },
	{ "minutes", "minutes", TEXT, text_minutes },
	{ "billed_minutes", "billed", TEXT, text_billed },
	{ "revenue", "revenue", TEXT, text_revenue },
	{ "cost", "cost", TEXT, text_cost },
	{ "margin", "margin", TEXT, text_margin },
	{ "margin_percent", "%", TEXT, text_margin_percent },
	{ "unpriced", "unpriced", NUMBER, text_unpriced },
	{ "one_sided", NULL, NUMBER, text_one_sided },
};

int
report_measure(struct str name, const struct report_sums *sums, int64_t *out,
	       bool *is_money)
{
	const struct {
		const char *name;
		int64_t value;
		bool is_money;
	} plain[] = {
		{ "calls", (int64_t)sums->calls, false },
		{ "answered", (int64_t)sums->answered, false },
		{ "attempts", (int64_t)sums->attempts, false },
		{ "seizures", (int64_t)sums->seizures, false },
		{ "duration_us", sums->duration_us, false },
		{ "unpriced", (int64_t)sums->unpriced, false },
		{ "revenue", sums->revenue, true },
		{ "cost", sums->cost, true },
		{ "margin", margin(sums), true },
	};

	for (size_t i = 0; i < COUNT(plain); i++) {
		if (!str_eq_text(name, plain[i].name))
			continue;
		*out = plain[i].value;
		*is_money = plain[i].is_money;
		return 0;
	}
	return ERR_NOTFOUND;
}

static void
write_csv(struct report *report, const struct report_options *options,
	  FILE *out)
{
	char value[VALUE_MAX];

	for (size_t i = 0; i < options->n_keys; i++)
		fprintf(out, "%s,", report_key_text(options->keys[i]));
	for (size_t i = 0; i < COUNT(measures); i++)
		fprintf(out, "%s,", measures[i].name);
	fputs("currency\n", out);
	for (size_t g = 0; g < report->n; g++) {
		struct report_group *group = report->groups[g];

		for (size_t i = 0; i < options->n_keys; i++)
			csv_write_field(out, i == 0, str_of(group->keys[i]));
		for (size_t i = 0; i < COUNT(measures); i++)
			csv_write_field(out, i == 0 && options->n_keys == 0,
					str_of(measures[i].text(&group->sums,
								value)));
		csv_write_field(out, false, str_of(report->currency));
		csv_write_end(out);
	}
}

static json_t *
sums_json(struct report_sums *sums)
{
	json_t *object = json_object();
	char value[VALUE_MAX];
	int failed = object == NULL;

	for (size_t i = 0; i < COUNT(measures) && !failed; i++) {
		const char *text = measures[i].text(sums, value);
		json_t *json;

		if (*text == '\0')
			json = json_null();
		else if (measures[i].type == NUMBER)
			json = json_integer(strtoll(text, NULL, 10));
		else
			json = json_string(text);
		failed = json_object_set_new(object, measures[i].name, json);
	}
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

static int
write_json(struct report *report, const struct report_options *options,
	   FILE *out)
{
	json_t *rows = json_array();
	json_t *object;
	int failed = rows == NULL;

	for (size_t g = 0; g < report->n && !failed; g++) {
		struct report_group *group = report->groups[g];
		json_t *row = sums_json(&group->sums);

		failed = row == NULL;
		for (size_t i = 0; i < options->n_keys && !failed; i++)
			failed = json_object_set_new(
			    row, report_key_text(options->keys[i]),
			    json_string(group->keys[i]));
		if (failed)
			json_decref(row);
		else
			failed = json_array_append_new(rows, row);
	}
	object = json_pack("{s:s,s:o,s:I,s:o}", "currency", report->currency,
			   "rows", rows, "unconverted_amounts",
			   (json_int_t)report->unconverted, "total",
			   sums_json(&report->total));
	failed = failed || object == NULL ||
		 (json_dumpf(object, out, JSON_COMPACT) != 0 && !ferror(out));
	json_decref(object);
	fputc('\n', out);
	return failed ? ERR_NOMEM : 0;
}

/* One line of the table; sums NULL is the title. */
static void
put_row(FILE *out, const char *const *keys, const int *widths, size_t n_keys,
	struct report_sums *sums)
{
	char value[VALUE_MAX];

	for (size_t i = 0; i < n_keys; i++)
		fprintf(out, "%-*s ", widths[i], keys[i]);
	for (size_t i = 0; i < COUNT(measures); i++) {
		const struct measure *m = &measures[i];
		int width = m->title != NULL ? (int)strlen(m->title) : 0;

		if (m->title == NULL)
			continue;
		fprintf(out, " %*s", width > 9 ? width : 9,
			sums == NULL ? m->title : m->text(sums, value));
	}
	fputc('\n', out);
}

static void
write_table(struct report *report, const struct report_options *options,
	    FILE *out)
{
	const char *titles[REPORT_MAX_KEYS], *all[REPORT_MAX_KEYS];
	int widths[REPORT_MAX_KEYS];

	for (size_t i = 0; i < options->n_keys; i++) {
		titles[i] = report_key_text(options->keys[i]);
		all[i] = i == 0 ? "all" : "";
		widths[i] = (int)strlen(titles[i]);
		for (size_t g = 0; g < report->n; g++) {
			int len = (int)strlen(report->groups[g]->keys[i]);

			widths[i] = len > widths[i] ? len : widths[i];
		}
	}
	put_row(out, titles, widths, options->n_keys, NULL);
	for (size_t g = 0; g < report->n; g++)
		put_row(out, report->groups[g]->keys, widths, options->n_keys,
			&report->groups[g]->sums);
	if (options->n_keys > 0)
		put_row(out, all, widths, options->n_keys, &report->total);
	if (report->currency[0] != '\0')
		fprintf(out, "Amounts in %s.\n", report->currency);
}

int
report_write(struct report *report, const struct report_options *options,
	     enum report_format format, FILE *out)
{
	if (format == REPORT_JSON)
		return write_json(report, options, out);
	if (format == REPORT_CSV)
		write_csv(report, options, out);
	else
		write_table(report, options, out);
	return 0;
}
