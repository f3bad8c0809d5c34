/*
 * fuzz.h - what each fuzz target defines
 *
 * Called by libFuzzer or by replay.c, any number of times in one process. Any
 * input must be survived; an assert that fails is a finding.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
