/* fuzz_rewrite.c - any octets as the Regexp field of a NAPTR */
#include <assert.h>

#include "base/err.h"
#include "enum/rewrite.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct enum_rewrite rewrite;
	struct enum_rewritten result;
	const char *why = NULL;
	char out[512];
	struct str field =
	    str_make((const char *)data, size < 255 ? size : 255);

	if (enum_rewrite_split(field, &rewrite, &why) != 0) {
		assert(why != NULL);
		return 0;
	}
	for (int lenient = 0; lenient < 2; lenient++) {
		int err =
		    enum_rewrite_apply(&rewrite, str_of("+441632960083"),
				       lenient, out, sizeof(out), &result);

		assert(result.len <= sizeof(out));
		assert(err == 0 || err == ERR_NOTFOUND || result.why != NULL);
	}
	return 0;
}
