/* zone_read.c - a piece of a zone file, from text (RFC 1035, 5.1) */
#include "enum/zone_private.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"

#define WORDS_MAX 16
#define DATA_MAX 2048 /* octets of a record's data */
#define DEFAULT_TTL_S 3600

struct reader {
	struct enum_zone *zone;
	const char *p, *end;
	struct dns_name origin, owner;
	uint32_t ttl_s;
	unsigned line;
	struct enum_zone_error *error;
	/* The words of one entry. */
	struct str word[WORDS_MAX];
	size_t n_words;
	bool begins_blank;
};

static int
bad(struct reader *reader, const char *why)
{
	reader->error->line = reader->line;
	reader->error->why = why;
	return ERR_SYNTAX;
}

/* A quoted word, without its quotes; escapes stay. */
static int
take_quoted(struct reader *reader, struct str *out)
{
	const char *begin = ++reader->p;

	while (reader->p < reader->end && *reader->p != '"') {
		if (*reader->p == '\n')
			return bad(reader, "quotes not closed");
		if (*reader->p == '\\' && reader->p + 1 < reader->end)
			reader->p++;
		reader->p++;
	}
	if (reader->p >= reader->end)
		return bad(reader, "quotes not closed");
	*out = str_make(begin, (size_t)(reader->p - begin));
	reader->p++;
	return 0;
}

static bool
ends_word(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' ||
	       c == '(' || c == ')' || c == '"';
}

static int
take_word(struct reader *reader, struct str *out)
{
	const char *begin = reader->p;

	while (reader->p < reader->end && !ends_word(*reader->p)) {
		if (*reader->p == '\\' && reader->p + 1 < reader->end)
			reader->p++;
		reader->p++;
	}
	*out = str_make(begin, (size_t)(reader->p - begin));
	return 0;
}

static void
skip_comment(struct reader *reader)
{
	while (reader->p < reader->end && *reader->p != '\n')
		reader->p++;
}

/* One mark of the text outside words: true when it was one. */
static bool
take_mark(struct reader *reader, int *depth)
{
	switch (*reader->p) {
	case ';':
		skip_comment(reader);
		return true;
	case '(':
		++*depth;
		break;
	case ')':
		--*depth;
		break;
	case '\n':
		reader->line++;
		break;
	case ' ':
	case '\t':
	case '\r':
		break;
	default:
		return false;
	}
	reader->p++;
	return true;
}

/* The words up to the end of the line, or of the last parenthesis. */
static int
take_entry(struct reader *reader)
{
	struct str *word;
	int depth = 0, err;
	bool is_end = false;

	reader->n_words = 0;
	reader->begins_blank = reader->p < reader->end &&
			       (*reader->p == ' ' || *reader->p == '\t');
	while (!is_end && reader->p < reader->end) {
		is_end = *reader->p == '\n' && depth <= 0;
		if (take_mark(reader, &depth))
			continue;
		if (reader->n_words == WORDS_MAX)
			return bad(reader, "too many words");
		word = &reader->word[reader->n_words++];
		err = *reader->p == '"' ? take_quoted(reader, word)
					: take_word(reader, word);
		if (err != 0)
			return err;
	}
	return depth == 0 ? 0 : bad(reader, "parentheses do not match");
}

/* "3600", "1h30m" (RFC 2308 has them, and so have all servers). */
static bool
parse_ttl(struct str text, uint32_t *out)
{
	static const char units[] = "smhdw";
	static const uint32_t seconds[] = { 1, 60, 3600, 86400, 604800 };
	uint64_t total = 0, value = 0;
	bool has_digit = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];
		const char *unit = strchr(units, c | 0x20);

		if (c >= '0' && c <= '9') {
			value = value * 10 + (uint64_t)(c - '0');
			has_digit = true;
		} else if (has_digit && unit != NULL && *unit != '\0') {
			total += value * seconds[unit - units];
			value = 0;
		} else {
			return false;
		}
		if (value > UINT32_MAX || total > UINT32_MAX)
			return false;
	}
	total += value;
	if (!has_digit || total > UINT32_MAX)
		return false;
	*out = (uint32_t)total;
	return true;
}

/* A name, relative ones under the origin. */
static int
take_name(struct reader *reader, struct str text, struct dns_name *out)
{
	const struct dns_name *origin = &reader->origin;
	bool is_absolute = text.len > 0 && text.p[text.len - 1] == '.' &&
			   (text.len < 2 || text.p[text.len - 2] != '\\');

	if (str_eq_text(text, "@")) {
		*out = *origin;
		return 0;
	}
	if (dns_name_parse(text, out) != 0)
		return bad(reader, "bad name");
	if (is_absolute)
		return 0;
	if (out->len - 1 + origin->len > DNS_NAME_MAX)
		return bad(reader, "name too long");
	memcpy(out->wire + out->len - 1, origin->wire, origin->len);
	out->len = (uint8_t)(out->len - 1 + origin->len);
	return 0;
}

