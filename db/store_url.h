/*
 * store_url.h - which store a program works on
 */
#ifndef DB_STORE_URL_H
#define DB_STORE_URL_H

#include "db/store.h"

#define STORE_URL_DEFAULT "sqlite:/var/lib/lcrproxy/lcr.db"

/*
 * The url for store_open, yours to free: given (an option's value), else the
 * environment's LCR_STORE, else the setting `store` of the configuration file
 * config, else the default; each may be NULL or absent. The file is only
 * looked through for that one setting at its top level: @include is not
 * followed. Returns 0, ERR_IO (config cannot be read), ERR_SYNTAX (what it
 * has is not a text), or ERR_NOMEM, with error.
 */
int store_url_find(const char *given, const char *config, char **out,
		   char error[STORE_ERROR_MAX]);
/* The same from the text of a file that is called name; *out is NULL when the
 * setting is not there. */
int store_url_parse(const char *name, struct str text, char **out,
		    char error[STORE_ERROR_MAX]);

#endif
