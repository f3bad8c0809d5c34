#!/bin/bash
# lcrdb.sh - the program on its command line, on SQLite and, with LCR_TEST_PG, on PostgreSQL
#
# Run by make check; by hand: top_builddir=DIRECTORY tests/component/lcrdb.sh
set -u

lcrdb=$(cd "${top_builddir:-.}" && pwd)/lcrdb
dir=$(mktemp -d) || exit 1
schema=lcrdb_component_$$
passed=0 failed=0 skipped=0
unset LCR_STORE

clean_up()
{
	rm -rf "$dir"
	if [ -n "${has_schema:-}" ]; then
		psql -q "$LCR_TEST_PG" -c "DROP SCHEMA $schema CASCADE" 2>/dev/null
	fi
}
trap clean_up EXIT
cd "$dir" || exit 1

# expect WHAT STATUS PATTERN COMMAND...: the status, and a line of what it says ("" = whatever)
expect()
{
	local what=$1 status=$2 pattern=$3 got=0
	shift 3
	"$@" >out 2>err </dev/null || got=$?
	if [ "$got" = "$status" ] && { [ -z "$pattern" ] || cat out err | grep -Eq -- "$pattern"; }; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAILED: $what: status $got, expected $status and \"$pattern\"; it said:"
	cat out err
}

same()
{
	if diff "$2" "$3"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1"
	fi
}

write_files()
{
	printf 'tariff,currency\nblue,EUR\nretail,EUR\n' >tariffs.csv
	printf 'code,price,interval\n49,0.01,60/1\n4930,0.02,1\n' >deck.csv
	printf 'tariff,prefix,rate\nblue,49,x\nblue,4x,1\n' >bad.csv
	printf 'carrier,tariff\nblue,blue\n' >carriers.csv
}

usage()
{
	expect "help" 0 "usage: lcrdb" "$lcrdb" --help
	expect "help names the increments" 0 "charged per second" "$lcrdb" --help
	expect "version" 0 "^lcrdb \(lcrproxy\)" "$lcrdb" --version
	expect "no command" 2 "no command, expected init" "$lcrdb"
	expect "an unknown command" 2 "grow: unknown command" "$lcrdb" grow
	expect "an unknown kind" 2 "birds: unknown kind, expected tariffs" "$lcrdb" import birds a.csv
	expect "a missing word" 2 "import: 2 words, expected 3" "$lcrdb" import rates
	expect "an unknown option" 2 "option --fast is unknown" "$lcrdb" --fast init
	expect "a store of no kind" 1 "expected sqlite:PATH" "$lcrdb" -s mysql:x init
	expect "a store that is not there" 1 "nosuch.db: .*run lcrdb init" "$lcrdb" -s sqlite:nosuch.db check
	expect "a configuration that is not there" 1 "nosuch.conf: No such file" "$lcrdb" -c nosuch.conf check
	expect "init does not create for check" 1 "" test -e nosuch.db
}

