/* codes.c - sets of response codes */
#include "tel/codes.h"

#include "base/err.h"

bool
codes_has(const struct codes *codes, int code)
{
	unsigned bit = (unsigned)(code - CODES_MIN);

	return code >= CODES_MIN && code <= CODES_MAX &&
	       (codes->bits[bit / 64] >> bit % 64 & 1) != 0;
}

static int
add_range(struct codes *codes, uint64_t first, uint64_t last)
{
	if (first < CODES_MIN || first > last || last > CODES_MAX)
		return ERR_SYNTAX;
	for (uint64_t bit = first - CODES_MIN; bit <= last - CODES_MIN; bit++)
		codes->bits[bit / 64] |= UINT64_C(1) << bit % 64;
	return 0;
}

/* "503", "500-504", "5xx" */
static int
add_word(struct codes *codes, struct str word)
{
	struct str rest = word, head = str_cut(&rest, '-');
	uint64_t first, last;

	if (word.len == 3 && str_eq_nocase(str_make(word.p + 1, 2),
					   str_of("xx")) &&
	    word.p[0] >= '3' && word.p[0] <= '6') {
		first = (uint64_t)(word.p[0] - '0') * 100;
		return add_range(codes, first, first + 99);
	}
	if (str_parse_u64(head, CODES_MAX, &first) != 0)
		return ERR_SYNTAX;
	last = first;
	if (rest.p != NULL && str_parse_u64(rest, CODES_MAX, &last) != 0)
		return ERR_SYNTAX;
	return add_range(codes, first, last);
}

int
codes_parse(struct str text, struct codes *out)
{
	*out = (struct codes){ { 0 } };
	while (text.len > 0) {
		size_t n = 0;

		while (n < text.len && text.p[n] != ',' && text.p[n] != ' ')
			n++;
		if (n > 0 && add_word(out, str_make(text.p, n)) != 0)
			return ERR_SYNTAX;
		n += n < text.len; /* the separator */
		text = str_make(text.p + n, text.len - n);
	}
	return 0;
}
