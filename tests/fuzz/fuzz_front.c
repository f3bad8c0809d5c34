/* fuzz_front.c - any bytes as what a writer has left in its front: what is given
 * is whole and in order, and whoever asks for later records gets the same ones */
#include <assert.h>
#include <string.h>

#include "acct/journal_front.h"
#include "tests/fuzz/fuzz.h"

#define MAX_RECORDS 256

/* The numbers of the records from min_seq on; how many. */
static size_t
read_from(const uint8_t *data, size_t size, int64_t min_seq,
	  int64_t seqs[MAX_RECORDS])
{
	struct journal_front_copy copy = { (uint8_t *)(uintptr_t)data, size,
					   0 };
	struct journal_record record;
	size_t n = 0, before = 0;

	while (journal_front_next(&copy, min_seq, &record)) {
		assert(record.seq >= min_seq && record.seq > 0);
		assert(record.len > 0 && record.len <= JOURNAL_RECORD_MAX);
		assert(copy.at <= size && record.data >= data &&
		       record.data + record.len == data + copy.at);
		assert(copy.at - record.len - JOURNAL_RECORD_HEAD >= before);
		before = copy.at;
		if (n < MAX_RECORDS)
			seqs[n++] = record.seq;
		min_seq = record.seq + 1;
	}
	assert(copy.at == size);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t all[MAX_RECORDS], some[MAX_RECORDS];
	size_t n = read_from(data, size, 1, all);

	for (size_t i = 0; i < n && i < 8; i++) {
		size_t n_some = read_from(data, size, all[i], some);

		assert(n_some == n - i || n == MAX_RECORDS);
		assert(n_some != n - i ||
		       memcmp(some, all + i, n_some * sizeof(*some)) == 0);
	}
	return 0;
}
