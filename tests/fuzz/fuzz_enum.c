/* fuzz_enum.c - any octets as the answer to a number: the walk ends, what it
 * gives is a URI */
#include <assert.h>

#include "base/err.h"
#include "enum/walk.h"
#include "tests/fuzz/fuzz.h"

static void
check_answer(const struct enum_answer *answer)
{
	struct enum_uri_parts parts;
	const char *why;

	for (size_t i = 0; i < answer->n_uris; i++) {
		struct str text = answer->uris[i].text;

		assert(text.p >= answer->text &&
		       text.p + text.len <= answer->text + answer->text_len);
		assert(enum_uri_parse(text, &parts, &why) == 0);
		assert(str_is_printable(text));
		assert(answer->uris[i].service[0] != '\0');
	}
}

/* The same set for every name that is asked for. */
static void
walk(struct enum_set *set, bool lenient)
{
	static struct enum_answer answer;
	static struct enum_walk walk;
	struct enum_tree tree = { .is_private = true };
	struct enum_number number;
	unsigned n = 0;

	enum_number_parse(str_of("+441632960083"), &number);
	dns_name_parse(str_of("e164.arpa"), &tree.suffix);
	enum_services_parse(str_of("sip,pstn:tel,p-x,h323,voice:tel"),
			    &tree.services);
	answer.n_uris = answer.text_len = 0;
	walk = (struct enum_walk){ .answer = &answer,
				   .lenient = lenient,
				   .follow_all = true };
	assert(enum_walk_begin(&walk, &tree, &number) == 0);
	while (enum_walk_name(&walk) != NULL) {
		assert(n++ < ENUM_NAMES_MAX);
		enum_walk_take(&walk, set, 60);
	}
	check_answer(&answer);
	enum_walk_fini(&walk);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_message message;
	struct enum_set *set;
	bool has_ttl;

	if (dns_message_parse(data, size, &message) != 0 ||
	    enum_set_make(&message, &set, &has_ttl) != 0)
		return 0;
	walk(set, false);
	walk(set, true);
	enum_set_unref(set);
	return 0;
}
