/* fuzz_enum_uri.c - any octets as a URI: what passes can stand in a header */
#include <assert.h>

#include "base/err.h"
#include "enum/uri.h"
#include "tests/fuzz/fuzz.h"

static void
check_part(struct str text, struct str part)
{
	assert(part.p == NULL ||
	       (part.p >= text.p && part.p + part.len <= text.p + text.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct enum_uri_parts parts;
	const char *why = NULL;

	if (enum_uri_parse(text, &parts, &why) != 0) {
		assert(why != NULL);
		return 0;
	}
	assert(str_is_printable(text) && size <= ENUM_URI_MAX);
	assert(memchr(data, '<', size) == NULL &&
	       memchr(data, '>', size) == NULL &&
	       memchr(data, ' ', size) == NULL);
	check_part(text, parts.user);
	check_part(text, parts.host);
	check_part(text, parts.rn);
	check_part(text, parts.cic);
	return 0;
}
