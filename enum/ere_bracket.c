/* ere_bracket.c - bracket expressions */
#include "enum/ere_bracket.h"

#include "base/err.h"

static int
fail(struct ere_bracket *b, const char *why)
{
	b->why = why;
	return ERR_SYNTAX;
}

static bool
at_end(const struct ere_bracket *b)
{
	return b->p == b->end;
}

struct char_class {
	const char *name;
	/* Pairs of first and last octet. */
	const char *ranges;
};

/* XBD 7.3.1 in the POSIX locale; octets above 0x7F are in none. */
static const struct char_class classes[] = {
	{ "alnum", "09AZaz" },   { "alpha", "AZaz" },
	{ "blank", "  \t\t" },   { "cntrl", "\1\37\177\177" },
	{ "digit", "09" },       { "graph", "!~" },
	{ "lower", "az" },       { "print", " ~" },
	{ "punct", "!/:@[`{~" }, { "space", "  \t\r" },
	{ "upper", "AZ" },       { "xdigit", "09AFaf" },
};

static int
add_class(struct ere_bracket *b, struct str name)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const char *range = classes[i].ranges;

		if (!str_eq_text(name, classes[i].name))
			continue;
		for (; *range != '\0'; range += 2) {
			for (int c = range[0]; c <= range[1]; c++)
				ere_set_add(b->set, (unsigned)c);
		}
		return 0;
	}
	return fail(b, "unknown character class");
}

/* "[:name:]", "[=c=]" or "[.c.]": the text between, p behind all of it. */
static int
take_named(struct ere_bracket *b, struct str *out)
{
	char mark = b->p[1];
	const char *begin = b->p + 2, *at = begin;

	while (b->end - at >= 2 && (at[0] != mark || at[1] != ']'))
		at++;
	if (b->end - at < 2)
		return fail(b, "bracket not closed");
	*out = str_make(begin, (size_t)(at - begin));
	b->p = at + 2;
	return 0;
}

static bool
is_named(const struct ere_bracket *b)
{
	return b->end - b->p >= 2 && b->p[0] == '[' &&
	       (b->p[1] == ':' || b->p[1] == '=' || b->p[1] == '.');
}

/* One end of a range, or an octet alone. */
static int
take_bracket_octet(struct ere_bracket *b, unsigned *out)
{
	struct str name;

	if (at_end(b))
		return fail(b, "bracket not closed");
	if (!is_named(b)) {
		*out = (uint8_t)*b->p++;
		return 0;
	}
	if (b->p[1] == ':')
		return fail(b, "class as end of a range");
	if (take_named(b, &name) != 0)
		return ERR_SYNTAX;
	if (name.len != 1)
		return fail(b, "unknown collating symbol");
	*out = (uint8_t)name.p[0];
	return 0;
}

static int
parse_bracket_item(struct ere_bracket *b)
{
	unsigned first, last;
	struct str name;

	if (is_named(b) && b->p[1] == ':') {
		if (take_named(b, &name) != 0)
			return ERR_SYNTAX;
		return add_class(b, name);
	}
	if (take_bracket_octet(b, &first) != 0)
		return ERR_SYNTAX;
	last = first;
	if (b->end - b->p >= 2 && b->p[0] == '-' && b->p[1] != ']') {
		b->p++;
		if (take_bracket_octet(b, &last) != 0)
			return ERR_SYNTAX;
	}
	if (first > last)
		return fail(b, "range runs backwards");
	for (unsigned c = first; c <= last; c++)
		ere_set_add(b->set, c);
	return 0;
}

int
ere_bracket_parse(struct ere_bracket *b)
{
	bool first = true;

	while (first || at_end(b) || *b->p != ']') {
		first = false;
		if (parse_bracket_item(b) != 0)
			return ERR_SYNTAX;
	}
	b->p++;
	return 0;
}
