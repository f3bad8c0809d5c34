/*
 * files.h - how many files and sockets the process may have open
 */
#ifndef LCRPROXY_FILES_H
#define LCRPROXY_FILES_H

#include <stddef.h>

#include "base/log.h"

/*
 * How many connections there may be when so many are wanted: the system's limit
 * of open files is raised as far as that takes and it goes, and where it does
 * not go so far, which is logged, they are fewer. Journals, store and name
 * servers have files however many connect.
 */
size_t files_for_connections(size_t wanted, int n_workers, struct log *log);

#endif
