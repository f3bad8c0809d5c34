/* fuzz_media.c - any text as a session description and as a gateway's words */
#include <assert.h>

#include "tel/media.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	char words[MEDIA_TEXT_MAX];
	uint32_t offer = media_of_sdp(text), set, again;
	int err;

	assert(media_fits(offer, offer) && media_fits(0, offer));
	if (media_parse(text, &set) != 0)
		return 0;
	err = media_parse(str_of(media_format(set, words)), &again);
	assert(err == 0 && set == again);
	return 0;
}
