/* tripspeak_decode.c - captured octets in words */
#include <errno.h>
#include <stdio.h>

#include "base/alloc.h"
#include "trip/tripspeak.h"

#define INPUT_MAX (1 << 20)

void
tripspeak_print(bool json, const char *event, json_t *object)
{
	char text[16384], *dumped;

	if (object == NULL)
		return;
	if (json) {
		if (event != NULL)
			json_object_set_new(object, "event",
					    json_string(event));
		dumped = json_dumps(object, JSON_COMPACT);
		printf("%s\n", dumped != NULL ? dumped : "{}");
		free(dumped);
	} else {
		trip_show_text(object, text, sizeof(text));
		printf("%s%s%s\n", event != NULL ? event : "",
		       event != NULL ? " " : "", text);
	}
	fflush(stdout);
	json_decref(object);
}

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Pairs of digits, white space and colons between them; 0 when it is
 * something else. */
static size_t
read_hex(struct str text, uint8_t *out)
{
	size_t n = 0;
	int high = -1;

	for (size_t i = 0; i < text.len; i++) {
		int digit = digit_of(text.p[i]);

		if (digit < 0 && strchr(" \t\r\n:", text.p[i]) != NULL)
			continue;
		if (digit < 0)
			return 0;
		if (high < 0) {
			high = digit;
			continue;
		}
		out[n++] = (uint8_t)(high << 4 | digit);
		high = -1;
	}
	return high < 0 ? n : 0;
}

/* A file of octets or of hexadecimal digits, or the digits themselves. */
static size_t
read_input(const char *what, uint8_t *out)
{
	FILE *file = fopen(what, "re");
	size_t n, digits;
	uint8_t *raw;

	if (file == NULL)
		return strlen(what) < INPUT_MAX ? read_hex(str_of(what), out)
						: 0;
	raw = mem_alloc(INPUT_MAX);
	if (raw == NULL) {
		fclose(file);
		return 0;
	}
	n = fread(raw, 1, INPUT_MAX, file);
	fclose(file);
	digits = read_hex(str_make((char *)raw, n), out);
	if (digits == 0) {
		memcpy(out, raw, n);
		digits = n;
	}
	mem_free(raw);
	return digits;
}

/* Length of the message at p; 0 when what follows cannot be told apart. */
static size_t
message_len(const uint8_t *p, size_t left)
{
	size_t len = left >= TRIP_HEADER_LEN ? (size_t)(p[0] << 8 | p[1]) : 0;

	return len >= TRIP_HEADER_LEN && len <= left ? len : 0;
}

int
tripspeak_decode(const struct cli *cli, const char *what, bool json)
{
	uint8_t *in = mem_alloc(INPUT_MAX);
	size_t n, at = 0;
	int status = CLI_OK;

	if (in == NULL)
		return cli_fail(cli, "out of memory");
	n = read_input(what, in);
	if (n == 0) {
		mem_free(in);
		return cli_fail(cli, "%s: neither a file nor hexadecimal "
				     "octets",
				what);
	}
	while (at < n) {
		size_t len = message_len(in + at, n - at);
		json_t *object = trip_show_message(in + at, n - at, NULL);

		if (len == 0 || json_object_get(object, "error") != NULL)
			status = in[at + 2 < n ? at + 2 : at] ==
					     TRIP_NOTIFICATION &&
					 len > 0
				     ? status
				     : CLI_FAILED;
		tripspeak_print(json, NULL, object);
		if (len == 0)
			break;
		at += len;
	}
	mem_free(in);
	return status;
}
