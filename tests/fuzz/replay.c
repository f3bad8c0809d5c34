/*
 * replay.c - runs a fuzz target on files, without a fuzzer
 *
 * Usage: fuzz_NAME FILE|DIRECTORY...    prints "N passed, N failed"
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static unsigned n_passed, n_failed;

/* The input gets memory of its own size, so that reading over it is seen. */
static int
run_open(FILE *file, size_t size)
{
	uint8_t *data = malloc(size > 0 ? size : 1);
	int err = -1;

	if (data != NULL && fread(data, 1, size, file) == size)
		err = LLVMFuzzerTestOneInput(data, size);
	free(data);
	return err;
}

static void
run_file(const char *path)
{
	FILE *file = fopen(path, "re");
	struct stat st;

	if (file == NULL || fstat(fileno(file), &st) != 0 ||
	    run_open(file, (size_t)st.st_size) != 0) {
		fprintf(stderr, "%s: cannot be replayed\n", path);
		n_failed++;
	} else {
		n_passed++;
	}
	if (file != NULL)
		fclose(file);
}

static void
run_dir(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort);

	if (n < 0) {
		fprintf(stderr, "%s: cannot be listed\n", path);
		n_failed++;
		return;
	}
	for (int i = 0; i < n; i++) {
		char file[4096];

		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			run_file(file);
		free(names[i]);
	}
	free(names);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			run_dir(argv[i]);
		else
			run_file(argv[i]);
	}
	printf("%u passed, %u failed\n", n_passed, n_failed);
	return n_failed == 0 && n_passed > 0 ? 0 : 1;
}
