/* list.c - comma lists and tags, found without parsing the rest */
#include "sip/value.h"

#include "sip/chars.h"

/* How far the quoted string or <...> at i reaches; the whole of s when it has
 * no end. */
static size_t
skip_enclosed(struct str s, size_t i)
{
	struct str rest = sip_skip(s, i);
	const char *end;
	size_t n;

	if (rest.p[0] == '"') {
		n = sip_quoted_len(rest);
		return n > 0 ? i + n : s.len;
	}
	end = memchr(rest.p, '>', rest.len);
	return end != NULL ? (size_t)(end + 1 - s.p) : s.len;
}

/* Whether a quoted string or <...> begins in s. */
static bool
encloses(struct str s)
{
	return s.len > 0 && (memchr(s.p, '"', s.len) != NULL ||
			     memchr(s.p, '<', s.len) != NULL);
}

size_t
sip_list_first_len(struct str list)
{
	const char *comma =
	    list.len > 0 ? memchr(list.p, ',', list.len) : NULL;
	struct str before;
	size_t i = 0;

	if (comma == NULL)
		return list.len;
	before = str_make(list.p, (size_t)(comma - list.p));
	if (!encloses(before))
		return before.len;
	while (i < list.len && list.p[i] != ',') {
		if (list.p[i] == '"' || list.p[i] == '<')
			i = skip_enclosed(list, i);
		else
			i++;
	}
	return i;
}

struct str
sip_list_next(struct str *rest)
{
	struct str first = str_make(rest->p, sip_list_first_len(*rest));
	size_t used = first.len + (first.len < rest->len); /* the comma */

	*rest = str_make(rest->p + used, rest->len - used);
	return first;
}

struct str
sip_tag(struct str value)
{
	struct sip_param param;
	size_t i = 0;

	while (i < value.len && value.p[i] != ';') {
		if (value.p[i] == '"' || value.p[i] == '<')
			i = skip_enclosed(value, i);
		else
			i++;
	}
	value = sip_skip(value, i);
	while (sip_param_next(&value, &param)) {
		if (sip_name_is(param.name, "tag"))
			return param.value;
	}
	return str_make(NULL, 0);
}
