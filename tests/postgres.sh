#!/bin/sh
# postgres.sh - run a command beside a PostgreSQL server of its own
#
#	tests/postgres.sh [--fast] run COMMAND...
#
# Makes a server in a fresh directory (unix socket, and 127.0.0.1 on a free
# port), exports LCR_TEST_PG (libpq connection string), LCR_TEST_PG_URL (the
# same as store URL), LCR_TEST_PG_DIR (the server's directory) and runs
# COMMAND. Afterwards the server is stopped, the directory removed, and the
# command's status returned. --fast turns fsync off: only for tests that do
# not look at what survives a power cut. Exit status 2: wrong usage, 77
# (skipped): there is no PostgreSQL here.
set -u

usage()
{
	echo "usage: $0 [--fast] run COMMAND..." >&2
	exit 2
}

fail()
{
	echo "$0: $*" >&2
	exit 1
}

# Debian keeps initdb and pg_ctl out of PATH; the newest version is the last.
find_bin()
{
	found=$(command -v initdb)
	for initdb in /usr/local/pgsql/bin/initdb \
	    /usr/lib/postgresql/[0-9]/bin/initdb \
	    /usr/lib/postgresql/[1-9][0-9]/bin/initdb; do
		if [ -x "$initdb" ]; then
			found=$initdb
		fi
	done
	if [ -n "$found" ]; then
		dirname "$found"
	fi
}

# initdb refuses to be root.
as_server()
{
	if [ "$(id -u)" = 0 ]; then
		(cd / && exec setpriv --reuid=postgres --regid=postgres \
		    --clear-groups --reset-env "$@")
	else
		"$@"
	fi
}

# A port that nobody listens on now; start_server tries again when that
# changes before the server has it.
random_port()
{
	echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
}

start_server()
{
	tries=8
	while [ $tries -gt 0 ]; do
		tries=$((tries - 1))
		port=$(random_port)
		as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 \
		    -o "-p $port -k $dir -c listen_addresses=127.0.0.1 $fsync" \
		    start >/dev/null 2>&1 && return
	done
	cat "$dir/log" >&2
	fail "the server does not start"
}

# A signal is for the command, too.
end_command()
{
	if [ -n "$command" ]; then
		kill "$command" 2>/dev/null
		wait "$command" 2>/dev/null
	fi
}

stop_server()
{
	as_server "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop \
	    >/dev/null 2>&1
	rm -rf "$dir"
}

fsync=
while [ $# -gt 0 ]; do
	case $1 in
	--fast) fsync="-c fsync=off" ;;
	run)
		shift
		if [ "${1:-}" = --fast ]; then
			fsync="-c fsync=off"
			shift
		fi
		break
		;;
	*) usage ;;
	esac
	shift
done
[ $# -gt 0 ] || usage

bin=$(find_bin)
if [ -z "$bin" ]; then
	echo "$0: no initdb found, PostgreSQL is not installed" >&2
	exit 77
fi

dir=$(mktemp -d /tmp/lcrproxy-pg-XXXXXX) || fail "no temporary directory"
command=
trap stop_server EXIT
trap 'end_command; exit 129' HUP
trap 'end_command; exit 130' INT
trap 'end_command; exit 143' TERM
if [ "$(id -u)" = 0 ]; then
	chown postgres:postgres "$dir"
fi
as_server "$bin/initdb" -D "$dir/data" -A trust -U postgres -E UTF8 \
    --locale=C >"$dir.initdb" 2>&1 || {
	cat "$dir.initdb" >&2
	rm -f "$dir.initdb"
	fail "initdb failed"
}
rm -f "$dir.initdb"
start_server

LCR_TEST_PG="host=$dir port=$port dbname=postgres user=postgres"
LCR_TEST_PG_URL="postgresql:$LCR_TEST_PG"
LCR_TEST_PG_DIR=$dir
export LCR_TEST_PG LCR_TEST_PG_URL LCR_TEST_PG_DIR
# In the background, so that a signal is not kept waiting until it is done;
# the shell would take its standard input away.
exec 3<&0
"$@" <&3 3<&- &
command=$!
wait "$command"