static int
put_number(struct reader *reader, struct wbuf *w, struct str text, int octets)
{
	uint64_t value;
	uint32_t ttl_s;

	if (octets == 4 && parse_ttl(text, &ttl_s)) {
		wbuf_u32(w, ttl_s);
		return 0;
	}
	if (octets == 4 || str_parse_u64(text, UINT16_MAX, &value) != 0)
		return bad(reader, "bad number");
	wbuf_u16(w, (uint16_t)value);
	return 0;
}

/* One octet of a string, "\DDD" and "\X" undone (RFC 1035, 5.1). */
static bool
take_octet(struct str *text, uint8_t *out)
{
	uint64_t value;

	*out = (uint8_t)text->p[0];
	text->p++, text->len--;
	if (*out != '\\')
		return true;
	if (text->len == 0)
		return false;
	if (text->p[0] < '0' || text->p[0] > '9') {
		*out = (uint8_t)text->p[0];
		text->p++, text->len--;
		return true;
	}
	if (text->len < 3 ||
	    str_parse_u64(str_make(text->p, 3), UINT8_MAX, &value) != 0)
		return false;
	*out = (uint8_t)value;
	text->p += 3, text->len -= 3;
	return true;
}

static int
put_string(struct reader *reader, struct wbuf *w, struct str text)
{
	uint8_t octets[UINT8_MAX];
	size_t n = 0;

	while (text.len > 0) {
		if (n == sizeof(octets))
			return bad(reader, "string over 255 octets");
		if (!take_octet(&text, &octets[n++]))
			return bad(reader, "bad escape");
	}
	wbuf_u8(w, (uint8_t)n);
	wbuf_bytes(w, octets, n);
	return 0;
}

/* What the words of a type are: n = name, 2 and 4 = numbers of so many
 * octets, s = string. */
static const struct layout {
	uint16_t type;
	const char *words;
} layouts[] = {
	{ DNS_NAPTR, "22sssn" },
	{ DNS_CNAME, "n" },
	{ DNS_DNAME, "n" },
	{ DNS_SOA, "nn44444" },
};

static int
put_word(struct reader *reader, struct wbuf *w, char kind, struct str text)
{
	struct dns_name name;

	if (kind == 's')
		return put_string(reader, w, text);
	if (kind != 'n')
		return put_number(reader, w, text, kind - '0');
	if (take_name(reader, text, &name) != 0)
		return ERR_SYNTAX;
	wbuf_bytes(w, name.wire, name.len);
	return 0;
}

static int
put_data(struct reader *reader, struct wbuf *w, uint16_t type, size_t at)
{
	const char *kinds = "";

	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (layouts[i].type == type)
			kinds = layouts[i].words;
	}
	if (*kinds != '\0' && reader->n_words - at != strlen(kinds))
		return bad(reader, "wrong number of fields");
	for (size_t i = 0; kinds[i] != '\0'; i++) {
		if (put_word(reader, w, kinds[i], reader->word[at + i]) != 0)
			return ERR_SYNTAX;
	}
	return 0;
}

static int
add_octets(struct enum_zone *zone, const void *data, size_t len)
{
	size_t cap = zone->octets_cap;
	uint8_t *octets = zone->octets;

	if (len == 0)
		return 0;
	while (cap < zone->octets_len + len)
		cap = cap == 0 ? 4096 : cap * 2;
	if (cap != zone->octets_cap) {
		octets = mem_realloc(octets, cap);
		if (octets == NULL)
			return ERR_NOMEM;
		zone->octets = octets;
		zone->octets_cap = cap;
	}
	memcpy(octets + zone->octets_len, data, len);
	zone->octets_len += len;
	return 0;
}

static int
add_record(struct reader *reader, uint16_t type, uint32_t ttl_s, size_t at)
{
	struct enum_zone *zone = reader->zone;
	uint8_t data[DATA_MAX];
	struct wbuf w;
	int err;

	wbuf_init(&w, data, sizeof(data));
	err = put_data(reader, &w, type, at);
	if (err != 0)
		return err;
	if (zone->n == ENUM_ZONE_RECORDS_MAX)
		return ERR_LIMIT;
	if (mem_grow((void **)&zone->rr, &zone->cap, zone->n,
		     sizeof(*zone->rr)) != 0)
		return ERR_NOMEM;
	zone->rr[zone->n] =
	    (struct enum_zone_rr){ .owner = reader->owner,
				   .type = type,
				   .ttl_s = ttl_s,
				   .data_at = (uint32_t)zone->octets_len,
				   .data_len = (uint16_t)w.len };
	err = add_octets(zone, data, w.len);
	if (err == 0)
		zone->n++;
	return err;
}