# The store is in LCR_STORE.
life()
{
	expect "init" 0 "made with schema version [0-9]+" "$lcrdb" init
	expect "init again" 0 "at schema version [0-9]+ already" "$lcrdb" init
	expect "init as JSON" 0 '^\{"command":"init","from":[0-9]+,"version":[0-9]+\}$' "$lcrdb" init --json
	expect "migrate" 0 "at schema version [0-9]+ already" "$lcrdb" migrate
	expect "import" 0 "tariffs.csv: 2 rows: 2 new, 0 changed, 0 unchanged, 0 deleted" "$lcrdb" import tariffs tariffs.csv
	expect "import from a pipe" 0 "stdin: 1 rows: 1 new" sh -c "cat carriers.csv | '$lcrdb' import carriers -"
	expect "a dry run" 0 "dry run.*: 2 new" "$lcrdb" import rates deck.csv -t blue -n
	expect "which changed nothing" 0 '"inserted":2,"updated":0,"unchanged":0,"deleted":0,"errors":0' \
		"$lcrdb" --json import rates deck.csv --tariff=blue
	expect "a deck again" 0 "2 unchanged" "$lcrdb" import rates deck.csv -t blue
	expect "a bad file" 1 '^bad.csv:2: rate: "x", expected' "$lcrdb" import rates bad.csv
	expect "and its end" 1 "bad.csv: 2 errors, nothing was imported" "$lcrdb" import rates bad.csv
	expect "a bad file as JSON" 1 '"rows":2,"inserted":0.*"errors":2' "$lcrdb" import rates bad.csv --json
	expect "a file that is not there" 1 "nosuch.csv: cannot be opened" "$lcrdb" import rates nosuch.csv
	expect "an option of another kind" 2 "tariff, expected with rates only" "$lcrdb" import tariffs tariffs.csv -t blue
	expect "replace" 0 "0 new, 0 changed, 1 unchanged, 1 deleted" \
		sh -c "head -n 2 deck.csv | '$lcrdb' import rates - -t blue --replace"
	expect "export" 0 "^blue,49,,0.01,0,60,1,0,0,,,$" "$lcrdb" export rates
	expect "export to a file" 0 "" "$lcrdb" export rates -o rates.csv
	"$lcrdb" export rates >stdout.csv
	same "the file is what standard output gets" rates.csv stdout.csv
	expect "what was exported imports" 0 "0 new, 0 changed, 1 unchanged" "$lcrdb" import rates rates.csv
	expect "export where it cannot go" 1 "/nosuch/rates.csv: No such file" "$lcrdb" export rates -o /nosuch/rates.csv
	expect "export to a full disk" 1 "/dev/full: No space" "$lcrdb" export rates -o /dev/full
	expect "export as JSON" 2 "an export is CSV" "$lcrdb" export rates --json
	expect "check warns" 0 "warning: tariff retail: there are no rates" "$lcrdb" check
	expect "check counts" 0 '^\{"errors":0,"warnings":2\}$' "$lcrdb" check --json
}

# Several at once: one makes the tables, the others wait for it.
together()
{
	local n=0 pid pids=

	for i in 1 2 3 4; do
		"$lcrdb" init >"init.$i" 2>&1 &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid" || n=$((n + 1))
	done
	expect "four at once: none fails" 0 "^0$" echo $n
	cat init.? | grep -v "^The store"
	expect "and the tables are there" 0 "^0 errors, 0 warnings$" "$lcrdb" check
}

sqlite()
{
	LCR_STORE=sqlite:made.db life
	printf 'node = "a"; store = "sqlite:conf.db";\n' >lcrproxy.conf
	expect "the configuration's store" 0 "was made" "$lcrdb" -c lcrproxy.conf init
	expect "is a file" 0 "" test -f conf.db
	LCR_STORE=sqlite:env.db expect "the environment's goes before it" 0 "was made" "$lcrdb" -c lcrproxy.conf init
	expect "and is a file" 0 "" test -f env.db
	LCR_STORE=sqlite:env.db expect "the option's before both" 0 "was made" "$lcrdb" -c lcrproxy.conf init -s sqlite:opt.db
	expect "and is one, too" 0 "" test -f opt.db
	LCR_STORE=sqlite:together.db together
}

postgresql()
{
	if [ -z "${LCR_TEST_PG:-}" ] || ! command -v psql >/dev/null; then
		echo "skipped: LCR_TEST_PG is not set, or there is no psql"
		skipped=$((skipped + 1))
		return
	fi
	psql -q "$LCR_TEST_PG" -c "CREATE SCHEMA $schema" || return
	has_schema=yes
	export LCR_STORE="postgresql:$LCR_TEST_PG options='-c search_path=$schema'"
	expect "migrate before init" 1 "run lcrdb init" "$lcrdb" migrate
	expect "import before init" 1 "schema version 0, expected [0-9]+: run lcrdb init" "$lcrdb" import rates deck.csv
	life
	psql -q "$LCR_TEST_PG" -c "DROP SCHEMA $schema CASCADE" 2>/dev/null
	psql -q "$LCR_TEST_PG" -c "CREATE SCHEMA $schema"
	together
}

write_files
usage
sqlite
postgresql
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
