/*
 * conf_source.h - the whole text of a configuration, ready for libconfig
 *
 * libconfig 1.5 silently cuts numbers to 32 bits, drops everything behind an
 * open comment or a NUL octet, and opens included files itself. So the text is
 * put together here first: `@include "FILE"` lines (FILE relative to the file
 * that includes it) are replaced by what they name, numbers over 32 bits get
 * their suffix L, and the rest of these is an error with file and line.
 */
#ifndef BASE_CONF_SOURCE_H
#define BASE_CONF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct conf_errors;

#define CONF_SOURCE_MAX (4 << 20) /* octets of all files together */
#define CONF_SOURCE_MAX_DEPTH 8	  /* files that include each other */

/* Text line `first` and those behind it come from this file's line and on. */
struct conf_segment {
	int first;
	char *file;
	int line;
};

struct conf_source {
	char *text; /* terminated */
	size_t len, cap;
	int line;   /* of the next octet of text */
	struct conf_segment *segments; /* by first */
	size_t n_segments, segments_cap;
	struct conf_errors *errors;
};

/*
 * From a file or from text (in which @include is an error). Returns 0,
 * ERR_SYNTAX or ERR_IO after lines were added to errors (borrowed until
 * conf_source_fini), or ERR_NOMEM. Whatever comes back, call
 * conf_source_fini.
 */
int conf_source_read_file(struct conf_source *source, const char *file,
			  struct conf_errors *errors);
int conf_source_read_text(struct conf_source *source, const char *name,
			  const char *text, struct conf_errors *errors);
void conf_source_fini(struct conf_source *source);
/* The file a line of the text came from (borrowed), and its line there. */
const char *conf_source_where(const struct conf_source *source, int text_line,
			      int *line);

#endif
