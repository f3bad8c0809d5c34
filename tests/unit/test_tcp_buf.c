/* test_tcp_buf.c - bytes come out as they went in, whatever the pieces */
#include "sip/tcp_buf.h"

#include <stdint.h>
#include <string.h>

#include "tests/unit/harness.h"

#define N 20000

static void
bytes_come_out_in_order(void)
{
	struct tcp_buf buf = { NULL, 0, 0, 0 };
	size_t in = 0, out = 0;

	for (size_t step = 1; out < N; step = step * 7 % 1999 + 1) {
		uint8_t piece[2000];

		for (size_t i = 0; i < step; i++)
			piece[i] = (uint8_t)((in + i) % 251);
		if (!OK(tcp_buf_add(&buf, piece, step)))
			break;
		in += step;
		while (tcp_buf_len(&buf) > 1500) {
			CHECK((uint8_t)*tcp_buf_data(&buf) == out % 251);
			tcp_buf_use(&buf, 1000);
			out += 1000;
		}
		CHECK(tcp_buf_len(&buf) == in - out);
		CHECK(buf.cap <= 8192); /* what was used makes room */
	}
	tcp_buf_fini(&buf);
}

static void
an_empty_one_holds_no_memory(void)
{
	struct tcp_buf buf = { NULL, 0, 0, 0 };

	if (!OK(tcp_buf_add(&buf, "", 0)))
		return;
	CHECK(buf.p == NULL);
	if (!OK(tcp_buf_add(&buf, "abc", 3)))
		return;
	tcp_buf_data(&buf)[3] = '\0'; /* room for a NUL */
	CHECK(strcmp(tcp_buf_data(&buf), "abc") == 0);
	tcp_buf_use(&buf, 3);
	CHECK(buf.p == NULL && tcp_buf_len(&buf) == 0);
}

static const struct test tests[] = {
	{ "bytes come out in order", bytes_come_out_in_order, false },
	{ "an empty one holds no memory", an_empty_one_holds_no_memory, false },
};

const struct test_suite suite_tcp_buf = TEST_SUITE("tcp_buf", tests);
