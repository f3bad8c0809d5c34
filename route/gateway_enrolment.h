/*
 * gateway_enrolment.h - whether and as whom this node registers at a gateway
 * (RFC 3261 10)
 */
#ifndef ROUTE_GATEWAY_ENROLMENT_H
#define ROUTE_GATEWAY_ENROLMENT_H

#include <stdint.h>

enum gateway_registers {
	REGISTERS_NOT,
	REGISTERS_AT_ALL,  /* calls go there in any case */
	REGISTERS_OR_DOWN, /* no calls while it is not registered */
};

/* Texts live as long as the snapshot; they are NULL with REGISTERS_NOT. */
struct gateway_enrolment {
	uint8_t registers;	/* enum gateway_registers */
	const char *aor;	/* address-of-record: "sip:user@domain" */
	const char *registrar;	/* Request-URI: "sip:domain" */
	const char *user;	/* of our Contact */
	uint32_t expires_s;	/* to ask for */
};

#endif
