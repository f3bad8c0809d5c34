/* pg_wait.c - talking to the server without ever waiting for good */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "db/pg.h"
#include "db/pg_state.h"

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
pg_lose(struct pg *pg, const char *reason)
{
	pg->base.lost = true;
	return store_fail(&pg->base, ERR_DB, "connection lost: %s",
			  reason != NULL ? reason : PQerrorMessage(pg->conn));
}

static int
lose_silent(struct pg *pg)
{
	char reason[80];

	snprintf(reason, sizeof(reason), "no sign of the server for %lld ms",
		 (long long)pg->base.timeout_ms);
	return pg_lose(pg, reason);
}

/* Wait until the socket is ready for one of events, or fail. */
static int
wait_ready(struct pg *pg, short events)
{
	int64_t deadline = now_ms() + pg->base.timeout_ms;
	struct pollfd fds[] = {
		{ .fd = PQsocket(pg->conn), .events = events },
		{ .fd = pg->base.alarm_fd, .events = POLLIN },
	};

	if (fds[0].fd < 0)
		return pg_lose(pg, NULL);
	for (;;) {
		int64_t left = deadline - now_ms();
		int n;

		if (left <= 0)
			return lose_silent(pg);
		n = poll(fds, 2, left > 60000 ? 60000 : (int)left);
		if (n > 0 && fds[1].revents != 0)
			return pg_lose(pg, "given up before it answered");
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return pg_lose(pg, strerror(errno));
	}
}

/* The server may need us to read before it reads on, so both directions are
 * watched (libpq, 34.4). */
int
pg_flush(struct pg *pg)
{
	for (;;) {
		int left = PQflush(pg->conn);
		int err;

		if (left == 0)
			return 0;
		if (left < 0)
			return pg_lose(pg, NULL);
		err = wait_ready(pg, POLLIN | POLLOUT);
		if (err != 0)
			return err;
		if (!PQconsumeInput(pg->conn))
			return pg_lose(pg, NULL);
	}
}

int
pg_result(struct pg *pg, PGresult **out)
{
	*out = NULL;
	while (PQisBusy(pg->conn)) {
		int err = wait_ready(pg, POLLIN);

		if (err != 0)
			return err;
		if (!PQconsumeInput(pg->conn))
			return pg_lose(pg, NULL);
	}
	*out = PQgetResult(pg->conn);
	return 0;
}

static const char *
field_of(const PGresult *result, int field)
{
	const char *text = PQresultErrorField(result, field);

	return text != NULL ? text : "";
}

/* The server ends the connection with what it says: FATAL or PANIC. */
static bool
is_last(const PGresult *result)
{
	const char *severity =
	    field_of(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	return strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
}

/* The detail of a key violation names the key; others may show a whole row,
 * with password hashes in it. */
static int
note_error(struct pg *pg, const PGresult *result)
{
	const char *state = field_of(result, PG_DIAG_SQLSTATE);
	const struct pg_state *known = pg_state_find(state);
	const char *text = field_of(result, PG_DIAG_MESSAGE_PRIMARY);
	bool is_key =
	    strcmp(state, "23505") == 0 || strcmp(state, "23503") == 0;
	const char *detail =
	    is_key ? field_of(result, PG_DIAG_MESSAGE_DETAIL) : "";

	if (PQstatus(pg->conn) == CONNECTION_BAD || is_last(result))
		return pg_lose(pg, text[0] != '\0' ? text : NULL);
	if (text[0] == '\0')
		text = PQresultErrorMessage(result);
	store_fail(&pg->base, known->err, "%s%s%s%s%s%s", text,
		   detail[0] != '\0' ? " " : "", detail,
		   state[0] != '\0' ? " (SQLSTATE " : "", state,
		   state[0] != '\0' ? ")" : "");
	pg->base.error.is_values = known->is_values;
	return known->err;
}

/* COPY can only come through pg_copy; end it so that the connection goes on. */
static int
refuse_copy(struct pg *pg, ExecStatusType status)
{
	if (status == PGRES_COPY_IN)
		PQputCopyEnd(pg->conn, "COPY is not expected here");
	else
		pg_lose(pg, "COPY TO is not expected here");
	return store_fail(&pg->base, ERR_DB, "COPY is not expected here");
}

static int
check(struct pg *pg, const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	switch (status) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_SINGLE_TUPLE:
	case PGRES_EMPTY_QUERY:
		return 0;
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		return refuse_copy(pg, status);
	default:
		return note_error(pg, result);
	}
}

/* "INSERT 0 5", "UPDATE 3", "DELETE 1"; others leave the count alone. */
static void
note_changes(struct pg *pg, PGresult *result)
{
	const char *tag = PQcmdStatus(result);

	pg->rolled_back = strcmp(tag, "ROLLBACK") == 0;
	if (strncmp(tag, "INSERT", 6) == 0 || strncmp(tag, "UPDATE", 6) == 0 ||
	    strncmp(tag, "DELETE", 6) == 0)
		pg->base.changes = strtoll(PQcmdTuples(result), NULL, 10);
}

int
pg_finish(struct pg *pg, PGresult *result)
{
	int first = 0;

	for (;;) {
		int err = result != NULL ? 0 : pg_result(pg, &result);

		if (err == 0 && result == NULL)
			return first;
		if (err == 0)
			err = check(pg, result);
		if (err == 0)
			note_changes(pg, result);
		if (first == 0)
			first = err;
		PQclear(result);
		result = NULL;
		if (pg->base.lost)
			return first;
	}
}

int
pg_exec(struct pg *pg, const char *sql)
{
	int err;

	if (!PQsendQuery(pg->conn, sql))
		return pg_lose(pg, NULL);
	err = pg_flush(pg);
	return err != 0 ? err : pg_finish(pg, NULL);
}
