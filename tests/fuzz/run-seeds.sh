#!/bin/sh
# run-seeds.sh - runs every fuzz target on its seeds
#
# The targets are the fuzz_NAME.c beside this script, the seeds those of
# seeds/NAME/; targets of whole messages get those of tests/torture too. Works
# with replay.c and with libFuzzer. The last line is "N passed, N failed",
# counting seeds.
src=${top_srcdir:-.}/tests/fuzz
bin=${top_builddir:-.}/tests/fuzz
passed=0 failed=0

for source in "$src"/fuzz_*.c; do
	name=$(basename "$source" .c)
	n=0
	more=
	case $name in fuzz_scan | fuzz_session | fuzz_edit | fuzz_way | fuzz_frame) more="$src/../torture/rfc*/*.sip" ;; esac
	# shellcheck disable=SC2086 # a pattern
	for seed in "$src/seeds/${name#fuzz_}"/* $more; do
		[ -f "$seed" ] || continue
		n=$((n + 1))
		if output=$("$bin/$name" "$seed" 2>&1); then
			passed=$((passed + 1))
		else
			printf '%s: fails on %s\n%s\n' "$name" "$seed" "$output"
			failed=$((failed + 1))
		fi
	done
	if [ "$n" -eq 0 ]; then
		echo "$name: there are no seeds in seeds/${name#fuzz_}/"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
