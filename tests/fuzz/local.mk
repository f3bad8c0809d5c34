# Fuzz targets. Without --enable-fuzz each is linked with replay.c and runs its
# seeds in `make check`; with it (clang) each is a libFuzzer program.
