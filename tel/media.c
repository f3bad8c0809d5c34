/* media.c - sets of profiles, address families and codecs */
#include "tel/media.h"

#include <stdio.h>

#include "base/err.h"

#define BIT(n) (UINT32_C(1) << (n))

enum { RTP, SRTP, IP4, IP6, FIRST_CODEC, OTHER = 31 };

#define PROFILES (BIT(RTP) | BIT(SRTP))
#define FAMILIES (BIT(IP4) | BIT(IP6))
#define CODECS (~(PROFILES | FAMILIES))

/* The words of gateways; from FIRST_CODEC on also the encodings of offers. A
 * static payload type (RFC 3551, 6) where there is one, else -1. */
static const struct word {
	const char *text;
	int type;
} words[] = {
	{ "rtp", -1 },	{ "srtp", -1 },	   { "ip4", -1 },    { "ip6", -1 },
	{ "pcmu", 0 },	{ "pcma", 8 },	   { "g722", 9 },    { "g729", 18 },
	{ "g723", 4 },	{ "gsm", 3 },	   { "g728", 15 },   { "g726-32", 2 },
	{ "ilbc", -1 }, { "opus", -1 },	   { "amr", -1 },    { "amr-wb", -1 },
	{ "evs", -1 },	{ "speex", -1 },   { "clearmode", -1 },
	{ "t38", -1 },	{ "g722.1", -1 }, { "g726-16", -1 },
};

#define N_WORDS (sizeof(words) / sizeof(words[0]))

static int
find_word(struct str text, size_t from)
{
	for (size_t i = from; i < N_WORDS; i++) {
		if (str_eq_nocase(text, str_of(words[i].text)))
			return (int)i;
	}
	return -1;
}

static bool
is_gap(char c)
{
	return c == ' ' || c == ',' || c == '\t';
}

/* The first word of text, which loses it; len 0 at the end. */
static struct str
next_word(struct str *text)
{
	size_t from = 0, end;

	if (text->len == 0)
		return str_make("", 0);
	while (from < text->len && is_gap(text->p[from]))
		from++;
	for (end = from; end < text->len && !is_gap(text->p[end]);)
		end++;
	*text = str_make(text->p + end, text->len - end);
	return str_make(text->p + from - end, end - from);
}

int
media_parse(struct str text, uint32_t *out)
{
	uint32_t set = 0;

	while (text.len > 0) {
		struct str word = next_word(&text);
		int i = find_word(word, 0);

		if (word.len == 0)
			break;
		if (i < 0)
			return ERR_SYNTAX;
		set |= BIT(i);
	}
	*out = set;
	return 0;
}

const char *
media_words(void)
{
	return "rtp, srtp, ip4, ip6, pcmu, pcma, g722, g729, g723, gsm, g728, "
	       "g726-32, ilbc, opus, amr, amr-wb, evs, speex, clearmode, t38, "
	       "g722.1, g726-16";
}

const char *
media_format(uint32_t set, char out[MEDIA_TEXT_MAX])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < N_WORDS; i++) {
		if ((set & BIT(i)) != 0)
			len += (size_t)snprintf(out + len, MEDIA_TEXT_MAX - len,
						"%s%s", len > 0 ? " " : "",
						words[i].text);
	}
	return out;
}

/* --- session descriptions --- */

struct sdp {
	uint32_t set;
	uint32_t family; /* of the session, for streams without their own */
	bool in_stream;	 /* behind an m= that counts */
	bool is_skipped; /* behind one that does not */
	bool has_family; /* the stream said its own */
};

static uint32_t
profile_of(struct str text)
{
	static const struct {
		const char *text;
		int bit;
	} profiles[] = {
		{ "RTP/AVP", RTP },	       { "RTP/AVPF", RTP },
		{ "RTP/SAVP", SRTP },	       { "RTP/SAVPF", SRTP },
		{ "UDP/TLS/RTP/SAVP", SRTP },  { "UDP/TLS/RTP/SAVPF", SRTP },
	};

	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (str_eq_nocase(text, str_of(profiles[i].text)))
			return BIT(profiles[i].bit);
	}
	return 0;
}

