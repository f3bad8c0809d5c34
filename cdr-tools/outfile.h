/*
 * outfile.h - files that appear whole or not at all
 *
 * Written under a name of their own and renamed when everything is on disk.
 */
#ifndef CDR_TOOLS_OUTFILE_H
#define CDR_TOOLS_OUTFILE_H

#include <stdio.h>

#include "base/str.h"

struct outfile {
	FILE *file;
	FILE *plain; /* file compresses into it; NULL = file is it */
	char *path; /* the final one */
	char *temporary;
};

/* Begin DIR/NAME, or NAME when dir is NULL; readable by owner and group only.
 * 0, ERR_IO (errno) or ERR_NOMEM; nothing is open then. */
int outfile_open(struct outfile *out, const char *dir, const char *name);
/* From here on what is written to out->file is compressed: 0, ERR_IO (errno) or
 * ERR_NOMEM. Before anything was written. */
int outfile_compress(struct outfile *out);
/* Write what is left and give the file its name: 0 or ERR_IO (errno; the file
 * is gone). Ends out in any case. */
int outfile_commit(struct outfile *out);
/* The same without waiting for the disk, for many files: outfile_sync waits for
 * all of them. After a power cut in between one may be there and empty. */
int outfile_rename(struct outfile *out);
/* Everything written below dir is on disk: 0 or ERR_IO (errno). */
int outfile_sync(const char *dir);
/* Throw away. Zeroed storage, or one that was ended, is accepted. */
void outfile_abort(struct outfile *out);

#define OUTFILE_STEM_MAX 800

/*
 * A name for the files of an account: its own name with every octet that is
 * not a letter, digit, '.', '_' or '-' as %XX, a '.' in front too, so that no
 * account can choose another directory. "summary" and names that end in
 * "-calls" or "-credit" get a %XX as well, since files of these names have other uses. 0
 * or ERR_SPACE.
 */
int outfile_stem(struct str account, char out[OUTFILE_STEM_MAX]);

#endif
