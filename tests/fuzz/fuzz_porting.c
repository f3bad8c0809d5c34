/* fuzz_porting.c - any text as the parameters behind a number */
#include <assert.h>
#include <string.h>

#include "tel/porting.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct porting porting, again;
	int err = porting_parse(str_make((const char *)data, size),
				PORTING_REQUEST, &porting);

	assert(strlen(porting.rn) <= PORTING_RN_MAX + 1);
	assert(porting.rn[0] == '\0' || porting.rn[0] == '+');
	assert(err == 0 || porting.source == PORTING_UNKNOWN);
	assert(porting.routing.len == 0 ||
	       strcmp(porting.routing.digits, porting.rn + 1) == 0);
	if (porting.source == PORTING_UNKNOWN)
		return 0;
	err = porting_set(str_of(porting.rn), PORTING_REQUEST, &again);
	assert(err == 0 && strcmp(again.rn, porting.rn) == 0);
	return 0;
}
