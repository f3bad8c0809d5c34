/* outfile.c - files that appear whole or not at all */
#include "cdr-tools/outfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/gzip.h"

#define TEMPORARY ".tmp"

/* "DIR/NAME" and what is behind it. */
static char *
join(const char *dir, const char *name, const char *behind)
{
	size_t len = (dir != NULL ? strlen(dir) + 1 : 0) + strlen(name) +
		     strlen(behind) + 1;
	char *path = mem_alloc(len);

	if (path != NULL)
		snprintf(path, len, "%s%s%s%s", dir != NULL ? dir : "",
			 dir != NULL ? "/" : "", name, behind);
	return path;
}

static void
end(struct outfile *out)
{
	mem_free(out->path);
	mem_free(out->temporary);
	memset(out, 0, sizeof(*out));
}

static int
open_file(struct outfile *out)
{
	int fd = open(out->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		      0640);

	if (fd < 0)
		return ERR_IO;
	out->file = fdopen(fd, "w");
	if (out->file == NULL) {
		close(fd);
		unlink(out->temporary);
		return ERR_IO;
	}
	return 0;
}

int
outfile_open(struct outfile *out, const char *dir, const char *name)
{
	int err = ERR_NOMEM;

	memset(out, 0, sizeof(*out));
	out->path = join(dir, name, "");
	out->temporary = join(dir, name, TEMPORARY);
	if (out->path != NULL && out->temporary != NULL)
		err = open_file(out);
	if (err != 0) {
		int saved = errno;

		end(out);
		errno = saved;
	}
	return err;
}

int
outfile_compress(struct outfile *out)
{
	FILE *file;
	int err = gzip_open(fileno(out->file), &file);

	if (err != 0)
		return err;
	out->plain = out->file;
	out->file = file;
	return 0;
}

/* The end of what is compressed; the plain file is the file again. */
static int
end_compression(struct outfile *out)
{
	int failed = 0;

	if (out->plain != NULL) {
		failed = ferror(out->file);
		failed |= fclose(out->file) != 0;
		out->file = out->plain;
		out->plain = NULL;
	}
	return failed;
}

/* Everything written, or even on disk, and closed: 0 or ERR_IO. */
static int
finish(struct outfile *out, bool sync)
{
	int failed = end_compression(out) || ferror(out->file) || fflush(out->file) != 0 ||
		     (sync && fsync(fileno(out->file)) != 0);
	int saved = errno;

	if (fclose(out->file) != 0 && !failed) {
		saved = errno;
		failed = 1;
	}
	out->file = NULL;
	errno = saved;
	return failed ? ERR_IO : 0;
}

static int
commit(struct outfile *out, bool sync)
{
	int err = finish(out, sync);
	int saved;

	if (err == 0 && rename(out->temporary, out->path) != 0)
		err = ERR_IO;
	saved = errno;
	if (err != 0)
		unlink(out->temporary);
	end(out);
	errno = saved;
	return err;
}

int
outfile_commit(struct outfile *out)
{
	return commit(out, true);
}

int
outfile_rename(struct outfile *out)
{
	return commit(out, false);
}

int
outfile_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || syncfs(fd) != 0 ? ERR_IO : 0;
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return err;
}

void
outfile_abort(struct outfile *out)
{
	if (out->file != NULL) {
		(void)end_compression(out);
		fclose(out->file);
		unlink(out->temporary);
	}
	end(out);
}

/* Whether an octet of a name may stand for itself. */
static bool
is_plain(struct str name, size_t i)
{
	unsigned char c = (unsigned char)name.p[i];

	if (str_eq_text(name, "summary") && i == 0)
		return false;
	if (str_eq_text(str_make(name.p + i, name.len - i), "-calls") ||
	    str_eq_text(str_make(name.p + i, name.len - i), "-credit"))
		return false;
	if (c == '.' && i == 0)
		return false;
	return (c < 0x80 && isalnum(c)) || c == '.' || c == '_' || c == '-';
}

int
outfile_stem(struct str account, char out[OUTFILE_STEM_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < account.len; i++) {
		if (len + 4 > OUTFILE_STEM_MAX)
			return ERR_SPACE;
		if (is_plain(account, i))
			out[len++] = account.p[i];
		else
			len += (size_t)snprintf(out + len, 4, "%%%02X",
						(unsigned char)account.p[i]);
	}
	out[len] = '\0';
	return 0;
}
