#include "importname.h"

#include "maildir.h"

static struct str without(struct str name, struct str end)
{
	return name.n > end.n && str_ends(name, end) ? str_cut(name, 0, name.n - end.n) : name;
}

struct str importname_stem(struct str name)
{
	static const char *const ends[] = {".gz", ".zst", ".mbox", ".mbx", ".tar", ".tgz", ".zip"};
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		name = without(name, str_of(ends[i]));
	return name;
}

struct str importname_folder(struct arena *a, struct str name)
{
	if (name.n && name.p[0] == '.')
		return maildir_folder(a, name);
	return without(name, STR(".sbd"));
}

struct str importname_join(struct arena *a, struct str mailbox, struct str name)
{
	if (mailbox.n == 0 || name.n == 0)
		return arena_str(a, mailbox.n ? mailbox : name);
	return arena_fmt(a, "%.*s/%.*s", STR_ARG(mailbox), STR_ARG(name));
}

/* Cuts the next part that says something off *path. */
static int part(struct str *path, struct str *out)
{
	while (str_split(path, '/', out))
		if (out->n && !str_eq(*out, STR(".")) && !str_eq(*out, STR("..")))
			return 1;
	return 0;
}

int importname_member(struct arena *a, struct str folder, struct str path, struct importname *out)
{
	struct str next, held = STR("");
	bool hidden = false, facts = false;
	*out = (struct importname){.mailbox = folder};
	if (path.n == 0 || path.p[path.n - 1] == '/' || !part(&path, &out->name))
		return 0;
	while (part(&path, &next)) {
		out->mailbox = importname_join(a, out->mailbox, held);
		held = importname_folder(a, out->name);
		hidden |= out->name.p[0] == '.';
		facts = str_eq(out->name, STR("facts"));
		out->maildir = str_eq(out->name, STR("cur")) || str_eq(out->name, STR("new"));
		out->name = next;
	}
	if (!out->maildir)
		out->mailbox = importname_join(a, out->mailbox, held);
	if (out->name.p[0] == '.' || (hidden && !out->maildir))
		return 0;
	if (facts && str_ends(out->name, STR(".ndjson")))
		return 0;
	out->stem = importname_join(a, out->mailbox, importname_stem(out->name));
	if (out->maildir)
		out->flags = maildir_flags(out->name, &out->forwarded);
	return 1;
}
