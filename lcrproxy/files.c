/* files.c - how many files and sockets the process may have open */
#include "lcrproxy/files.h"

#include <sys/resource.h>

#define OWN 128	       /* store, log, control, HTTP, TRIP, libraries */
#define OWN_OF_EACH 32 /* worker: journal, UDP, listeners, DNS, the loop */

static rlim_t
raise_limit(rlim_t wanted)
{
	struct rlimit limit = { .rlim_cur = wanted };

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return wanted;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur;
}

size_t
files_for_connections(size_t wanted, int n_workers, struct log *log)
{
	size_t own = OWN + OWN_OF_EACH * (size_t)n_workers;
	size_t may = raise_limit(wanted + own);
	size_t left = may > 2 * own ? may - own : may / 2;

	if (may >= wanted + own)
		return wanted;
	log_warning(log,
		    "connections: %zu at most, as %zu files may be open; "
		    "sip.max_connections is %zu, which takes %zu (ulimit -n, "
		    "LimitNOFILE= of systemd)",
		    left, may, wanted, wanted + own);
	return left;
}
