/*
 * checksum.h - what checksums of tables are made of
 *
 * A row is mixed column by column; rows are added up, so that their order and
 * ids do not matter. Against mistakes, not against malice.
 */
#ifndef ROUTE_CHECKSUM_H
#define ROUTE_CHECKSUM_H

#include <stdint.h>
#include <string.h>

static inline uint64_t
checksum_mix(uint64_t hash, uint64_t value)
{
	/* odd, bits spread: 2^64 / golden ratio */
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static inline uint64_t
checksum_mix_text(uint64_t hash, const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = 0;

		memcpy(&word, text + i, len - i < 8 ? len - i : 8);
		hash = checksum_mix(hash, word);
	}
	return checksum_mix(hash, len);
}

#endif
