/*
 * sip_help.h - messages for the tests of sip/
 */
#ifndef TESTS_UNIT_SIP_HELP_H
#define TESTS_UNIT_SIP_HELP_H

#include "sip/msg.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Rows that make a message complete. */
#define H_VIA "Via: SIP/2.0/UDP pc33.example.com;branch=z9hG4bK776asdhds\r\n"
#define H_FROM "From: Alice <sip:alice@example.com>;tag=1928301774\r\n"
#define H_TO "To: Bob <sip:bob@example.net>\r\n"
#define H_CALL_ID "Call-ID: a84b4c76e66710@pc33.example.com\r\n"
#define H_CSEQ "CSeq: 314159 INVITE\r\n"
#define H_MF "Max-Forwards: 70\r\n"
#define INVITE_LINE "INVITE sip:bob@example.net SIP/2.0\r\n"
#define H_DIALOG H_FROM H_TO H_CALL_ID H_CSEQ
/* All that is needed, but for further rows and the empty line. */
#define COMPLETE INVITE_LINE H_VIA H_DIALOG

static inline int
scan_text(struct sip_msg *msg, const char *text)
{
	return sip_scan(msg, text, strlen(text), NULL);
}

#endif
