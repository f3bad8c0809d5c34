/* ere.c - regular expressions: from text to a tree */
#include "enum/ere.h"

#include "base/err.h"
#include "enum/ere_bracket.h"

struct parser {
	struct ere *ere;
	const char *p, *begin, *end;
	int depth;
	bool lenient;
	int err;
};

static int parse_either(struct parser *parser, uint16_t *out);

static int
fail(struct parser *parser, int err, const char *why)
{
	if (parser->err == 0) {
		parser->err = err;
		parser->ere->why = why;
		parser->ere->wrong_at = (uint8_t)(parser->p - parser->begin);
	}
	return parser->err;
}

static bool
at_end(const struct parser *parser)
{
	return parser->p == parser->end;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_repeat(char c)
{
	return c == '*' || c == '+' || c == '?' || c == '{';
}

static int
add(struct parser *parser, struct ere_node node, uint16_t *out)
{
	struct ere *ere = parser->ere;

	if (ere->n_nodes == ERE_NODES_MAX)
		return fail(parser, ERR_LIMIT, "too complex");
	*out = ere->n_nodes;
	ere->nodes[ere->n_nodes++] = node;
	return 0;
}

static char
folded(const struct parser *parser, char c)
{
	if (parser->ere->fold_case && c >= 'A' && c <= 'Z')
		return (char)(c + ('a' - 'A'));
	return c;
}

static int
add_literal(struct parser *parser, char c, uint16_t *out)
{
	struct ere *ere = parser->ere;
	struct ere_node node = { .kind = ERE_TEXT,
				 .len = 1,
				 .a = ere->text_len };

	if (ere->text_len == ERE_PATTERN_MAX)
		return fail(parser, ERR_LIMIT, "too long");
	ere->text[ere->text_len++] = folded(parser, c);
	return add(parser, node, out);
}

static int
add_set(struct parser *parser, uint8_t **set, uint16_t *out)
{
	struct ere *ere = parser->ere;
	struct ere_node node = { .kind = ERE_SET, .low = ere->n_sets };

	if (ere->n_sets == ERE_SETS_MAX)
		return fail(parser, ERR_LIMIT, "too many brackets");
	*set = ere->sets[ere->n_sets++];
	memset(*set, 0, sizeof(ere->sets[0]));
	return add(parser, node, out);
}

static void
fold_set(uint8_t *set)
{
	for (unsigned c = 'a'; c <= 'z'; c++) {
		unsigned upper = c - ('a' - 'A');

		if ((set[c / 8] >> (c % 8) & 1) != 0)
			ere_set_add(set, upper);
		else if ((set[upper / 8] >> (upper % 8) & 1) != 0)
			ere_set_add(set, c);
	}
}

/* Behind the '['. */
static int
parse_bracket(struct parser *parser, uint16_t *out)
{
	struct ere_bracket bracket = { .p = parser->p, .end = parser->end };
	bool negated = !at_end(parser) && *parser->p == '^';
	uint8_t *set;

	if (add_set(parser, &set, out) != 0)
		return parser->err;
	if (negated)
		bracket.p++;
	bracket.set = set;
	if (ere_bracket_parse(&bracket) != 0)
		return fail(parser, ERR_SYNTAX, bracket.why);
	parser->p = bracket.p;
	if (parser->ere->fold_case)
		fold_set(set);
	for (int i = 0; negated && i < 32; i++)
		set[i] = (uint8_t)~set[i];
	return 0;
}

static int
parse_group(struct parser *parser, uint16_t *out)
{
	uint8_t number;
	uint16_t inner;

	if (++parser->depth > ERE_DEPTH_MAX)
		return fail(parser, ERR_LIMIT, "nested too deep");
	number = ++parser->ere->n_groups; /* at most 127: two octets each */
	if (parse_either(parser, &inner) != 0)
		return parser->err;
	if (at_end(parser))
		return fail(parser, ERR_SYNTAX, "group not closed");
	parser->p++;
	parser->depth--;
	return add(
	    parser,
	    (struct ere_node){ .kind = ERE_GROUP, .low = number, .a = inner },
	    out);
}

static int
parse_escape(struct parser *parser, uint16_t *out)
{
	uint8_t *set;
	char c;

	if (at_end(parser))
		return fail(parser, ERR_SYNTAX, "backslash at the end");
	c = *parser->p;
	if (c == 'd' && parser->lenient) {
		parser->p++;
		parser->ere->is_repaired = true;
		if (add_set(parser, &set, out) != 0)
			return parser->err;
		for (unsigned octet = '0'; octet <= '9'; octet++)
			ere_set_add(set, octet);
		return 0;
	}
	if (is_digit(c))
		return fail(parser, ERR_SYNTAX, "back-reference in pattern");
	if (is_alpha(c))
		return fail(parser, ERR_SYNTAX, "escaped letter");
	parser->p++;
	return add_literal(parser, c, out);
}

/* A repeat sign that repeats nothing. */
static int
parse_dangling(struct parser *parser, uint16_t *out)
{
	if (!parser->lenient)
		return fail(parser, ERR_SYNTAX, "nothing to repeat");
	parser->ere->is_repaired = true;
	return add_literal(parser, *parser->p++, out);
}

static int
parse_atom(struct parser *parser, uint16_t *out)
{
	char c = *parser->p;

	if (is_repeat(c))
		return parse_dangling(parser, out);
	parser->p++;
	switch (c) {
	case '(':
		return parse_group(parser, out);
	case '[':
		return parse_bracket(parser, out);
	case '\\':
		return parse_escape(parser, out);
	case '.':
		return add(parser, (struct ere_node){ .kind = ERE_ANY }, out);
	case '^':
		return add(parser, (struct ere_node){ .kind = ERE_BEGIN }, out);
	case '$':
		return add(parser, (struct ere_node){ .kind = ERE_END }, out);
	default:
		return add_literal(parser, c, out);
	}
}

static int
parse_count(struct parser *parser, unsigned *out)
{
	unsigned value = 0;

	if (at_end(parser) || !is_digit(*parser->p))
		return fail(parser, ERR_SYNTAX, "no count in braces");
	while (!at_end(parser) && is_digit(*parser->p)) {
		value = value * 10 + (unsigned)(*parser->p++ - '0');
		if (value > ERE_REPEAT_MAX)
			return fail(parser, ERR_LIMIT, "count over 255");
	}
	*out = value;
	return 0;
}

/* Behind the '{'. */
static int
parse_braces(struct parser *parser, unsigned *low, unsigned *high)
{
	if (parse_count(parser, low) != 0)
		return parser->err;
	*high = *low;
	if (!at_end(parser) && *parser->p == ',') {
		parser->p++;
		*high = ERE_UNBOUNDED;
		if (!at_end(parser) && *parser->p != '}' &&
		    parse_count(parser, high) != 0)
			return parser->err;
	}
	if (at_end(parser) || *parser->p != '}')
		return fail(parser, ERR_SYNTAX, "braces not closed");
	parser->p++;
	if (*low > *high)
		return fail(parser, ERR_SYNTAX, "counts run backwards");
	return 0;
}

static int
parse_repeat(struct parser *parser, uint16_t *atom)
{
	unsigned low = 0, high = ERE_UNBOUNDED;
	char c = *parser->p++;

	if (c == '+')
		low = 1;
	else if (c == '?')
		high = 1;
	else if (c == '{' && parse_braces(parser, &low, &high) != 0)
		return parser->err;
	return add(parser,
		   (struct ere_node){ .kind = ERE_REPEAT,
				      .low = (uint8_t)low,
				      .high = (uint8_t)high,
				      .a = *atom },
		   atom);
}

/* An atom and its repeats; an anchor cannot have any. */
static int
parse_piece(struct parser *parser, uint16_t *out)
{
	int n = 0;
	uint8_t kind;

	if (parse_atom(parser, out) != 0)
		return parser->err;
	kind = parser->ere->nodes[*out].kind;
	while (!at_end(parser) && is_repeat(*parser->p)) {
		if (kind == ERE_BEGIN || kind == ERE_END)
			return parser->lenient ? 0
					       : fail(parser, ERR_SYNTAX,
						      "nothing to repeat");
		if (parser->depth + ++n > ERE_DEPTH_MAX)
			return fail(parser, ERR_LIMIT, "nested too deep");
		if (parse_repeat(parser, out) != 0)
			return parser->err;
	}
	return 0;
}

/* Two literals that follow each other are one text, where nothing repeats
 * the second: the usual "\+441632" is one node. */
static bool
join_texts(struct ere *ere, uint16_t left, uint16_t right)
{
	struct ere_node *a = &ere->nodes[left];
	const struct ere_node *b = &ere->nodes[right];

	if (a->kind != ERE_TEXT || b->kind != ERE_TEXT ||
	    a->a + a->len != b->a || right != ere->n_nodes - 1)
		return false;
	a->len = (uint8_t)(a->len + b->len);
	ere->n_nodes--;
	return true;
}

/* Pieces in a row; the tree leans to the right, so that the first piece is
 * the first to choose how much it takes. */
struct chain {
	uint16_t root, tail; /* tail: the last CONCAT */
	bool is_one;         /* there is only one piece yet, the root */
};

static int
append(struct parser *parser, struct chain *chain, uint16_t piece)
{
	struct ere_node *nodes = parser->ere->nodes;
	uint16_t *end = chain->is_one ? &chain->root : &nodes[chain->tail].b;
	struct ere_node node = { .kind = ERE_CONCAT, .a = *end, .b = piece };

	if (add(parser, node, &chain->tail) != 0)
		return parser->err;
	*end = chain->tail;
	chain->is_one = false;
	return 0;
}

/* Pieces up to '|', ')' or the end. */
static int
parse_concat(struct parser *parser, uint16_t *out)
{
	struct chain chain = { .is_one = true };
	uint16_t piece, last;

	if (at_end(parser) || *parser->p == '|' || *parser->p == ')')
		return add(parser, (struct ere_node){ .kind = ERE_EMPTY }, out);
	if (parse_piece(parser, &chain.root) != 0)
		return parser->err;
	last = chain.root;
	while (!at_end(parser) && *parser->p != '|' && *parser->p != ')') {
		if (parse_piece(parser, &piece) != 0)
			return parser->err;
		if (join_texts(parser->ere, last, piece))
			continue;
		last = piece;
		if (append(parser, &chain, piece) != 0)
			return parser->err;
	}
	*out = chain.root;
	return 0;
}

static int
parse_either(struct parser *parser, uint16_t *out)
{
	uint16_t right;

	if (parse_concat(parser, out) != 0)
		return parser->err;
	while (!at_end(parser) && *parser->p == '|') {
		parser->p++;
		if (parse_concat(parser, &right) != 0 ||
		    add(parser,
			(struct ere_node){
			    .kind = ERE_EITHER, .a = *out, .b = right },
			out) != 0)
			return parser->err;
	}
	if (!at_end(parser) && parser->depth == 0)
		return fail(parser, ERR_SYNTAX, "group not opened");
	return 0;
}

int
ere_compile(struct str pattern, bool fold_case, bool lenient, struct ere *ere)
{
	struct parser parser = { .ere = ere,
				 .p = pattern.p,
				 .begin = pattern.p,
				 .end = pattern.p + pattern.len,
				 .lenient = lenient };

	ere->n_nodes = ere->text_len = 0;
	ere->n_sets = ere->n_groups = 0;
	ere->fold_case = fold_case;
	ere->is_repaired = false;
	ere->why = NULL;
	ere->wrong_at = 0;
	if (pattern.len > ERE_PATTERN_MAX)
		return fail(&parser, ERR_LIMIT, "too long");
	return parse_either(&parser, &ere->root);
}
