EXTRA_DIST += doc/architecture.md doc/calls.md
