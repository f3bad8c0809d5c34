/* test_buf.c - bounded reads and writes */
#include "base/buf.h"

#include "base/err.h"
#include "tests/unit/harness.h"

static void
integers_are_read_big_endian(void)
{
	static const uint8_t in[] = { 0x81, 0x82, 0x83, 0x84, 0x85,
				      0x86, 0x87, 0x88, 0x89, 0x8a,
				      0x8b, 0x8c, 0x8d, 0x8e, 0x8f };
	struct rbuf r;

	rbuf_init(&r, in, sizeof(in));
	CHECK(rbuf_left(&r) == 15);
	CHECK(rbuf_u8(&r) == 0x81);
	CHECK(rbuf_u16(&r) == 0x8283);
	CHECK(rbuf_u32(&r) == 0x84858687);
	CHECK(rbuf_u64(&r) == UINT64_C(0x88898a8b8c8d8e8f));
	CHECK(rbuf_left(&r) == 0 && r.err == 0);
}

static void
reading_past_the_end_sticks(void)
{
	static const uint8_t in[] = { 1, 2, 3 };
	struct rbuf r;

	rbuf_init(&r, in, sizeof(in));
	CHECK(rbuf_u32(&r) == 0 && r.err == ERR_TRUNCATED);
	CHECK(rbuf_left(&r) == 0); /* so that loops end */
	CHECK(rbuf_u8(&r) == 0 && r.err == ERR_TRUNCATED);
	CHECK(rbuf_bytes(&r, 0) == NULL);
	rbuf_init(&r, in, sizeof(in));
	CHECK(rbuf_bytes(&r, 4) == NULL && r.err == ERR_TRUNCATED);
	rbuf_init(&r, in, sizeof(in));
	CHECK(rbuf_bytes(&r, 3) == in && r.err == 0);
	CHECK(rbuf_bytes(&r, SIZE_MAX) == NULL);
	rbuf_init(&r, NULL, 0);
	CHECK(rbuf_u8(&r) == 0 && r.err == ERR_TRUNCATED);
}

static void
counted_strings_are_borrowed(void)
{
	static const uint8_t in[] = { 0, 2, 'a', 'b', 0, 0, 0, 3, 'c', 'd' };
	struct rbuf r;
	struct str s;

	rbuf_init(&r, in, sizeof(in));
	s = rbuf_str16(&r);
	CHECK(s.p == (const char *)in + 2 && s.len == 2);
	s = rbuf_str16(&r);
	CHECK(s.len == 0 && r.err == 0);
	s = rbuf_str16(&r);
	CHECK(s.p == NULL && s.len == 0 && r.err == ERR_TRUNCATED);
}

static void
integers_are_written_big_endian(void)
{
	static const uint8_t good[] = { 0x81, 0x82, 0x83, 0x84, 0x85,
					0x86, 0x87, 0x88, 0x89, 0x8a,
					0x8b, 0x8c, 0x8d, 0x8e, 0x8f };
	uint8_t out[15];
	struct wbuf w;

	wbuf_init(&w, out, sizeof(out));
	wbuf_u8(&w, 0x81);
	wbuf_u16(&w, 0x8283);
	wbuf_u32(&w, 0x84858687);
	wbuf_u64(&w, UINT64_C(0x88898a8b8c8d8e8f));
	CHECK(w.err == 0 && w.len == 15);
	CHECK(memcmp(out, good, sizeof(good)) == 0);
	wbuf_u8(&w, 1);
	CHECK(w.err == ERR_SPACE && w.len == 15);
}

static void
writing_past_the_end_sticks(void)
{
	char out[8] = "zzzzzzz";
	struct wbuf w;

	wbuf_init(&w, out, 4);
	wbuf_text(&w, "abc");
	wbuf_u16(&w, 0);
	CHECK(w.err == ERR_SPACE && w.len == 3);
	wbuf_u8(&w, 'd'); /* would fit, but the error sticks */
	wbuf_bytes(&w, "", 0);
	wbuf_printf(&w, "%s", "");
	wbuf_str16(&w, str_make(NULL, 0));
	CHECK(w.err == ERR_SPACE && w.len == 3);
	CHECK(memcmp(out, "abczzzz", 8) == 0);
	wbuf_init(&w, NULL, 0);
	wbuf_bytes(&w, NULL, 0);
	CHECK(w.err == 0 && w.len == 0);
	wbuf_u8(&w, 0);
	CHECK(w.err == ERR_SPACE);
}

static void
text_numbers_and_formats_are_appended(void)
{
	char out[64];
	struct wbuf w;

	wbuf_init(&w, out, sizeof(out));
	wbuf_str(&w, str_make("abcdef", 2));
	wbuf_dec(&w, 0);
	wbuf_dec(&w, 1090);
	wbuf_text(&w, "/");
	wbuf_dec(&w, UINT64_MAX);
	wbuf_printf(&w, "<%d %s>", -5, "x");
	CHECK(w.err == 0);
	CHECK(str_eq_text(str_make(out, w.len),
			  "ab01090/18446744073709551615<-5 x>"));
}

static void
a_format_needs_room_for_a_nul(void)
{
	char out[4];
	struct wbuf w;

	wbuf_init(&w, out, sizeof(out));
	wbuf_printf(&w, "%d", 123);
	CHECK(w.err == 0 && w.len == 3);
	wbuf_init(&w, out, sizeof(out));
	wbuf_printf(&w, "%d", 1234);
	CHECK(w.err == ERR_SPACE && w.len == 0);
	wbuf_init(&w, NULL, 0);
	wbuf_printf(&w, "%d", 1);
	CHECK(w.err == ERR_SPACE && w.len == 0);
}

static void
counted_strings_are_written_whole_or_not(void)
{
	static const char big[65536];
	static uint8_t out[65540];
	struct wbuf w;

	wbuf_init(&w, out, 5);
	wbuf_str16(&w, str_of("abc"));
	CHECK(w.err == 0 && w.len == 5);
	CHECK(memcmp(out, "\0\3abc", 5) == 0);
	wbuf_init(&w, out, 4);
	wbuf_str16(&w, str_of("abc"));
	CHECK(w.err == ERR_SPACE && w.len == 0);
	wbuf_init(&w, out, sizeof(out));
	wbuf_str16(&w, str_make(big, 65535));
	CHECK(w.err == 0 && w.len == 65537);
	wbuf_init(&w, out, sizeof(out));
	wbuf_str16(&w, str_make(big, 65536));
	CHECK(w.err == ERR_SPACE && w.len == 0);
}

static const struct test tests[] = {
	{ "integers are read big-endian", integers_are_read_big_endian, true },
	{ "reading past the end sticks", reading_past_the_end_sticks, true },
	{ "counted strings are borrowed", counted_strings_are_borrowed, true },
	{ "integers are written big-endian", integers_are_written_big_endian,
	  true },
	{ "writing past the end sticks", writing_past_the_end_sticks, true },
	{ "text, numbers and formats are appended",
	  text_numbers_and_formats_are_appended, true },
	{ "a format needs room for a NUL", a_format_needs_room_for_a_nul,
	  true },
	{ "counted strings are written whole or not",
	  counted_strings_are_written_whole_or_not, true },
};

const struct test_suite suite_buf = TEST_SUITE("buf", tests);
