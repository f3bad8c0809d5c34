/*
 * journal_format.h - names and bytes of journal segments; private to acct/
 *
 * Segment: header, then records. All integers are big-endian.
 *
 *	header  magic "LCRJ", version u16, length u16 (of the header),
 *		worker u32, segment u64, first sequence number u64, reserved
 *		u64 (0), node (32 bytes, NULs behind), CRC-32C u32 of all before
 *	record  length u32 (of the bytes), CRC-32C u32, sequence number u64,
 *		bytes; the CRC covers length, sequence number and bytes
 *
 * The first sequence number ever is 1; there are no gaps.
 */
#ifndef ACCT_JOURNAL_FORMAT_H
#define ACCT_JOURNAL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_HEADER_LEN 72
#define JOURNAL_RECORD_HEAD 16
#define JOURNAL_RECORD_MAX 65536 /* bytes in one record */
#define JOURNAL_NODE_MAX 32
#define JOURNAL_NAME_MAX 80 /* of a segment's file, with NUL */

struct journal_segment {
	char node[JOURNAL_NODE_MAX + 1];
	int worker;
	int64_t number;	   /* 1.. */
	int64_t first_seq; /* in the header only */
	bool packed;	   /* in the name only: compressed (base/pack.h) */
};

void journal_header_encode(const struct journal_segment *segment,
			   uint8_t out[JOURNAL_HEADER_LEN]);
/* 0 or ERR_CORRUPT. */
int journal_header_decode(const uint8_t in[JOURNAL_HEADER_LEN],
			  struct journal_segment *out);

struct journal_record {
	const uint8_t *data; /* borrowed */
	size_t len;
	int64_t seq;
};

/* What goes in front of record->data. */
void journal_record_head(const struct journal_record *record,
			 uint8_t out[JOURNAL_RECORD_HEAD]);
/*
 * The record at the start of n bytes: 0, ERR_TRUNCATED (may become one when
 * more bytes come), or ERR_CORRUPT. Its sequence number must be min_seq or up
 * to 2^32 more; min_seq 0 stands for any.
 */
int journal_record_decode(const uint8_t *in, size_t n, int64_t min_seq,
			  struct journal_record *out);

/* [A-Za-z0-9_-]{1,32} */
bool journal_node_is_valid(const char *node);
/* "NODE.WORKER.NUMBER.journal", NUMBER with ten digits at least, and ".zst"
 * when it is packed. */
void journal_segment_name(const struct journal_segment *segment,
			  char out[JOURNAL_NAME_MAX]);
/* Whether name is one; first_seq is 0 then. */
bool journal_segment_parse(const char *name, struct journal_segment *out);

/* Open the segment's file in the directory: a descriptor, or -1 and errno. Of
 * one that is only there packed (and without O_CREAT) it is that of a copy in
 * memory. */
int journal_segment_open(int dir_fd, const struct journal_segment *segment,
			 int flags);
/*
 * The lowest or the highest number over `above` of a segment of like's node
 * and worker in the directory: 0, ERR_NOTFOUND or ERR_IO.
 */
int journal_segment_lowest(int dir_fd, const struct journal_segment *like,
			   int64_t above, int64_t *out);
int journal_segment_highest(int dir_fd, const struct journal_segment *like,
			    int64_t above, int64_t *out);
/* The lowest number of one that is not packed, likewise. */
int journal_segment_plain(int dir_fd, const struct journal_segment *like,
			  int64_t *out);

#endif