/* A static payload type; dynamic ones say their name in an rtpmap. */
static uint32_t
codec_of_type(struct str text)
{
	uint64_t type;

	if (str_parse_u64(text, 95, &type) != 0 || type == 13 || type == 19)
		return 0;
	for (size_t i = FIRST_CODEC; i < N_WORDS; i++) {
		if (words[i].type == (int)type)
			return BIT(i);
	}
	return BIT(OTHER);
}

static uint32_t
codec_of_name(struct str name)
{
	int i = find_word(name, FIRST_CODEC);

	if (str_eq_nocase(name, str_of("telephone-event")) ||
	    str_eq_nocase(name, str_of("cn")) ||
	    str_eq_nocase(name, str_of("red")) || name.len == 0)
		return 0;
	return i >= 0 ? BIT(i) : BIT(OTHER);
}

/* A stream without a c= of its own has the session's. */
static void
close_stream(struct sdp *sdp)
{
	if (sdp->in_stream && !sdp->has_family)
		sdp->set |= sdp->family;
	sdp->in_stream = sdp->is_skipped = sdp->has_family = false;
}

/* m=audio 49170 RTP/AVP 0 8 96 */
static void
read_m(struct sdp *sdp, struct str value)
{
	struct str kind = next_word(&value);
	struct str port = next_word(&value);
	struct str profile = next_word(&value);
	bool is_image = str_eq_nocase(kind, str_of("image"));

	close_stream(sdp);
	sdp->is_skipped =
	    (!is_image && !str_eq_nocase(kind, str_of("audio"))) ||
	    str_eq(port, str_of("0")) || profile.len == 0;
	if (sdp->is_skipped)
		return;
	sdp->in_stream = true;
	sdp->set |= profile_of(profile);
	for (struct str word = next_word(&value); word.len > 0;
	     word = next_word(&value))
		sdp->set |= is_image ? codec_of_name(word)
				     : codec_of_type(word);
}

/* c=IN IP4 192.0.2.1 */
static void
read_c(struct sdp *sdp, struct str value)
{
	struct str net = next_word(&value);
	struct str type = next_word(&value);
	uint32_t family = str_eq_nocase(type, str_of("IP4"))   ? BIT(IP4)
			  : str_eq_nocase(type, str_of("IP6")) ? BIT(IP6)
							       : 0;

	if (!str_eq_nocase(net, str_of("IN")) || sdp->is_skipped)
		return;
	if (!sdp->in_stream) {
		sdp->family = family;
		return;
	}
	sdp->has_family = true;
	sdp->set |= family;
}

/* a=rtpmap:96 opus/48000/2 */
static void
read_a(struct sdp *sdp, struct str value)
{
	struct str name = str_cut(&value, ':');
	struct str type;

	if (!sdp->in_stream || value.p == NULL ||
	    !str_eq_nocase(name, str_of("rtpmap")))
		return;
	type = next_word(&value);
	value = next_word(&value);
	if (type.len > 0)
		sdp->set |= codec_of_name(str_cut(&value, '/'));
}

uint32_t
media_of_sdp(struct str text)
{
	struct sdp sdp = { .set = 0 };

	while (text.p != NULL) {
		struct str line = str_cut(&text, '\n');
		struct str value;

		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		if (line.len < 2 || line.p[1] != '=')
			continue;
		value = str_make(line.p + 2, line.len - 2);
		if (line.p[0] == 'm')
			read_m(&sdp, value);
		else if (line.p[0] == 'c')
			read_c(&sdp, value);
		else if (line.p[0] == 'a')
			read_a(&sdp, value);
	}
	close_stream(&sdp);
	return sdp.set;
}

bool
media_fits(uint32_t gateway, uint32_t offer)
{
	static const uint32_t groups[] = { PROFILES, FAMILIES, CODECS };

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		uint32_t takes = gateway & groups[i];
		uint32_t has = offer & groups[i];

		if (takes != 0 && has != 0 && (takes & has) == 0)
			return false;
	}
	return true;
}
