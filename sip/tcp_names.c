/* tcp_names.c - numbers for the domain names that TLS servers must prove
 *
 * A number is a place in a table and how often that was given away, so that the
 * number of a name that had to make room is nobody else's.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sip/tcp_private.h"

#define PLACE_BITS 12
#define PLACES (1U << PLACE_BITS) /* the first stands for no name */
#define NAME_MAX 255

struct tcp_name {
	struct map_node node;
	struct tcp_name *older, *newer; /* by use */
	uint32_t id;
	char text[];
};

struct tcp_names {
	struct map by_text;
	struct tcp_name *oldest, *newest;
	struct tcp_name *at[PLACES];
	uint32_t given[PLACES]; /* how often */
};

int
tcp_names_new(struct tcp_names **out)
{
	struct tcp_names *names = mem_zalloc(1, sizeof(*names));

	*out = names;
	return names != NULL ? map_init(&names->by_text, 64) : ERR_NOMEM;
}

static void
unlink_use(struct tcp_names *names, struct tcp_name *name)
{
	*(name->older != NULL ? &name->older->newer : &names->oldest) =
	    name->newer;
	*(name->newer != NULL ? &name->newer->older : &names->newest) =
	    name->older;
}

static void
link_use(struct tcp_names *names, struct tcp_name *name)
{
	name->older = names->newest;
	name->newer = NULL;
	*(names->newest != NULL ? &names->newest->newer : &names->oldest) =
	    name;
	names->newest = name;
}

/* Returns its place. */
static uint32_t
forget(struct tcp_names *names, struct tcp_name *name)
{
	uint32_t place = name->id % PLACES;

	unlink_use(names, name);
	map_remove(&names->by_text, &name->node);
	names->at[place] = NULL;
	mem_free(name);
	return place;
}

void
tcp_names_free(struct tcp_names *names)
{
	if (names == NULL)
		return;
	while (names->oldest != NULL)
		(void)forget(names, names->oldest);
	map_fini(&names->by_text);
	mem_free(names);
}

static bool
has_text(const struct map_node *node, const void *key)
{
	const struct tcp_name *name = MAP_ENTRY(node, struct tcp_name, node);

	return str_eq_nocase(str_of(name->text), *(const struct str *)key);
}

static uint64_t
hash_name(const struct sip_tcp *tcp, struct str name)
{
	char lower[NAME_MAX];

	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	return hash_bytes(tcp->env.key, lower, name.len);
}

static struct tcp_name *
make(struct tcp_names *names, struct str text)
{
	struct tcp_name *name = mem_alloc(sizeof(*name) + text.len + 1);
	uint32_t place = (uint32_t)names->by_text.n + 1;

	if (name == NULL)
		return NULL;
	if (place == PLACES)
		place = forget(names, names->oldest);
	memcpy(name->text, text.p, text.len);
	name->text[text.len] = '\0';
	name->id = names->given[place]++ << PLACE_BITS | place;
	names->at[place] = name;
	return name;
}

uint32_t
sip_tcp_name(struct sip_tcp *tcp, struct str text)
{
	struct tcp_names *names = tcp->names;
	struct tcp_name *name;
	struct map_node *node;
	uint64_t hash;

	if (text.len == 0 || text.len > NAME_MAX)
		return 0;
	hash = hash_name(tcp, text);
	node = map_find(&names->by_text, hash, has_text, &text);
	if (node != NULL) {
		name = MAP_ENTRY(node, struct tcp_name, node);
		unlink_use(names, name);
	} else {
		name = make(names, text);
		if (name == NULL)
			return 0;
		map_add(&names->by_text, &name->node, hash);
	}
	link_use(names, name);
	return name->id;
}

const char *
tcp_name_text(const struct sip_tcp *tcp, uint32_t id)
{
	const struct tcp_name *name = tcp->names->at[id % PLACES];

	return name != NULL && name->id == id ? name->text : NULL;
}
