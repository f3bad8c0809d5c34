/*
 * turn.h - shares by turns: drawing by weight, exact in the long run
 *
 * RFC 2782 draws servers of one priority by weight with a random number. Here
 * the number comes from a sequence: turn t stands at the fraction of t times
 * the golden ratio, which covers 0..1 more evenly than chance does. After any
 * number of turns each weight has had its share but for a few.
 */
#ifndef ROUTE_TURN_H
#define ROUTE_TURN_H

#include <stddef.h>
#include <stdint.h>

#define TURN_MAX_WEIGHT UINT32_C(1000000)

/* The place of a turn in 0..1, as a fraction of 2^64. */
uint64_t turn_place(uint64_t turn);
/*
 * The item a place falls to, of n with weights of at most TURN_MAX_WEIGHT
 * (more count as that), n and their sum not 0: they divide 0..1 among them in
 * their order. *place becomes the place within the item's own part, to draw
 * the next one by.
 */
size_t turn_draw(const uint32_t *weights, size_t n, uint64_t *place);

#endif
