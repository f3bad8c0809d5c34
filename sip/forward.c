/* forward.c - the steps of RFC 3261 16.6 and 16.7 as edits */
#include "sip/edit.h"

#include "base/buf.h"
#include "base/err.h"
#include "sip/stamp.h"
#include "sip/value.h"

#define MAX_FORWARDS_NEW "Max-Forwards: 70\r\n" /* 16.6 step 3 */
#define MAX_FORWARDS_MAX 255                    /* 20.22 */
#define MAX_FORWARDS_LEN 3                      /* digits of that */
#define BREADTH_MAX 60                          /* RFC 5393 5.3.3 */
#define BREADTH "60"
#define BREADTH_NEW "Max-Breadth: " BREADTH

static void
fail(struct sip_edit *edit, int err)
{
	if (edit->err == 0)
		edit->err = err;
}

/* "name: value" and CRLF, in arena. */
static struct str
make_line(struct sip_edit *edit, struct arena *arena, const char *name,
	  struct str value)
{
	struct wbuf w;
	size_t cap = strlen(name) + value.len + sizeof(": \r\n");
	char *out = arena_alloc(arena, cap);

	if (out == NULL) {
		fail(edit, ERR_NOMEM);
		return str_make(NULL, 0);
	}
	wbuf_init(&w, out, cap);
	wbuf_text(&w, name);
	wbuf_text(&w, ": ");
	wbuf_str(&w, value);
	wbuf_text(&w, "\r\n");
	return str_make(out, w.len);
}

/* Say in the Via below ours where the request came from. */
static void
stamp_top_via(struct sip_edit *edit, struct arena *arena,
	      const struct addr *from)
{
	const struct sip_top_via *via = &edit->msg->top_via;
	size_t cap = via->text.len + SIP_STAMP_MAX;
	struct wbuf w;
	char *out;

	if (from == NULL || !via->is_whole)
		return;
	out = arena_alloc(arena, cap);
	if (out == NULL) {
		fail(edit, ERR_NOMEM);
		return;
	}
	wbuf_init(&w, out, cap);
	sip_stamp_via(&w, via, from);
	fail(edit, w.err);
	sip_edit_splice(edit, (size_t)(via->text.p - edit->msg->data),
			via->text.len, str_make(out, w.len));
}

/* RFC 5393 5.3.3: one that is there stays, up to the most we allow. Where
 * there is none one is added with Max-Forwards: hops and branches together
 * bound what a request can become. Never forking, we take none of it. */
static void
bound_breadth(struct sip_edit *edit)
{
	const struct sip_msg *msg = edit->msg;
	int row = msg->first[SIP_HDR_MAX_BREADTH];
	uint64_t breadth;

	if (row < 0)
		return;
	if (str_parse_u64(sip_value(msg, SIP_HDR_MAX_BREADTH), BREADTH_MAX,
			  &breadth) != 0 ||
	    breadth == 0)
		sip_edit_set_value(edit, row, str_of(BREADTH));
	while ((row = msg->fields[row].next) >= 0)
		sip_edit_remove_row(edit, row); /* a single one */
}

static void
count_down(struct sip_edit *edit, struct arena *arena)
{
	const size_t cap = MAX_FORWARDS_LEN + sizeof("\r\n" BREADTH_NEW);
	bool has_breadth = edit->msg->first[SIP_HDR_MAX_BREADTH] >= 0;
	int first = edit->msg->first[SIP_HDR_MAX_FORWARDS];
	struct str value = sip_value(edit->msg, SIP_HDR_MAX_FORWARDS);
	uint64_t left;
	struct wbuf w;
	char *out;

	if (first < 0) {
		sip_edit_add_before(edit, SIP_HDR_FROM,
				    str_of(has_breadth ? MAX_FORWARDS_NEW
						       : MAX_FORWARDS_NEW
							     BREADTH_NEW
						       "\r\n"));
		return;
	}
	if (str_parse_u64(value, MAX_FORWARDS_MAX, &left) != 0 || left == 0) {
		fail(edit, ERR_INVAL);
		return;
	}
	out = arena_alloc(arena, cap);
	if (out == NULL) {
		fail(edit, ERR_NOMEM);
		return;
	}
	wbuf_init(&w, out, cap);
	wbuf_dec(&w, left - 1);
	if (!has_breadth)
		wbuf_text(&w, "\r\n" BREADTH_NEW);
	sip_edit_set_value(edit, first, str_make(out, w.len));
}

bool
sip_edit_has_room(const struct sip_msg *msg)
{
	return msg->n_fields <= SIP_MAX_FIELDS - SIP_ROWS_ADDED;
}

/* What leaves by a stream says how long its body is (18.3), behind its other
 * rows. */
static void
frame(struct sip_edit *edit, enum sip_transport by)
{
	const struct sip_msg *msg = edit->msg;
	struct wbuf w;

	if (!sip_transport_is_reliable(by) ||
	    msg->first[SIP_HDR_CONTENT_LENGTH] >= 0)
		return;
	wbuf_init(&w, edit->length_row, sizeof(edit->length_row));
	wbuf_text(&w, "Content-Length: ");
	wbuf_dec(&w, msg->body.len);
	wbuf_text(&w, "\r\n");
	sip_edit_splice(edit, msg->head_len - sizeof("\r\n") + 1, 0,
			str_make(edit->length_row, w.len));
}

/*
 * What is added comes out in the order of these steps where it goes to the
 * same place, which in most requests is behind the start line: our Via first.
 */
void
sip_edit_forward_request(struct sip_edit *edit, struct arena *arena,
			 const struct sip_forward *forward)
{
	const struct sip_msg *msg = edit->msg;

	if (!sip_edit_has_room(msg))
		fail(edit, ERR_LIMIT);
	/* 2. Request-URI */
	if (forward->ruri.p != NULL)
		sip_edit_splice(edit, (size_t)(msg->ruri.p - msg->data),
				msg->ruri.len, forward->ruri);
	/* 8. Via; 18.2.1 for the one below it */
	sip_edit_add_before(edit, SIP_HDR_VIA,
			    make_line(edit, arena, "Via", forward->via));
	stamp_top_via(edit, arena, forward->from);
	/* 3. Max-Forwards, and Max-Breadth */
	count_down(edit, arena);
	bound_breadth(edit);
	/* 4. Record-Route */
	if (forward->record_route.p != NULL)
		sip_edit_add_before(edit, SIP_HDR_RECORD_ROUTE,
				    make_line(edit, arena, "Record-Route",
					      forward->record_route));
	/* 5. additional header fields */
	sip_edit_add_before(edit, SIP_HDR_OTHER, forward->headers);
	/* 16.4: the Route values that led here */
	sip_edit_pop_values(edit, SIP_HDR_ROUTE, forward->n_pop_routes);
	/* 9. Content-Length */
	frame(edit, forward->by);
}

/* 16.7 step 3 */
void
sip_edit_forward_response(struct sip_edit *edit, enum sip_transport by)
{
	sip_edit_pop_value(edit, SIP_HDR_VIA);
	frame(edit, by);
}
