/*
 * crc32c.c - by the CPU's instruction where it has one, else slicing by 8
 *
 * Slicing (Kounavis and Berry, 2008): eight bytes at a time, one look-up for
 * each in a table of its own.
 */
#include "base/crc32c.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

/*
 * A CRC is linear: the entry of a byte is the sum of the entries of its bits.
 * So eight numbers, those of the bytes 1, 2, 4 .. 128, give a table. Those of
 * tables[0] are what 8 steps of the reflected polynomial 0x82f63b78 make of
 * the byte; tables[k] are tables[k - 1] after 8 steps more.
 */
#define BIT(i, bit, value) ((i) >> (bit)&1 ? UINT32_C(value) : 0)
#define ENTRY(i, b0, b1, b2, b3, b4, b5, b6, b7)                         \
	(BIT(i, 0, b0) ^ BIT(i, 1, b1) ^ BIT(i, 2, b2) ^ BIT(i, 3, b3) ^ \
	 BIT(i, 4, b4) ^ BIT(i, 5, b5) ^ BIT(i, 6, b6) ^ BIT(i, 7, b7))
#define ROW4(i, ...)                                      \
	ENTRY(i, __VA_ARGS__), ENTRY(i + 1, __VA_ARGS__), \
	    ENTRY(i + 2, __VA_ARGS__), ENTRY(i + 3, __VA_ARGS__)
#define ROW16(i, ...)                                   \
	ROW4(i, __VA_ARGS__), ROW4(i + 4, __VA_ARGS__), \
	    ROW4(i + 8, __VA_ARGS__), ROW4(i + 12, __VA_ARGS__)
#define ROW64(i, ...)                                      \
	ROW16(i, __VA_ARGS__), ROW16(i + 16, __VA_ARGS__), \
	    ROW16(i + 32, __VA_ARGS__), ROW16(i + 48, __VA_ARGS__)
#define TABLE(...)                                     \
	ROW64(0, __VA_ARGS__), ROW64(64, __VA_ARGS__), \
	    ROW64(128, __VA_ARGS__), ROW64(192, __VA_ARGS__)

static const uint32_t tables[8][256] = {
	{ TABLE(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f,
		0x20bd8ede, 0x417b1dbc, 0x82f63b78) },
	{ TABLE(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181,
		0x7f8be302, 0xff17c604, 0xfbc3faf9) },
	{ TABLE(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a,
		0xe144fb14, 0xc76580d9, 0x8b277743) },
	{ TABLE(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d,
		0xd725148b, 0xaba65fe7, 0x52a0c93f) },
	{ TABLE(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3,
		0x1ba8b557, 0x37516aae, 0x6ea2d55c) },
	{ TABLE(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e,
		0x85f4168d, 0x0e045beb, 0x1c08b7d6) },
	{ TABLE(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6,
		0x3d5b83bd, 0x7ab7077a, 0xf56e0ef4) },
	{ TABLE(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4,
		0x0d006599, 0x1a00cb32, 0x34019664) },
};

static uint32_t
load32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static uint32_t
look_up(uint32_t word, size_t table)
{
	return tables[table][word & 255] ^ tables[table - 1][word >> 8 & 255] ^
	       tables[table - 2][word >> 16 & 255] ^
	       tables[table - 3][word >> 24];
}

uint32_t
crc32c_portable(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (; len >= 8; len -= 8, p += 8)
		crc = look_up(crc ^ load32(p), 7) ^ look_up(load32(p + 4), 3);
	for (; len > 0; len--)
		crc = crc >> 8 ^ tables[0][(crc ^ *p++) & 255];
	return ~crc;
}

#if defined(__x86_64__)
static uint64_t
load64(const uint8_t *p)
{
	return load32(p) | (uint64_t)load32(p + 4) << 32;
}

__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t crc, const uint8_t *p, size_t len)
{
	uint64_t wide = ~crc;

	for (; len >= 8; len -= 8, p += 8)
		wide = _mm_crc32_u64(wide, load64(p));
	crc = (uint32_t)wide;
	for (; len > 0; len--)
		crc = _mm_crc32_u8(crc, *p++);
	return ~crc;
}

uint32_t
crc32c(uint32_t crc, const void *data, size_t len)
{
	if (__builtin_cpu_supports("sse4.2"))
		return by_instruction(crc, data, len);
	return crc32c_portable(crc, data, len);
}
#else
uint32_t
crc32c(uint32_t crc, const void *data, size_t len)
{
	return crc32c_portable(crc, data, len);
}
#endif
