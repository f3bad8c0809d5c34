/*
 * gzip.h - a stream whose octets arrive compressed
 *
 * One gzip member (RFC 1952) without name and time, so that the same content
 * gives the same octets.
 */
#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#include <stdio.h>

/*
 * What is written to *out goes compressed into fd, which stays open and the
 * caller's. fclose(*out) writes the end; it fails, with errno, when that or
 * anything before could not be written. 0, ERR_NOMEM or ERR_IO.
 */
int gzip_open(int fd, FILE **out);

#endif
