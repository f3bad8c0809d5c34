/*
 * recon_out.h - what a reconciliation found, for people, programs, disputes
 */
#ifndef CDR_TOOLS_RECON_OUT_H
#define CDR_TOOLS_RECON_OUT_H

#include <jansson.h>
#include <stdio.h>

#include "cdr-tools/recon.h"

/* Causes first, then a line for each class. */
void recon_print(const struct recon *recon, const char *carrier, FILE *out);
/* {carrier, causes, classes: [...], ...}; yours to json_decref, NULL when out
 * of memory. */
json_t *recon_json(const struct recon *recon, const char *carrier);
/* Every call that is not exact or within tolerance, with both sides. */
void recon_differing_csv(const struct recon *recon, FILE *out);
/* What we are charged too much for, with the reason and the evidence. */
void recon_dispute_csv(const struct recon *recon, FILE *out);
/* Whether everything is exact or within tolerance. */
bool recon_agrees(const struct recon *recon);

#endif
