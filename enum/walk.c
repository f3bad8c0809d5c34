/* walk.c - the way through one tree for one number */
#include "enum/walk.h"

#include "base/err.h"

int
enum_walk_begin(struct enum_walk *walk, const struct enum_tree *tree,
		const struct enum_number *number)
{
	walk->tree = tree;
	walk->n_names = walk->n_frames = 0;
	walk->is_done = walk->has_loop = walk->has_void = false;
	walk->failure = ENUM_FOUND;
	enum_number_aus(number, tree->form, &walk->aus);
	if (enum_number_domain(number, &tree->suffix, &walk->names[0]) != 0) {
		walk->is_done = true;
		return ERR_LIMIT;
	}
	walk->n_names = 1;
	return 0;
}

const struct dns_name *
enum_walk_name(const struct enum_walk *walk)
{
	return walk->is_done ? NULL : &walk->names[walk->n_names - 1];
}

static struct str
add_text(struct enum_answer *answer, const char *p, size_t len)
{
	char *begin = answer->text + answer->text_len;

	memcpy(begin, p, len);
	answer->text_len += len;
	return str_make(begin, len);
}

/* A part of one text, in its copy. */
static struct str
moved(struct str part, const char *from, struct str to)
{
	if (part.p == NULL)
		return part;
	return str_make(to.p + (part.p - from), part.len);
}

static bool
has_uri(const struct enum_answer *answer, struct str uri)
{
	for (size_t i = 0; i < answer->n_uris; i++) {
		if (str_eq(answer->uris[i].text, uri))
			return true;
	}
	return false;
}

static void
add_uri(struct enum_walk *walk, const struct enum_record *record,
	const struct enum_judgement *j)
{
	struct enum_answer *answer = walk->answer;
	struct enum_uri *uri = &answer->uris[answer->n_uris++];
	const struct enum_uri_parts *parts = &j->parts;

	uri->text = add_text(answer, j->uri, j->uri_len);
	uri->service = add_text(answer, j->service, strlen(j->service) + 1).p;
	uri->scheme =
	    add_text(answer, parts->scheme, strlen(parts->scheme) + 1).p;
	uri->order = record->order;
	uri->preference = record->preference;
	uri->ttl_s = UINT32_MAX;
	for (unsigned i = 0; i < walk->n_frames; i++) {
		if (walk->frames[i].ttl_left_s < uri->ttl_s)
			uri->ttl_s = walk->frames[i].ttl_left_s;
	}
	uri->user = moved(parts->user, j->uri, uri->text);
	uri->host = moved(parts->host, j->uri, uri->text);
	uri->rn = moved(parts->rn, j->uri, uri->text);
	uri->cic = moved(parts->cic, j->uri, uri->text);
	uri->npdi = parts->npdi;
}

static void
skip(struct enum_judgement *j, const char *reason, const char *detail)
{
	j->verdict = ENUM_SKIPPED;
	j->reason = reason;
	j->detail = detail;
}

static void
use(struct enum_walk *walk, const struct enum_record *record,
    struct enum_judgement *j)
{
	struct enum_answer *answer = walk->answer;
	size_t need =
	    j->uri_len + strlen(j->service) + strlen(j->parts.scheme) + 2;

	if (has_uri(answer, str_make(j->uri, j->uri_len)))
		skip(j, "same URI", "there is a better record with it");
	else if (answer->n_uris == ENUM_URIS_MAX ||
		 need > sizeof(answer->text) - answer->text_len)
		skip(j, "enough", "there are many better ones");
	else
		add_uri(walk, record, j);
}

static bool
was_entered(const struct enum_walk *walk, const struct dns_name *name)
{
	for (unsigned i = 0; i < walk->n_names; i++) {
		if (dns_name_eq(&walk->names[i], name))
			return true;
	}
	return false;
}

/* Whether to go there; the name is the next to ask for then. */
static bool
follow(struct enum_walk *walk, struct enum_judgement *j)
{
	if (walk->answer->n_uris > 0 && !walk->follow_all) {
		skip(j, "not needed", "there is a URI already");
		return false;
	}
	if (was_entered(walk, &j->target)) {
		skip(j, "loop", "back to a name seen before");
		walk->has_loop = true;
		return false;
	}
	if (walk->n_names == ENUM_NAMES_MAX) {
		skip(j, "loop", "more than 5 references");
		walk->has_loop = true;
		return false;
	}
	walk->names[walk->n_names++] = j->target;
	return true;
}

static void
tell(const struct enum_walk *walk, const struct enum_walk_frame *frame,
     const struct enum_record *record, const struct enum_judgement *j)
{
	struct enum_judged judged = { .query = frame->query,
				      .record = record,
				      .judgement = j,
				      .rank = walk->answer->n_uris - 1 };

	if (walk->trace == NULL || walk->trace->judged == NULL)
		return;
	if (frame->set->ttl_s > frame->ttl_left_s)
		judged.age_s = frame->set->ttl_s - frame->ttl_left_s;
	walk->trace->judged(walk->trace->arg, &judged);
}

/* One record: true when its reference is to be followed now. */
static bool
take_record(struct enum_walk *walk, const struct enum_walk_frame *frame,
	    const struct enum_record *record)
{
	struct enum_judgement j;
	bool follows = false;

	enum_judge(record, walk->tree, enum_aus_str(&walk->aus), walk->lenient,
		   &j);
	if (j.verdict == ENUM_USABLE)
		use(walk, record, &j);
	else if (j.verdict == ENUM_REFERS)
		follows = follow(walk, &j);
	else if (j.verdict == ENUM_SAYS_VOID && walk->answer->n_uris == 0)
		walk->has_void = true;
	tell(walk, frame, record, &j);
	return follows;
}

/* Go on until another name is needed or nothing is left. */
static void
run(struct enum_walk *walk)
{
	struct enum_walk_frame *frame;
	struct enum_record record;

	while (walk->n_frames > 0) {
		frame = &walk->frames[walk->n_frames - 1];
		if (!enum_set_next(frame->set, &frame->at, &record)) {
			enum_set_unref(frame->set);
			walk->n_frames--;
		} else if (take_record(walk, frame, &record)) {
			return;
		}
	}
	walk->is_done = true;
}

void
enum_walk_take(struct enum_walk *walk, struct enum_set *set,
	       uint32_t ttl_left_s)
{
	struct enum_walk_frame *frame = &walk->frames[walk->n_frames];
	unsigned query = walk->n_queries++;

	walk->answer->is_stale |= set->is_stale;
	if (set->outcome == ENUM_FOUND) {
		*frame = (struct enum_walk_frame){ .set = set,
						   .ttl_left_s = ttl_left_s,
						   .query = query };
		enum_set_ref(set);
		walk->n_frames++;
	} else if (walk->n_frames == 0 ||
		   enum_outcome_is_failure(set->outcome)) {
		walk->failure = set->outcome;
	}
	run(walk);
}

enum enum_outcome
enum_walk_outcome(const struct enum_walk *walk)
{
	if (walk->answer->n_uris > 0)
		return ENUM_FOUND;
	if (walk->has_void)
		return ENUM_VOID;
	if (walk->failure != ENUM_FOUND)
		return walk->failure;
	return walk->has_loop ? ENUM_LOOP : ENUM_UNUSABLE;
}

void
enum_walk_fini(struct enum_walk *walk)
{
	while (walk->n_frames > 0)
		enum_set_unref(walk->frames[--walk->n_frames].set);
	walk->is_done = true;
}
