/*
 * route_world_private.h - what the maker of worlds and the oracle both know
 */
#ifndef TESTS_UNIT_ROUTE_WORLD_PRIVATE_H
#define TESTS_UNIT_ROUTE_WORLD_PRIVATE_H

#include <stdint.h>

/* Local days since 1970-01-01: of every tariff, and of tariff 0 alone. */
extern const int64_t world_common_holiday;
extern const int64_t world_own_holiday;

#endif
