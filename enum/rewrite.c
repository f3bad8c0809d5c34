/* rewrite.c - the Regexp field of a NAPTR */
#include "enum/rewrite.h"

#include "base/err.h"

static int
bad(const char **why, const char *text)
{
	*why = text;
	return ERR_SYNTAX;
}

/* Up to the next delimiter that has no backslash before it; rest->p NULL when
 * there is none. */
static struct str
cut_at(struct str *rest, char delimiter)
{
	struct str part = *rest;

	for (size_t i = 0; i < part.len; i++) {
		if (part.p[i] == '\\') {
			i++; /* whatever it escapes */
		} else if (part.p[i] == delimiter) {
			*rest = str_make(part.p + i + 1, part.len - i - 1);
			return str_make(part.p, i);
		}
	}
	rest->p = NULL;
	rest->len = 0;
	return part;
}

/* RFC 3402, 3.2: any octet but the digits of back-references and the flag;
 * the backslash could not be told from an escape. */
static bool
is_delimiter(char c)
{
	return (c < '1' || c > '9') && c != 'i' && c != 'I' && c != '\\';
}

int
enum_rewrite_split(struct str field, struct enum_rewrite *out, const char **why)
{
	struct str rest = field;

	if (field.len == 0)
		return bad(why, "empty");
	out->delimiter = field.p[0];
	if (!is_delimiter(out->delimiter))
		return bad(why, "an octet that cannot be one");
	rest.p++, rest.len--;
	out->pattern = cut_at(&rest, out->delimiter);
	if (rest.p == NULL)
		return bad(why, "only one");
	out->replacement = cut_at(&rest, out->delimiter);
	if (rest.p == NULL)
		return bad(why, "only two");
	if (memchr(rest.p, out->delimiter, rest.len) != NULL)
		return bad(why, "more than three");
	out->fold_case = rest.len > 0;
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.p[i] != 'i' && rest.p[i] != 'I')
			return bad(why, "unknown flag behind the third");
	}
	if (out->pattern.len == 0)
		return bad(why, "empty pattern");
	if (out->replacement.len == 0)
		return bad(why, "empty replacement");
	return 0;
}

static bool
is_special(char c)
{
	return c != '\0' && strchr(".[]()*+?{}|^$", c) != NULL;
}

/*
 * The pattern with its delimiters unescaped. Where the delimiter would be an
 * operator, its backslash stays: it was written to mean the octet. In a
 * bracket expression it means the octet anyway.
 */
static size_t
unescape_pattern(const struct enum_rewrite *rewrite, char *out)
{
	struct str in = rewrite->pattern;
	size_t len = 0, bracket_at = 0;
	bool in_bracket = false;

	for (size_t i = 0; i < in.len; i++) {
		char c = in.p[i];
		bool is_pair = c == '\\' && i + 1 < in.len;

		if (is_pair && in.p[i + 1] == rewrite->delimiter) {
			if (!in_bracket && is_special(rewrite->delimiter))
				out[len++] = '\\';
			out[len++] = in.p[++i];
			continue;
		}
		out[len++] = c;
		if (is_pair && !in_bracket) {
			out[len++] = in.p[++i];
		} else if (!in_bracket && c == '[') {
			in_bracket = true;
			bracket_at = i + 1 < in.len && in.p[i + 1] == '^'
					 ? i + 2
					 : i + 1;
		} else if (in_bracket && c == ']' && i != bracket_at) {
			in_bracket = false;
		}
	}
	return len;
}

/* The result under construction. */
struct filling {
	char *out;
	size_t cap, len;
};

static int
put(struct filling *filling, const char *p, size_t n)
{
	if (n > filling->cap - filling->len)
		return ERR_SPACE;
	memcpy(filling->out + filling->len, p, n);
	filling->len += n;
	return 0;
}

/* What stands behind a backslash in the replacement. */
static int
put_escape(struct filling *filling, const struct enum_rewrite *rewrite,
	   unsigned n_groups, const struct ere_span *spans, struct str subject,
	   char c, const char **why)
{
	const struct ere_span *span;

	if (c == rewrite->delimiter)
		return put(filling, &c, 1);
	if (c < '1' || c > '9')
		return bad(why, "bad escape in the replacement");
	if ((unsigned)(c - '0') > n_groups)
		return bad(why, "back-reference to no group");
	span = &spans[c - '0'];
	if (span->begin >= span->end)
		return 0; /* empty, or took no part */
	return put(filling, subject.p + span->begin,
		   (size_t)(span->end - span->begin));
}

/* The groups of a match. */
struct match {
	struct str subject;
	unsigned n_groups;
	struct ere_span spans[ERE_GROUPS];
};

static int
fill(struct filling *filling, const struct enum_rewrite *rewrite,
     const struct match *match, const char **why)
{
	struct str in = rewrite->replacement;
	int err = 0;

	for (size_t i = 0; i < in.len && err == 0; i++) {
		if (in.p[i] != '\\')
			err = put(filling, in.p + i, 1);
		else if (i + 1 == in.len)
			err = bad(why, "bad escape in the replacement");
		else
			err = put_escape(filling, rewrite, match->n_groups,
					 match->spans, match->subject,
					 in.p[++i], why);
	}
	if (err == ERR_SPACE)
		*why = "too long";
	return err;
}

/* "^.*$" is most of what there is, and matches everything. */
static bool
takes_all(struct str pattern)
{
	return str_eq(pattern, str_make("^.*$", 4)) ||
	       str_eq(pattern, str_make(".*", 2));
}

static int
match_pattern(const struct enum_rewrite *rewrite, bool lenient,
	      struct match *match, struct enum_rewritten *result)
{
	char pattern[ERE_PATTERN_MAX + 1];
	struct ere ere;
	int err;

	match->n_groups = 0;
	if (takes_all(rewrite->pattern))
		return 0;
	if (rewrite->pattern.len > ERE_PATTERN_MAX) {
		result->why = "too long";
		return ERR_LIMIT;
	}
	err = ere_compile(str_make(pattern, unescape_pattern(rewrite, pattern)),
			  rewrite->fold_case, lenient, &ere);
	result->why = ere.why;
	result->is_repaired = ere.is_repaired;
	if (err != 0)
		return err;
	match->n_groups = ere.n_groups;
	err = ere_find(&ere, match->subject, match->spans);
	if (err == ERR_LIMIT)
		result->why = "too complex";
	return err;
}

int
enum_rewrite_apply(const struct enum_rewrite *rewrite, struct str subject,
		   bool lenient, char *out, size_t cap,
		   struct enum_rewritten *result)
{
	struct filling filling = { .out = out, .cap = cap };
	struct match match = { .subject = subject };
	int err;

	*result = (struct enum_rewritten){ 0 };
	err = match_pattern(rewrite, lenient, &match, result);
	if (err == 0)
		err = fill(&filling, rewrite, &match, &result->why);
	result->len = filling.len;
	return err;
}
