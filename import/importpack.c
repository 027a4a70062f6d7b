#include "importpack.h"

#include "importname.h"

#include <stdio.h>

/* One packed file. The mailboxes of the member before are kept: the next one is likely theirs. */
struct pack {
	struct importjob *j;
	const struct importjob_item *it;
	struct unpack *u;
	struct arena a;           /* of the member */
	struct arena names;       /* of the mailboxes below */
	struct importjob_box single, mbox;
};

static struct str or_inbox(struct str mailbox)
{
	return mailbox.n ? mailbox : STR("INBOX");
}

static void use_box(struct pack *p, const struct importname *n)
{
	struct str mailbox = or_inbox(n->mailbox);
	if (!str_eq(p->single.mailbox, mailbox)) {
		arena_reset(&p->names);
		p->single = (struct importjob_box){.mailbox = arena_str(&p->names, mailbox)};
	}
	p->mbox = (struct importjob_box){.mailbox = or_inbox(n->stem)};
}

/* A member with a name. 1 or -1. */
static int import_member(struct pack *p, const struct unpack_member *m, struct err *err)
{
	char path[IMPORTPACK_NAME];
	struct importname n;
	int len = snprintf(path, sizeof path, "%s!%.*s", p->it->path, STR_ARG(m->name));
	if (len < 0 || (size_t)len >= sizeof path) {
		err_set(err, ERR_INPUT, "a member's name is too long");
		return importjob_lost(p->j, p->it->path, err);
	}
	if (m->type == UNPACK_OTHER)
		return importjob_skip(p->j, path, "not a regular file");
	if (!importname_member(&p->a, p->it->folder, m->name, &n))
		return 1;
	if (m->type == UNPACK_LINK) {
		err_set(err, ERR_INPUT, "a link to another member, which has the bytes");
		return importjob_lost(p->j, path, err);
	}
	use_box(p, &n);
	struct importjob_item it = {
		.path = path,
		.kind = n.maildir ? IMPORTFILE_SINGLE
			: str_ends(n.name, STR(".eml")) ? IMPORTFILE_AUTO
							: IMPORTFILE_LIKELY,
		.single = &p->single,
		.mbox = &p->mbox,
		.folder = n.stem,
		.copy = {.flags = n.flags,
			 .internaldate = m->mtime ? m->mtime : p->it->copy.internaldate,
			 .keywords = n.forwarded ? STR("$Forwarded") : STR("")},
	};
	return importjob_source(p->j, &it, unpack_source(p->u), -1, err);
}

static int import_next(struct pack *p, struct err *err)
{
	struct unpack_member m;
	arena_reset(&p->a);
	int r = unpack_next(p->u, &m, err);
	if (r < 0) {
		importjob_lost(p->j, p->it->path, err);
		return 0;
	}
	if (r == 0 || m.type == UNPACK_DIR)
		return r;
	if (m.type == UNPACK_SINGLE)
		return importjob_source(p->j, p->it, unpack_source(p->u), -1, err);
	return import_member(p, &m, err);
}

int importpack(struct importjob *j, const struct importjob_item *it, struct source from,
	       struct err *err)
{
	struct pack p = {.j = j, .it = it};
	if (unpack_open(&p.u, from, &unpack_usual, err) < 0)
		return importjob_lost(j, it->path, err);
	int r = 1;
	while (r == 1)
		r = import_next(&p, err);
	unpack_close(&p.u);
	arena_free(&p.a);
	arena_free(&p.names);
	return r < 0 ? -1 : 1;
}
