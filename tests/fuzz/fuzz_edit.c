/*
 * fuzz_edit.c - any edits of a message: the result is what they say
 *
 * The input is up to eight orders of four octets, an empty line, and a message.
 * The edits are done twice: by edit.h and octet by octet.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sip/edit.h"
#include "tests/fuzz/fuzz.h"

#define ORDERS_MAX 8
#define ORDER_LEN 4
#define ADDED_MAX 4096 /* by all orders */

static const char *const texts[] = {
	"",
	"x",
	"X-Fuzz: 1\r\n",
	"SIP/2.0/UDP h;branch=z9hG4bKy",
};

static struct str
text_of(uint8_t octet)
{
	return str_of(texts[octet % (sizeof(texts) / sizeof(texts[0]))]);
}

static void
order(struct sip_edit *edit, const uint8_t what[ORDER_LEN])
{
	const struct sip_msg *msg = edit->msg;
	enum sip_header id = (enum sip_header)(what[1] % SIP_N_HEADERS);
	int row = msg->n_fields > 0 ? what[1] % msg->n_fields : -1;

	switch (what[0] % 5) {
	case 0:
		sip_edit_splice(edit, (size_t)what[1] << 2, what[2],
				text_of(what[3]));
		break;
	case 1:
		if (row >= 0)
			sip_edit_set_value(edit, row, text_of(what[2]));
		break;
	case 2:
		if (row >= 0)
			sip_edit_remove_row(edit, row);
		break;
	case 3:
		sip_edit_add_before(edit, id, text_of(what[2]));
		break;
	default:
		sip_edit_pop_value(edit, id);
		break;
	}
}

/* Octet by octet: in front of each go the texts inserted there, in their
 * order, and it stays unless a splice cuts it. */
static size_t
apply_slowly(const struct sip_edit *edit, char *out)
{
	size_t len = 0;

	for (size_t at = 0; at <= edit->msg->len; at++) {
		bool stays = at < edit->msg->len;

		for (size_t i = 0; i < edit->n; i++) {
			const struct sip_splice *splice = &edit->splices[i];

			if (at >= splice->at && at - splice->at < splice->cut)
				stays = false;
			if (splice->at != at || splice->insert.len == 0)
				continue;
			memcpy(out + len, splice->insert.p, splice->insert.len);
			len += splice->insert.len;
		}
		if (stays)
			out[len++] = edit->msg->data[at];
	}
	return len;
}

static void
check(const struct sip_edit *edit)
{
	size_t cap = (size_t)edit->msg->len + ADDED_MAX;
	char *fast = malloc(cap), *slow = malloc(cap);
	size_t len = 0;
	int err;

	assert(fast != NULL && slow != NULL);
	err = sip_edit_apply(edit, fast, cap, &len);
	assert(err == edit->err);
	if (err == 0) {
		assert(len == sip_edit_len(edit));
		assert(len == apply_slowly(edit, slow));
		assert(memcmp(fast, slow, len) == 0);
		if (len > 0)
			assert(sip_edit_apply(edit, slow, len - 1, &len) ==
			       ERR_SPACE);
	}
	free(fast);
	free(slow);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str message = str_make((const char *)data, size);
	struct sip_edit edit;
	struct sip_msg msg;
	size_t n = 0;

	while (n < ORDERS_MAX * ORDER_LEN && n + ORDER_LEN <= size &&
	       memcmp(data + n, "\r\n", 2) != 0)
		n += ORDER_LEN;
	message.p += n;
	message.len -= n;
	if (sip_scan(&msg, message.p, message.len, NULL) != 0)
		return 0;
	sip_edit_init(&edit, &msg);
	for (size_t i = 0; i < n; i += ORDER_LEN)
		order(&edit, data + i);
	check(&edit);
	return 0;
}
