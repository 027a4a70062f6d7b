#include "jmapref.h"

/* "*" within "*": more than any real path has, and an end to hostile ones. */
enum { DEEPEST = 16, LONGEST = 256 };
/* So many references has a call, and so many items what "*" gathers: a small request must not fill
 * the memory. */
enum { MOST_REFS = 16, MOST_ITEMS = 10000 };

static json_t *walk(json_t *from, struct str path, int depth);

/* A piece of a path with its escapes undone, NUL-terminated in out. */
static bool unescape(struct str s, char out[LONGEST])
{
	size_t n = 0;
	for (size_t i = 0; i < s.n && n < LONGEST - 1; i++) {
		char c = s.p[i];
		if (c == '~' && i + 1 < s.n && (s.p[i + 1] == '0' || s.p[i + 1] == '1'))
			c = s.p[++i] == '0' ? '~' : '/';
		out[n++] = c;
	}
	out[n] = '\0';
	return s.n < LONGEST;
}

/* Of every item; arrays among the results are joined into one. */
static json_t *walk_all(json_t *from, struct str rest, int depth)
{
	json_t *out = json_array(), *item;
	size_t i;
	json_array_foreach(from, i, item) {
		json_t *found = walk(item, rest, depth);
		if (found == NULL || json_array_size(out) + json_array_size(found) > MOST_ITEMS) {
			json_decref(found);
			json_decref(out);
			return NULL;
		}
		if (json_is_array(found)) {
			json_array_extend(out, found);
			json_decref(found);
		} else {
			json_array_append_new(out, found);
		}
	}
	return out;
}

static json_t *walk(json_t *from, struct str path, int depth)
{
	char name[LONGEST];
	struct str piece;
	uint64_t index;
	if (path.n == 0)
		return json_incref(from);
	if (path.p[0] != '/' || depth > DEEPEST)
		return NULL;
	path = str_cut(path, 1, path.n);
	ptrdiff_t end = str_chr(path, '/');
	piece = str_cut(path, 0, end < 0 ? path.n : (size_t)end);
	path = str_cut(path, piece.n, path.n);
	if (json_is_array(from) && str_eq(piece, STR("*")))
		return walk_all(from, path, depth + 1);
	if (json_is_array(from))
		from = str_u64(piece, &index) == 1 ? json_array_get(from, index) : NULL;
	else
		from = unescape(piece, name) ? json_object_get(from, name) : NULL;
	return from ? walk(from, path, depth + 1) : NULL;
}

json_t *jmapref_path(json_t *from, struct str path)
{
	return walk(from, path, 0);
}

static json_t *refer(json_t *ref, json_t *answers)
{
	json_t *of = json_object_get(ref, "resultOf"), *name = json_object_get(ref, "name");
	const char *path = json_string_value(json_object_get(ref, "path"));
	json_t *answer;
	size_t i;
	json_array_foreach(answers, i, answer)
		if (path && json_equal(json_array_get(answer, 2), of))
			return json_equal(json_array_get(answer, 0), name)
				       ? jmapref_path(json_array_get(answer, 1), str_of(path))
				       : NULL;
	return NULL;
}

json_t *jmapref_resolve(json_t *args, json_t *answers, bool *twice)
{
	json_t *out = json_object(), *v;
	const char *key;
	int refs = 0;
	*twice = false;
	json_object_foreach(args, key, v) {
		json_t *value = key[0] != '#'		? json_incref(v)
				: ++refs <= MOST_REFS ? refer(v, answers)
						      : NULL;
		const char *name = key[0] == '#' ? key + 1 : key;
		if (key[0] == '#' && json_object_get(args, name))
			*twice = true;
		if (value == NULL || *twice) {
			json_decref(value);
			json_decref(out);
			return NULL;
		}
		json_object_set_new(out, name, value);
	}
	return out;
}
