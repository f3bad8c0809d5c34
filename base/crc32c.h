/*
 * crc32c.h - the CRC of the journal (Castagnoli; RFC 3720, appendix B.4)
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continue crc (0 at the start) over len bytes. crc32c(0, "123456789", 9) is
 * 0xE3069283. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);
/* The same without the CPU's own instruction: what crc32c falls back to. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len);

#endif
