/* fuzz_recon.c - files of carriers */
#include <assert.h>

#include "cdr-tools/recon.h"
#include "tests/fuzz/fuzz.h"

static void
check(const struct recon *recon)
{
	for (size_t i = 0; i < recon->theirs.n; i++) {
		const struct recon_call *call = &recon->theirs.calls[i];

		assert(call->called > 0 && call->duration_us >= 0);
		assert(call->amount != INT64_MIN);
	}
}

/* The file against itself, as if the first half of it were ours. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct recon_options options = {
		.tolerance_us = 5 * US_PER_S,
		.duration_tolerance_us = 2 * US_PER_S,
		.until = INT64_MAX,
	};
	struct recon_format format = { .dates = RECON_DMY };
	FILE *report = fopen("/dev/null", "we");
	struct csv_error error;
	struct recon recon, ours;

	if (report == NULL)
		return 0;
	if (size > 0 && data[0] % 2 == 1)
		format.decimal = ',';
	recon_init(&recon);
	recon_init(&ours);
	(void)recon_read_text(&ours, str_make((const char *)data, size),
			      &format, report, &error);
	format.dates = RECON_MDY;
	(void)recon_read_text(&recon, str_make((const char *)data, size),
			      &format, report, &error);
	check(&recon);
	recon.ours = ours.theirs;
	ours.theirs = (struct recon_side){ NULL, 0, 0 };
	(void)recon_run(&recon, &options);
	recon_fini(&recon);
	recon_fini(&ours);
	fclose(report);
	return 0;
}
