/*
 * err.h - the error codes every function of the project returns
 *
 * A function that can fail returns 0 or one of these, always negative.
 * Numbers may change between releases; nothing stores or sends them.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
	ERR_NOMEM = -1,	    /* an allocation failed */
	ERR_INVAL = -2,	    /* an argument or input value is not acceptable */
	ERR_RANGE = -3,	    /* a number is outside its range or overflows */
	ERR_SYNTAX = -4,    /* bytes do not follow the grammar */
	ERR_TRUNCATED = -5, /* input ended early */
	ERR_SPACE = -6,	    /* the output does not fit its buffer */
	ERR_LIMIT = -7,	    /* a configured or built-in bound was reached */
	ERR_NOTFOUND = -8,  /* there is no such thing */
	ERR_EXISTS = -9,    /* there is one already */
	ERR_IO = -10,	    /* the operating system refused; see errno */
	ERR_DB = -11,	    /* the store refused; see store_error() */
	ERR_CONFLICT = -12, /* the store was changed by somebody else; retry */
	ERR_AUTH = -13,	    /* a signature or a secret does not match */
	ERR_EXPIRED = -14,  /* a time bound has passed */
	ERR_CORRUPT = -15,  /* stored bytes fail their checksum */
	ERR_NOROUTE = -16,  /* no carrier sells this number */
	ERR_NOPRICE = -17,  /* there is no price in force */
	ERR_NOTOURS = -18,  /* well-formed, but not addressed to us */
	ERR_BUSY = -19,	    /* try again later */
	ERR_TIMEOUT = -20,  /* nobody answered in time */
	ERR_UNSUPPORTED = -21, /* understood and not implemented */
	ERR_USAGE = -22,    /* a command line is wrong */
	ERR_END = -23,	    /* there is no next item */
};

/* A short English text for err, without a final stop. Static storage; any
 * int is accepted. */
const char *err_text(int err);

#endif
