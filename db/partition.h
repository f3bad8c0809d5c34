/*
 * partition.h - call records by the month
 *
 * In PostgreSQL cdr and cdr_attempt are partitioned by the month (UTC) of the
 * call's setup_time: TABLE_YYYYMM, and TABLE_other for what fits none, so that
 * no record is ever refused for its time. SQLite has one table of each; there
 * dropping months deletes rows.
 */
#ifndef DB_PARTITION_H
#define DB_PARTITION_H

#include "base/clock.h"
#include "db/store.h"

/*
 * Have a partition for the month of now and each of the next `ahead`: 0 and how
 * many were made, or the store's error. A month of which TABLE_other has rows
 * already cannot be made (ERR_DB). Safe beside others that do the same.
 */
int partition_make(struct store *store, time_us now, int ahead,
		   size_t *n_out);
/*
 * Drop what belongs to months that ended `keep` months or more before the month
 * of now: whole partitions, and rows where there are none, some thousand at a
 * time. *n_out is how many partitions and rows went; call again while it is not
 * 0. keep >= 1.
 */
int partition_drop(struct store *store, time_us now, int keep, size_t *n_out);

#endif
