/*
 * pack.h - whole files, compressed and back
 *
 * The compressed file is a row of independent Zstandard frames (RFC 8878), each
 * of at most a megabyte of content with its checksum: zstdcat reads it, and what
 * is damaged costs its frame and no more.
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <stdint.h>

/* Compress all of in from its beginning to the end of out: 0, ERR_IO (errno) or
 * ERR_NOMEM. */
int pack_file(int in_fd, int out_fd);
/*
 * The reverse. Frames that are damaged are left out; *damaged_out is how many
 * bytes of `in` belong to none that is whole. 0, ERR_IO (errno), ERR_LIMIT (the
 * content is longer than max bytes) or ERR_NOMEM.
 */
int unpack_file(int in_fd, int out_fd, int64_t max, int64_t *damaged_out);

#endif
