/* test_media.c - what offers have and gateways take */
#include "tel/media.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"

static const struct {
	const char *what, *sdp, *words;
} offers[] = {
	{ "nothing", "", "" },
	{ "no description", "hello\r\nworld", "" },
	{ "static types", HEAD "c=IN IP4 192.0.2.1\r\nt=0 0\r\n"
			       "m=audio 4000 RTP/AVP 8 0 101\r\n"
			       "a=rtpmap:101 telephone-event/8000\r\n",
	  "rtp ip4 pcmu pcma" },
	{ "dynamic types", HEAD "c=IN IP6 2001:db8::1\r\n"
				"m=audio 4000 UDP/TLS/RTP/SAVPF 111\r\n"
				"a=rtpmap:111 opus/48000/2\r\n",
	  "srtp ip6 opus" },
	{ "line feeds alone", "c=IN IP4 1.2.3.4\nm=audio 1 RTP/SAVP 18\n",
	  "srtp ip4 g729" },
	{ "an address of the stream's own",
	  "c=IN IP4 1.2.3.4\r\nm=audio 1 RTP/AVP 8\r\n"
	  "c=IN IP6 ::1\r\n",
	  "rtp ip6 pcma" },
	{ "two streams", "c=IN IP4 1.2.3.4\r\nm=audio 1 RTP/AVP 8\r\n"
			 "m=audio 1 RTP/SAVP 9\r\nc=IN IP6 ::1\r\n",
	  "rtp srtp ip4 ip6 pcma g722" },
	{ "a stream that is off, and video",
	  "c=IN IP4 1.2.3.4\r\nm=audio 0 RTP/AVP 8\r\nc=IN IP6 ::1\r\n"
	  "m=video 9 RTP/AVP 96\r\na=rtpmap:96 opus/90000\r\n"
	  "m=audio 2 RTP/AVP 0\r\n",
	  "rtp ip4 pcmu" },
	{ "fax", "c=IN IP4 1.2.3.4\r\nm=image 5000 udptl t38\r\n",
	  "ip4 t38" },
	{ "broken lines", "m=\r\nm=audio\r\nc=\r\na=rtpmap\r\na=\r\n"
			  "m=audio 1 RTP/AVP x 999 \r\na=rtpmap:\r\nc=IN\r\n",
	  "rtp" },
};

static void
descriptions(void)
{
	char text[MEDIA_TEXT_MAX];

	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		uint32_t set = media_of_sdp(str_of(offers[i].sdp));

		test_row(offers[i].what);
		CHECK(strcmp(media_format(set, text), offers[i].words) == 0);
	}
}

static void
lists(void)
{
	uint32_t set, again;
	char text[MEDIA_TEXT_MAX];

	CHECK(media_parse(str_of(media_words()), &set) == 0);
	CHECK(media_parse(str_of(media_format(set, text)), &again) == 0);
	CHECK(set == again && strlen(text) + 1 < MEDIA_TEXT_MAX);
	CHECK(media_parse(str_of(" PCMA,,rtp "), &set) == 0);
	CHECK(strcmp(media_format(set, text), "rtp pcma") == 0);
	CHECK(media_parse(str_of(""), &set) == 0 && set == 0);
	CHECK(media_parse(str_of("rtp pcmx"), &set) == ERR_SYNTAX);
	CHECK(media_parse(str_of("rtp;pcma"), &set) == ERR_SYNTAX);
}

static const struct {
	const char *gateway, *sdp;
	bool fits;
} pairs[] = {
	{ "", "m=audio 1 RTP/AVP 8", true },
	{ "pcma", "", true },
	{ "pcma", "m=audio 1 RTP/AVP 0 8", true },
	{ "pcma", "m=audio 1 RTP/AVP 0", false },
	{ "pcma", "m=audio 1 RTP/AVP 96\r\na=rtpmap:96 foo/8000", false },
	{ "rtp", "m=audio 1 RTP/SAVP 0", false },
	{ "srtp rtp", "m=audio 1 RTP/SAVP 0", true },
	{ "ip6", "c=IN IP4 1.2.3.4\r\nm=audio 1 RTP/AVP 0", false },
	{ "ip4 rtp pcmu", "c=IN IP4 1.2.3.4\r\nm=audio 1 RTP/AVP 0", true },
	{ "rtp pcma", "m=image 1 udptl t38", false },
	{ "rtp t38", "m=image 1 udptl t38", true },
};

static void
fitting(void)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		uint32_t gateway;

		test_row(pairs[i].sdp);
		CHECK(media_parse(str_of(pairs[i].gateway), &gateway) == 0);
		CHECK(media_fits(gateway,
				 media_of_sdp(str_of(pairs[i].sdp))) ==
		      pairs[i].fits);
	}
}

static const struct test tests[] = {
	{ "the words of a description", descriptions, true },
	{ "lists of words", lists, true },
	{ "what fits", fitting, true },
};

const struct test_suite suite_media = TEST_SUITE("media", tests);
