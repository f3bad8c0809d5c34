/* test_load.c - the secrets from their files */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/load.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_load;

/* Write a secret file; returns its path in out. */
static char *
write_secret(const char *name, const char *text, char out[256])
{
	FILE *file;

	snprintf(out, 256, "%s/%s", test_dir(), name);
	file = fopen(out, "w");
	if (file != NULL) {
		fputs(text, file);
		fclose(file);
	}
	return out;
}

static int
load(struct settings_key *items, size_t n, struct token_key **keys,
     size_t *n_keys)
{
	struct settings settings = { 0 };

	settings.record_route.keys.items = items;
	settings.record_route.keys.n = n;
	return load_keys(&settings, NULL, keys, n_keys);
}

static void
test_keys(void)
{
	char a[256], b[256];
	struct settings_key items[2] = {
		{ 7, write_secret("a", "0123456789abcdef\n", a) },
		{ 8, write_secret("b", " another secret of ours ", b) },
	};
	struct token_key *keys;
	size_t n;

	if (!OK(load(items, 2, &keys, &n)))
		return;
	CHECK(n == 2 && keys[0].id == 7 && keys[1].id == 8);
	CHECK(keys[0].secret_len == 16);
	CHECK(memcmp(keys[0].secret, "0123456789abcdef", 16) == 0);
	CHECK(keys[1].secret_len == 22);
	load_keys_free(keys, n);
}

static void
test_bad(void)
{
	char path[256];
	struct settings_key item = { 1,
				     write_secret("c", "too short\n", path) };
	struct token_key *keys;
	size_t n;
	int err = load(&item, 1, &keys, &n);

	CHECK(err == ERR_INVAL);
	snprintf(path, sizeof(path), "%s/nowhere", test_dir());
	err = load(&item, 1, &keys, &n);
	CHECK(err == ERR_IO);
}

static const struct test tests[] = {
	{ "secrets lose the white space around them", test_keys, false },
	{ "short and missing secrets are refused", test_bad, false },
};
const struct test_suite suite_load = TEST_SUITE("load", tests);
