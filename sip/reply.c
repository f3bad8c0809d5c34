/* reply.c - responses and requests that we make ourselves */
#include "sip/reply.h"

#include "sip/chars.h"
#include "sip/stamp.h"
#include "sip/value.h"

#define NO_BODY "Content-Length: 0\r\n\r\n"

static const struct sip_field *
first_row(const struct sip_msg *msg, enum sip_header id)
{
	int first = msg->first[id];

	return first >= 0 ? &msg->fields[first] : NULL;
}

static const struct sip_field *
next_row(const struct sip_msg *msg, const struct sip_field *row)
{
	return row->next >= 0 ? &msg->fields[row->next] : NULL;
}

/* A row as it stands, with its CRLF; nothing for NULL. */
static void
write_row(struct wbuf *w, const struct sip_msg *msg,
	  const struct sip_field *row)
{
	if (row != NULL)
		wbuf_bytes(w, msg->data + row->line, row->line_len);
}

static void
write_rows(struct wbuf *w, const struct sip_msg *msg, enum sip_header id)
{
	const struct sip_field *row;

	for (row = first_row(msg, id); row != NULL; row = next_row(msg, row))
		write_row(w, msg, row);
}

/* Name, colon and white space of a row: all before its value. */
static void
write_row_name(struct wbuf *w, const struct sip_msg *msg,
	       const struct sip_field *row)
{
	wbuf_bytes(w, msg->data + row->line, (size_t)(row->value - row->line));
}

/* All Vias in their order, the topmost stamped with the source. */
static void
write_vias(struct wbuf *w, const struct sip_msg *msg, const struct addr *from)
{
	const struct sip_field *row = first_row(msg, SIP_HDR_VIA);
	struct str value;

	if (row == NULL)
		return;
	value = sip_field_value(msg, row);
	write_row_name(w, msg, row);
	sip_stamp_via(w, &msg->top_via, from);
	wbuf_str(w, sip_skip(value, msg->top_via.text.len));
	wbuf_text(w, "\r\n");
	while ((row = next_row(msg, row)) != NULL)
		write_row(w, msg, row);
}

static void
write_to(struct wbuf *w, const struct sip_msg *msg, struct str tag)
{
	const struct sip_field *row = first_row(msg, SIP_HDR_TO);
	struct str value;

	if (row == NULL)
		return;
	value = sip_field_value(msg, row);
	if (tag.len == 0 || msg->to_tag.p != NULL) {
		write_row(w, msg, row);
		return;
	}
	write_row_name(w, msg, row);
	wbuf_str(w, value);
	wbuf_text(w, ";tag=");
	wbuf_str(w, tag);
	wbuf_text(w, "\r\n");
}

static void
write_status_line(struct wbuf *w, int status, const char *reason)
{
	wbuf_text(w, "SIP/2.0 ");
	wbuf_dec(w, (uint64_t)status);
	wbuf_text(w, " ");
	wbuf_text(w, reason != NULL ? reason : sip_reason_text(status));
	wbuf_text(w, "\r\n");
}

void
sip_write_response(struct wbuf *w, const struct sip_msg *request,
		   const struct addr *from, int status, const char *reason,
		   struct str to_tag, struct str headers)
{
	if (status == 100)
		to_tag.len = 0;
	write_status_line(w, status, reason);
	write_vias(w, request, from);
	if (status > 100 && status < 300)
		write_rows(w, request, SIP_HDR_RECORD_ROUTE);
	write_row(w, request, first_row(request, SIP_HDR_FROM));
	write_to(w, request, to_tag);
	write_row(w, request, first_row(request, SIP_HDR_CALL_ID));
	write_row(w, request, first_row(request, SIP_HDR_CSEQ));
	if (status == 100) /* 8.2.6.1 */
		write_rows(w, request, SIP_HDR_TIMESTAMP);
	wbuf_str(w, headers);
	wbuf_text(w, NO_BODY);
}

/*
 * What ACK (17.1.1.3) and CANCEL (9.1) have in common: the INVITE's
 * Request-URI, its topmost Via alone, From, Call-ID, CSeq number and Routes;
 * To is that of to.
 */
static void
write_hop_request(struct wbuf *w, const char *method,
		  const struct sip_msg *invite, const struct sip_msg *to)
{
	struct str via = sip_value(invite, SIP_HDR_VIA);

	wbuf_text(w, method);
	wbuf_text(w, " ");
	wbuf_str(w, invite->ruri);
	wbuf_text(w, " SIP/2.0\r\nVia: ");
	wbuf_str(w, str_trim(str_make(via.p, sip_list_first_len(via))));
	wbuf_text(w, "\r\nMax-Forwards: 70\r\n");
	write_rows(w, invite, SIP_HDR_ROUTE);
	write_row(w, invite, first_row(invite, SIP_HDR_FROM));
	write_row(w, to, first_row(to, SIP_HDR_TO));
	write_row(w, invite, first_row(invite, SIP_HDR_CALL_ID));
	wbuf_text(w, "CSeq: ");
	wbuf_dec(w, invite->cseq);
	wbuf_text(w, " ");
	wbuf_text(w, method);
	wbuf_text(w, "\r\n");
}

void
sip_write_ack(struct wbuf *w, const struct sip_msg *invite,
	      const struct sip_msg *response)
{
	write_hop_request(w, "ACK", invite, response);
	wbuf_text(w, NO_BODY);
}

void
sip_write_cancel(struct wbuf *w, const struct sip_msg *invite,
		 struct str headers)
{
	write_hop_request(w, "CANCEL", invite, invite);
	wbuf_str(w, headers);
	wbuf_text(w, NO_BODY);
}
