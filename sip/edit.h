/*
 * edit.h - forwarding bytes as received, with splices
 *
 * A list of cuts and insertions over a scanned message, kept in order of
 * offset and applied in one copy. Inserted text is borrowed until then.
 */
#ifndef SIP_EDIT_H
#define SIP_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/arena.h"
#include "sip/flow.h"
#include "sip/msg.h"

#define SIP_MAX_SPLICES (SIP_MAX_FIELDS + 32) /* each row may have to go */

struct sip_splice {
	uint16_t at;	    /* offset in the original */
	uint16_t cut;	    /* bytes left out */
	struct str insert;  /* put in their place */
};

struct sip_edit {
	const struct sip_msg *msg; /* borrowed */
	size_t n;
	int err;		   /* sticky: ERR_LIMIT, ERR_NOMEM, ERR_INVAL
				    * (overlap, or not in the message) */
	char length_row[28];	   /* for what goes by a stream */
	struct sip_splice splices[SIP_MAX_SPLICES];
};

void sip_edit_init(struct sip_edit *edit, const struct sip_msg *msg);
/* Insertions at the same offset come out in the order they were made. */
void sip_edit_splice(struct sip_edit *edit, size_t at, size_t cut,
		     struct str insert);
/* Replace the value of a header row; remove a whole row; add text (whole
 * lines with CRLF) before the first row of id, or, when there is none or id is
 * SIP_HDR_OTHER, behind the start line. */
void sip_edit_set_value(struct sip_edit *edit, int field, struct str value);
void sip_edit_remove_row(struct sip_edit *edit, int field);
void sip_edit_add_before(struct sip_edit *edit, enum sip_header id,
			 struct str lines);
/* Remove the first value of the first row of id: the row when it was its only
 * value, else up to behind the comma. No-op when there is none. */
void sip_edit_pop_value(struct sip_edit *edit, enum sip_header id);
/* The same for the first n values, of one row or several. */
void sip_edit_pop_values(struct sip_edit *edit, enum sip_header id, unsigned n);
/* Length of the result. */
size_t sip_edit_len(const struct sip_edit *edit);
/* Write it to out: 0, ERR_SPACE, or the sticky error. */
int sip_edit_apply(const struct sip_edit *edit, char *out, size_t cap,
		   size_t *len);

/*
 * The steps of RFC 3261 16.6 on the bytes of a request.
 */
struct sip_forward {
	struct str ruri;	 /* p == NULL: keep */
	struct str via;		 /* value of our Via, without "Via: " */
	struct str record_route; /* value of ours, p == NULL: none */
	unsigned n_pop_routes;	 /* so many topmost Route values are ours; */
#define SIP_ALL_ROUTES (~0U)	 /* or all */
	enum sip_transport by;	 /* a stream's has to say how long it is */
	struct str headers;	 /* more lines, each with CRLF; may be empty */
	const struct addr *from; /* for received/rport in the Via below ours
				  * (18.2.1, RFC 3581 4), or NULL */
};

#define SIP_ROWS_ADDED 16 /* more than anybody adds to a request */

/* Whether a request can still be scanned when somebody has added rows. */
bool sip_edit_has_room(const struct sip_msg *msg);
/* Puts Via on top, adds a Content-Length where there is none and by needs it (16.6
 * step 9), counts Max-Forwards down (70 when there is none), sees that
 * there is a Max-Breadth of at most 60 (RFC 5393 5.3.3), and does
 * what forward says. The texts it makes up live in arena. The caller has
 * checked Max-Forwards: ERR_INVAL unless it is 1..255; ERR_LIMIT when the result
 * might have too many rows to be scanned. Errors are sticky in
 * edit. received and rport that the client made up itself are replaced. */
void sip_edit_forward_request(struct sip_edit *edit, struct arena *arena,
			      const struct sip_forward *forward);
/* Removes the topmost Via value (16.7 step 3). It leaves by this transport. */
void sip_edit_forward_response(struct sip_edit *edit, enum sip_transport by);

#endif
