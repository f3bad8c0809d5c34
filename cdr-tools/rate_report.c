/* rate_report.c - what a rating run did, for people and for programs */
#include "cdr-tools/rate_report.h"

#include <inttypes.h>

#include "base/alloc.h"
#include "base/err.h"

#define MAX_LINES 20 /* groups of calls without a price that are printed */

static void
print_totals(const struct rate_run_result *result, const char *what,
	     uint64_t calls, size_t member, FILE *out)
{
	char text[MONEY_TEXT_MAX];

	fprintf(out, "  %-7s %10" PRIu64, what, calls);
	for (size_t i = 0; i < result->n_totals; i++) {
		const struct rate_total *total = &result->totals[i];
		const money_e8 *amount =
		    (const void *)((const char *)total + member);

		fprintf(out, "%s%s %s", i > 0 ? ", " : "   ",
			money_format(*amount, 2, text), total->currency);
	}
	fputc('\n', out);
}

int
rate_report_print(const struct rate_run_result *result,
		  const struct rate_run_options *options, FILE *out)
{
	fprintf(out, "%" PRIu64 " call%s priced", result->calls,
		result->calls == 1 ? "" : "s");
	if (options->dry_run)
		fputs(", nothing written (dry run)\n", out);
	else
		fprintf(out, " in run %" PRId64 "\n", options->run);
	if (result->calls > 0) {
		print_totals(result, "sold", result->sold,
			     offsetof(struct rate_total, sell), out);
		print_totals(result, "bought", result->bought,
			     offsetof(struct rate_total, buy), out);
		print_totals(result, "margin", result->margins,
			     offsetof(struct rate_total, margin), out);
	}
	if (result->ends > 0)
		fprintf(out,
			"%" PRIu64 " of them had been rated with another end, "
			"on bills that are closed\n",
			result->ends);
	if (result->future > 0)
		fprintf(out,
			"%" PRIu64 " of them were answered in the future: look "
			"at the clocks of their nodes\n",
			result->future);
	if (result->damaged > 0)
		fprintf(out, "%" PRIu64 " cannot be read and are left as they "
			     "are\n",
			result->damaged);
	if (result->changed > 0)
		fprintf(out,
			"%" PRIu64 " changed meanwhile and are left for the "
			"next run\n",
			result->changed);
	if (options->rerate && !options->dry_run)
		fprintf(out,
			"%" PRIu64 " would not change and are left; %" PRIu64
			" former ratings are kept\n",
			result->same, result->kept);
	if (result->attempts > 0)
		fprintf(out, "%" PRIu64 " attempts that carriers charge for\n",
			result->attempts);
	if (result->unpriced.calls == 0)
		return 0;
	fputs("Without a price:\n", out);
	return unpriced_print(&result->unpriced, out, MAX_LINES);
}

/* Append and take over object; on failure array goes too and is NULL. */
static void
append(json_t **array, json_t *object)
{
	if (*array != NULL && json_array_append_new(*array, object) == 0)
		return;
	if (*array == NULL)
		json_decref(object);
	json_decref(*array);
	*array = NULL;
}

json_t *
unpriced_json(const struct unpriced *unpriced)
{
	const struct unpriced_group **groups;
	json_t *array = json_array();

	if (unpriced_sort(unpriced, &groups) != 0) {
		json_decref(array);
		return NULL;
	}
	for (size_t i = 0; i < unpriced->n && array != NULL; i++)
		append(&array,
		       json_pack("{s:I,s:s,s:s,s:s}", "calls",
				 (json_int_t)groups[i]->calls, "reason",
				 groups[i]->reason, "who", groups[i]->who,
				 "destination", groups[i]->destination));
	if (unpriced->others > 0)
		append(&array,
		       json_pack("{s:I,s:s,s:s,s:s}", "calls",
				 (json_int_t)unpriced->others, "reason",
				 "others", "who", "", "destination", ""));
	mem_free(groups);
	return array;
}

static json_t *
money_json(money_e8 amount)
{
	char text[MONEY_TEXT_MAX];

	return json_string(money_format(amount, 0, text));
}

static json_t *
totals_json(const struct rate_run_result *result)
{
	json_t *array = json_array();

	for (size_t i = 0; i < result->n_totals && array != NULL; i++) {
		const struct rate_total *total = &result->totals[i];

		append(&array, json_pack("{s:s,s:o,s:o,s:o}", "currency",
					 total->currency, "sell",
					 money_json(total->sell), "buy",
					 money_json(total->buy), "margin",
					 money_json(total->margin)));
	}
	return array;
}

json_t *
rate_report_json(const struct rate_run_result *result,
		 const struct rate_run_options *options)
{
	return json_pack(
	    "{s:I,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}", "run",
	    (json_int_t)(options->dry_run ? 0 : options->run), "dry_run",
	    options->dry_run, "calls", (json_int_t)result->calls, "sold",
	    (json_int_t)result->sold, "bought", (json_int_t)result->bought,
	    "with_margin", (json_int_t)result->margins, "changed",
	    (json_int_t)result->changed, "unchanged", (json_int_t)result->same,
	    "corrections", (json_int_t)result->kept, "attempts_charged",
	    (json_int_t)result->attempts, "ends_changed",
	    (json_int_t)result->ends, "future", (json_int_t)result->future, "damaged",
	    (json_int_t)result->damaged, "totals", totals_json(result),
	    "unpriced", unpriced_json(&result->unpriced));
}
