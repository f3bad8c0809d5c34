/*
 * conf_words.h - settings and what they should be, in words
 *
 * For the messages of conf.c: "PATH is VALUE, expected EXPECTED".
 */
#ifndef BASE_CONF_WORDS_H
#define BASE_CONF_WORDS_H

#include "base/conf.h"

#define CONF_VALUE_CAP 128	 /* a value as found */
#define CONF_EXPECTED_CAP 2048 /* the names of all settings of a group */

struct config_setting_t;

/* The value of a setting: 5, "udp", true, a group, a list of 3. */
void conf_words_value(const struct config_setting_t *setting,
		      char out[CONF_VALUE_CAP]);
/* What a setting of this row may be: "0..65535 (ms)", "one of udp, tcp". */
void conf_words_expected(const struct conf_field *field,
			 char out[CONF_EXPECTED_CAP]);
/* Add a word to "one of A, B" (empty at first); cut when it does not fit. */
void conf_words_add(char out[CONF_EXPECTED_CAP], const char *word);

#endif
