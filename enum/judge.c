/* judge.c - what one NAPTR means for one number */
#include "enum/judge.h"

#include "base/err.h"
#include "enum/rewrite.h"

static void
skip(struct enum_judgement *out, const char *reason, const char *detail)
{
	out->verdict = ENUM_SKIPPED;
	out->reason = reason;
	out->detail = detail;
}

/* 5.2.1: Services and Regexp of a non-terminal are not looked at. */
static void
judge_referral(const struct enum_record *record, struct enum_judgement *out)
{
	if (record->replacement.len <= 1) {
		skip(out, "no replacement", NULL);
		return;
	}
	out->verdict = ENUM_REFERS;
	out->target.len = (uint8_t)record->replacement.len;
	memcpy(out->target.wire, record->replacement.p,
	       record->replacement.len);
}

static void
judge_uri(const struct enum_record *record, struct str aus, bool lenient,
	  struct enum_judgement *out)
{
	struct enum_rewrite rewrite;
	struct enum_rewritten result;
	const char *why = NULL;
	int err;

	if (record->regexp.len == 0) {
		skip(out, "empty regexp", NULL);
		return;
	}
	if (enum_rewrite_split(record->regexp, &rewrite, &why) != 0) {
		skip(out, "delimiter", why);
		return;
	}
	err = enum_rewrite_apply(&rewrite, aus, lenient, out->uri,
				 sizeof(out->uri), &result);
	out->uri_len = result.len;
	out->is_repaired = result.is_repaired;
	if (err == ERR_NOTFOUND)
		skip(out, "no match", NULL);
	else if (err == ERR_SPACE)
		skip(out, "bad URI", result.why);
	else if (err != 0)
		skip(out, "pattern error", result.why);
	else if (enum_uri_parse(str_make(out->uri, out->uri_len), &out->parts,
				&why) != 0)
		skip(out, "bad URI", why);
	else
		out->verdict = ENUM_USABLE;
}

/* Why no service of a record is wanted, the most telling first. */
struct wanting {
	bool is_private, is_void;
};

/* The first wanted service from where walk stands. */
static bool
next_wanted(struct enum_service_walk *walk, const struct enum_tree *tree,
	    struct wanting *wanting, char *service)
{
	while (enum_service_walk_next(walk, service)) {
		if (enum_service_is_private(service) && !tree->is_private)
			wanting->is_private = true; /* 5.2: MUST discard */
		else if (enum_services_has(&tree->services, service))
			return true;
		else if (enum_service_is_void(service))
			wanting->is_void = true;
	}
	return false;
}

/* The URI is the same for all services of the record; the first that may
 * have a URI of this scheme is the one. */
static void
choose_service(struct enum_service_walk *walk, const struct enum_tree *tree,
	       struct enum_judgement *out)
{
	struct wanting wanting = { 0 };
	struct str scheme = str_of(out->parts.scheme);
	char service[ENUM_SERVICE_MAX];

	memcpy(service, out->service, sizeof(service));
	do {
		if (enum_service_takes(service, scheme)) {
			memcpy(out->service, service, sizeof(service));
			return;
		}
	} while (next_wanted(walk, tree, &wanting, service));
	skip(out, "bad URI", "not of a scheme for this service");
}

static void
judge_terminal(const struct enum_record *record, const struct enum_tree *tree,
	       struct str aus, bool lenient, struct enum_judgement *out)
{
	struct enum_service_walk walk;
	struct wanting wanting = { 0 };
	int err = enum_service_walk_init(&walk, record->services);

	if (err != 0) {
		skip(out, "not E2U",
		     err == ERR_SYNTAX ? "malformed services" : NULL);
		return;
	}
	if (!next_wanted(&walk, tree, &wanting, out->service)) {
		out->service[0] = '\0';
		if (wanting.is_void)
			out->verdict = ENUM_SAYS_VOID;
		else if (wanting.is_private)
			skip(out, "service not enabled", "P- on a public tree");
		else
			skip(out, "service not enabled", NULL);
		return;
	}
	judge_uri(record, aus, lenient, out);
	if (out->verdict == ENUM_USABLE)
		choose_service(&walk, tree, out);
}

void
enum_judge(const struct enum_record *record, const struct enum_tree *tree,
	   struct str aus, bool lenient, struct enum_judgement *out)
{
	bool is_u = record->flags.len == 1 &&
		    (record->flags.p[0] == 'u' || record->flags.p[0] == 'U');

	out->reason = out->detail = NULL;
	out->is_repaired = false;
	out->service[0] = '\0';
	out->uri_len = 0;
	/* RFC 6116, 3.4.1: an unknown flag goes before any other test. */
	if (record->flags.len == 0)
		judge_referral(record, out);
	else if (!is_u)
		skip(out, "unknown flag", NULL);
	else
		judge_terminal(record, tree, aus, lenient, out);
}
