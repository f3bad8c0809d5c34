#!/bin/sh
# autogen.sh - make ./configure from configure.ac (needs autoconf, automake, pkg-config)
set -eu
cd "$(dirname "$0")"
exec autoreconf --install --force --warnings=all,no-obsolete,no-override