/* A word that names a type: those that are read, and others that only say
 * that the name is there. */
static bool
parse_type(struct str word, uint16_t *out)
{
	static const struct {
		const char *text;
		uint16_t type;
	} types[] = {
		{ "NAPTR", DNS_NAPTR },
		{ "CNAME", DNS_CNAME },
		{ "DNAME", DNS_DNAME },
		{ "SOA", DNS_SOA },
		{ "NS", 2 },
		{ "A", DNS_A },
		{ "AAAA", DNS_AAAA },
		{ "TXT", 16 },
		{ "SRV", DNS_SRV },
		{ "MX", 15 },
		{ "PTR", 12 },
		{ "RRSIG", 46 },
		{ "NSEC", 47 },
		{ "DNSKEY", 48 },
		{ "NSEC3", 50 },
		{ "DS", 43 },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (str_eq_nocase(word, str_of(types[i].text))) {
			*out = types[i].type;
			return true;
		}
	}
	return false;
}

/* A line of a snippet that was cut without its owner. */
static bool
is_bare(struct str word)
{
	return str_eq_nocase(word, str_of("IN")) ||
	       str_eq_nocase(word, str_of("NAPTR"));
}

/* "[owner] [TTL] [class] type data", TTL and class in any order. */
static int
take_record(struct reader *reader)
{
	size_t at = 0;
	uint16_t type = 0;
	uint32_t ttl_s = reader->ttl_s;

	if (!reader->begins_blank && !is_bare(reader->word[0])) {
		if (take_name(reader, reader->word[at++], &reader->owner) != 0)
			return ERR_SYNTAX;
	}
	for (; at < reader->n_words; at++) {
		struct str word = reader->word[at];

		if (str_eq_nocase(word, str_of("IN")) ||
		    parse_ttl(word, &ttl_s))
			continue;
		if (parse_type(word, &type))
			return add_record(reader, type, ttl_s, at + 1);
		return bad(reader, "unknown type");
	}
	return bad(reader, "no type");
}

static int
take_directive(struct reader *reader)
{
	struct str name = reader->word[0];
	struct dns_name origin;

	if (reader->n_words != 2)
		return bad(reader, "a directive takes one word");
	if (str_eq_nocase(name, str_of("$TTL")))
		return parse_ttl(reader->word[1], &reader->ttl_s)
			   ? 0
			   : bad(reader, "bad TTL");
	if (!str_eq_nocase(name, str_of("$ORIGIN")))
		return bad(reader, "unknown directive");
	if (take_name(reader, reader->word[1], &origin) != 0)
		return ERR_SYNTAX;
	reader->origin = origin;
	reader->owner = origin;
	return 0;
}

static int
read_all(struct reader *reader)
{
	unsigned line;
	int err = 0;

	while (err == 0 && reader->p < reader->end) {
		line = reader->line;
		err = take_entry(reader);
		if (err != 0 || reader->n_words == 0)
			continue;
		err = reader->word[0].len > 0 && reader->word[0].p[0] == '$'
			  ? take_directive(reader)
			  : take_record(reader);
		if (err == ERR_SYNTAX)
			reader->error->line = line;
	}
	return err;
}

int
enum_zone_parse(struct str text, const struct dns_name *origin,
		struct enum_zone **out, struct enum_zone_error *error)
{
	struct reader reader = { .p = text.p,
				 .end = text.p + text.len,
				 .origin = *origin,
				 .ttl_s = DEFAULT_TTL_S,
				 .line = 1,
				 .error = error };
	int err;

	*error = (struct enum_zone_error){ 0 };
	reader.zone = mem_zalloc(1, sizeof(*reader.zone));
	if (reader.zone == NULL)
		return ERR_NOMEM;
	reader.zone->origin = *origin;
	err = read_all(&reader);
	if (err != 0)
		enum_zone_free(reader.zone);
	else
		*out = reader.zone;
	return err;
}

void
enum_zone_free(struct enum_zone *zone)
{
	if (zone == NULL)
		return;
	mem_free(zone->rr);
	mem_free(zone->octets);
	mem_free(zone);
}
