/* test_rows.c - where rows end, wherever in a word of eight octets that is */
#include "sip/rows.h"

#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define ROW_MAX 40

static void
the_end_is_found_at_every_offset(void)
{
	char text[ROW_MAX + 3];

	for (size_t len = 0; len < ROW_MAX; len++) {
		bool odd = false;

		memset(text, 0xff, sizeof(text));
		text[len] = '\r';
		text[len + 1] = '\n';
		text[len + 2] = 'x';
		CHECK(sip_row_end(text, text + len + 3, &odd) == text + len);
		CHECK(sip_row_end(text, text + len + 2, &odd) == text + len);
		CHECK(!odd);
		text[len + 2] = '\t';
		CHECK(sip_row_end(text, text + len + 3, &odd) == NULL);
		CHECK(!odd);
		CHECK(sip_row_end(text, text + len + 1, &odd) == NULL);
		CHECK(odd);
	}
}

/* Every octet at every offset: odd are those below 0x20 but HT, and 0x7F. */
static void
odd_octets_are_seen_at_every_offset(void)
{
	char text[ROW_MAX + 2];

	for (int c = 0; c < 256; c++) {
		bool control = (c < 0x20 && c != '\t') || c == 0x7F;

		for (size_t at = 0; at < 16; at++) {
			bool odd = false;
			const char *end;

			memset(text, ' ', sizeof(text));
			memcpy(text + ROW_MAX, "\r\n", 2);
			text[at] = (char)c;
			end = sip_row_end(text, text + sizeof(text), &odd);
			if (!CHECK(end == text + ROW_MAX) ||
			    !CHECK(odd == control))
				return;
		}
	}
}

static void
controls_are_right_in_quoted_pairs_only(void)
{
	static const struct {
		const char *row;
		bool right;
	} rows[] = {
		{ "To: a\tb", true },
		{ "To: a\r\n b", true },
		{ "To: \"a\\\x01\"", true },
		{ "To: \"a\\\"\\\x01\"", true },
		{ "To: \"a\" \"\\\x7f\"", true },
		{ "To: \"a\\\x01", true },
		{ "To: \x01", false },
		{ "To: \"a\x01\"", false },
		{ "To: \"a\\\\\x01\"", false },
		{ "To: \"a\"\\\x01", false },
		{ "To: \"\\\r\"", false },
		{ "To: \"\\\n\"", false },
		{ "To: a\r\nb", false },
		{ "To: a\r", false },
		{ "To: \x7f", false },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].row);
		CHECK(sip_row_controls_are_quoted(str_of(rows[i].row)) ==
		      rows[i].right);
	}
}

static const struct test tests[] = {
	{ "the end is found at every offset", the_end_is_found_at_every_offset,
	  true },
	{ "odd octets are seen at every offset",
	  odd_octets_are_seen_at_every_offset, true },
	{ "controls are right in quoted-pairs only",
	  controls_are_right_in_quoted_pairs_only, true },
};

const struct test_suite suite_rows = TEST_SUITE("rows", tests);
