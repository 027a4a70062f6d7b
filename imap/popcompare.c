#include "popcompare.h"

#include "popdrop.h"
#include "popnames.h"
#include "uidname.h"

static int load(struct popnames *names, struct archive *ar, int64_t epoch, struct err *err)
{
	struct arena a = {0};
	struct uidname_list l = {.next = 1};
	int r = epoch ? uidname_list(ar, &a, epoch, &l, err) : 1;
	for (size_t i = 0; r == 1 && i < l.n; i++)
		popnames_add(names, l.p[i].uid, l.p[i].name);
	popnames_sort(names);
	names->next = l.next;
	arena_free(&a);
	return r;
}

int popcompare_look(const struct popfetch_ctx *c, struct archive *ar, int64_t epoch,
		    struct uidset *seen, uint64_t *exists, struct err *err)
{
	struct popfetch_ctx ctx = *c;
	struct popnames names = {0};
	struct popdrop drop = {0};
	struct uidset fresh = {0};
	int r = load(&names, ar, epoch, err);
	if (r == 1)
		r = popdrop_list(&drop, &ctx, names.uidl, err);
	if (r == 1 && popnames_number(&names, drop.mails, drop.n, seen, &fresh) == 0)
		r = err_set(err, ERR_BROKEN, "no UID is left in the mailbox");
	*exists = drop.counted;
	uidset_free(&fresh);
	popdrop_free(&drop);
	popnames_free(&names);
	return r;
}
