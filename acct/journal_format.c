/* journal_format.c - encoding and checking what journal_format.h draws */
#include "acct/journal_format.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/err.h"
#include "base/str.h"

#define MAGIC UINT32_C(0x4c43524a) /* "LCRJ" */
#define VERSION 1
#define CRC_LEN 4
#define SEQ_AT 8 /* in a record's head */
#define MAX_SEQ_STEP (INT64_C(1) << 32)
#define SUFFIX "journal"
#define PACKED_SUFFIX SUFFIX ".zst"

void
journal_header_encode(const struct journal_segment *segment,
		      uint8_t out[JOURNAL_HEADER_LEN])
{
	uint8_t node[JOURNAL_NODE_MAX] = { 0 };
	struct wbuf w;

	memcpy(node, segment->node, strlen(segment->node));
	wbuf_init(&w, out, JOURNAL_HEADER_LEN);
	wbuf_u32(&w, MAGIC);
	wbuf_u16(&w, VERSION);
	wbuf_u16(&w, JOURNAL_HEADER_LEN);
	wbuf_u32(&w, (uint32_t)segment->worker);
	wbuf_u64(&w, (uint64_t)segment->number);
	wbuf_u64(&w, (uint64_t)segment->first_seq);
	wbuf_u64(&w, 0);
	wbuf_bytes(&w, node, sizeof(node));
	wbuf_u32(&w, crc32c(0, out, w.len));
}

int
journal_header_decode(const uint8_t in[JOURNAL_HEADER_LEN],
		      struct journal_segment *out)
{
	struct rbuf r;
	bool good;

	rbuf_init(&r, in, JOURNAL_HEADER_LEN);
	good = rbuf_u32(&r) == MAGIC;
	good = rbuf_u16(&r) == VERSION && good;
	good = rbuf_u16(&r) == JOURNAL_HEADER_LEN && good;
	out->worker = (int)rbuf_u32(&r);
	out->number = (int64_t)rbuf_u64(&r);
	out->first_seq = (int64_t)rbuf_u64(&r);
	rbuf_u64(&r);
	memcpy(out->node, rbuf_bytes(&r, JOURNAL_NODE_MAX), JOURNAL_NODE_MAX);
	out->node[JOURNAL_NODE_MAX] = '\0';
	if (!good ||
	    rbuf_u32(&r) != crc32c(0, in, JOURNAL_HEADER_LEN - CRC_LEN))
		return ERR_CORRUPT;
	return 0;
}

static uint32_t
sum(const uint8_t *head, const uint8_t *data, size_t len)
{
	uint32_t crc = crc32c(0, head, 4);

	crc = crc32c(crc, head + SEQ_AT, 8);
	return crc32c(crc, data, len);
}

void
journal_record_head(const struct journal_record *record,
		    uint8_t out[JOURNAL_RECORD_HEAD])
{
	struct wbuf w;

	wbuf_init(&w, out, JOURNAL_RECORD_HEAD);
	wbuf_u32(&w, (uint32_t)record->len);
	wbuf_u32(&w, 0);
	wbuf_u64(&w, (uint64_t)record->seq);
	wbuf_init(&w, out + 4, CRC_LEN);
	wbuf_u32(&w, sum(out, record->data, record->len));
}

static bool
fits(int64_t seq, int64_t min_seq)
{
	if (min_seq == 0)
		return seq > 0;
	return seq >= min_seq && seq - min_seq <= MAX_SEQ_STEP;
}

int
journal_record_decode(const uint8_t *in, size_t n, int64_t min_seq,
		      struct journal_record *out)
{
	struct rbuf r;
	uint32_t crc;

	if (n < JOURNAL_RECORD_HEAD)
		return ERR_TRUNCATED;
	rbuf_init(&r, in, n);
	out->len = rbuf_u32(&r);
	crc = rbuf_u32(&r);
	out->seq = (int64_t)rbuf_u64(&r);
	if (out->len == 0 || out->len > JOURNAL_RECORD_MAX ||
	    !fits(out->seq, min_seq))
		return ERR_CORRUPT;
	out->data = rbuf_bytes(&r, out->len);
	if (out->data == NULL)
		return ERR_TRUNCATED;
	return sum(in, out->data, out->len) == crc ? 0 : ERR_CORRUPT;
}

bool
journal_node_is_valid(const char *node)
{
	size_t len = strlen(node);

	return len > 0 && len <= JOURNAL_NODE_MAX &&
	       len == strspn(node, "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
}

void
journal_segment_name(const struct journal_segment *segment,
		     char out[JOURNAL_NAME_MAX])
{
	snprintf(out, JOURNAL_NAME_MAX, "%.*s.%d.%010lld.%s",
		 JOURNAL_NODE_MAX, segment->node, segment->worker,
		 (long long)segment->number,
		 segment->packed ? PACKED_SUFFIX : SUFFIX);
}

bool
journal_segment_parse(const char *name, struct journal_segment *out)
{
	struct str rest = str_of(name), node, worker, number;
	uint64_t worker_value, number_value;
	char canonical[JOURNAL_NAME_MAX];

	node = str_cut(&rest, '.');
	worker = str_cut(&rest, '.');
	number = str_cut(&rest, '.');
	out->packed = str_eq_text(rest, PACKED_SUFFIX);
	if ((!out->packed && !str_eq_text(rest, SUFFIX)) ||
	    str_copy(node, out->node, sizeof(out->node)) != 0 ||
	    !journal_node_is_valid(out->node) ||
	    str_parse_u64(worker, INT32_MAX, &worker_value) != 0 ||
	    str_parse_u64(number, INT64_MAX, &number_value) != 0 ||
	    number_value == 0)
		return false;
	out->worker = (int)worker_value;
	out->number = (int64_t)number_value;
	out->first_seq = 0;
	/* Another spelling of a number would be a file nobody opens. */
	journal_segment_name(out, canonical);
	return strcmp(name, canonical) == 0;
}
