/* event_key.c - what names the call of an event */
#include <string.h>

#include "acct/event.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"

#define KEY_INPUT 512 /* Call-ID and tag of most calls */

struct event_keys {
	struct sha256 *sha256;
	uint8_t input[KEY_INPUT]; /* of the last key; len 0 = none */
	size_t len;
	char key[CALL_KEY_LEN + 1];
};

int
event_keys_new(struct event_keys **out)
{
	struct event_keys *keys = mem_zalloc(1, sizeof(*keys));
	int err;

	if (keys == NULL)
		return ERR_NOMEM;
	err = sha256_new(&keys->sha256);
	if (err != 0) {
		mem_free(keys);
		return err;
	}
	*out = keys;
	return 0;
}

void
event_keys_free(struct event_keys *keys)
{
	if (keys == NULL)
		return;
	sha256_free(keys->sha256);
	mem_free(keys);
}

/* What event_call_key makes the key of. */
static void
put_key_input(struct wbuf *w, struct str call_id, struct str from_tag,
	      time_us setup)
{
	wbuf_str(w, call_id);
	wbuf_u8(w, 0);
	wbuf_str(w, from_tag);
	wbuf_u8(w, 0);
	wbuf_u64(w, (uint64_t)setup);
}

static int
make_key(struct event_keys *keys, struct str call_id, struct str from_tag,
	 time_us setup, char out[CALL_KEY_LEN + 1])
{
	uint8_t input[KEY_INPUT], sum[SHA256_LEN];
	struct wbuf w;
	int err;

	wbuf_init(&w, input, sizeof(input));
	put_key_input(&w, call_id, from_tag, setup);
	if (w.err != 0)
		return event_call_key(call_id, from_tag, setup, out);
	if (w.len != keys->len || memcmp(input, keys->input, w.len) != 0) {
		keys->len = 0;
		err = sha256_sum(keys->sha256, input, w.len, sum);
		if (err != 0)
			return err;
		hex_encode(sum, CALL_KEY_LEN / 2, keys->key);
		memcpy(keys->input, input, w.len);
		keys->len = w.len;
	}
	memcpy(out, keys->key, sizeof(keys->key));
	return 0;
}

int
event_identify(struct arena *arena, struct event_keys *keys,
	       struct event *event)
{
	struct cdr_attempt *attempt = &event->attempt;
	struct cdr *cdr = &event->cdr;
	char *key = arena_alloc(arena, CALL_KEY_LEN + 1);

	if (key == NULL)
		return ERR_NOMEM;
	if (event->type == EVENT_ATTEMPT) {
		attempt->call_key = key;
		return make_key(keys, str_of(attempt->call_id),
				str_of(attempt->from_tag), attempt->setup_time,
				key);
	}
	cdr->call_key = attempt->call_key = key;
	return make_key(keys, str_of(cdr->call_id), str_of(cdr->from_tag),
			cdr->setup_time, key);
}

int
event_call_key(struct str call_id, struct str from_tag, time_us setup,
	       char out[CALL_KEY_LEN + 1])
{
	uint8_t sum[SHA256_LEN], usual[KEY_INPUT], *input = usual;
	size_t len = call_id.len + from_tag.len + 2 + sizeof(uint64_t);
	struct wbuf w;
	int err;

	if (len > sizeof(usual))
		input = mem_alloc(len);
	if (input == NULL)
		return ERR_NOMEM;
	wbuf_init(&w, input, len);
	put_key_input(&w, call_id, from_tag, setup);
	err = sha256(input, w.len, sum);
	if (err == 0)
		hex_encode(sum, CALL_KEY_LEN / 2, out);
	if (input != usual)
		mem_free(input);
	return err;
}
