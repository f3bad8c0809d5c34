/*
 * bill_html.h - a bill as one page for people, self-contained
 */
#ifndef CDR_TOOLS_BILL_HTML_H
#define CDR_TOOLS_BILL_HTML_H

#include <stdio.h>

#include "cdr-tools/bill.h"

/* Errors show in ferror(file). */
void bill_html(FILE *file, const struct bill *bill);

#endif
