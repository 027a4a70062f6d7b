#include "popparse.h"

/* Cuts the next word off; runs of spaces count as one. 1 or 0. */
static int next_word(struct str *rest, struct str *word)
{
	*rest = str_trim(*rest);
	return str_split(rest, ' ', word);
}

static void take_code(struct popparse_status *st)
{
	ptrdiff_t end = str_chr(st->text, ']');
	if (!str_starts(st->text, STR("[")) || end < 0)
		return;
	st->code = str_cut(st->text, 1, (size_t)end);
	st->text = str_trim(str_cut(st->text, (size_t)end + 1, st->text.n));
}

int popparse_status(struct str line, struct popparse_status *out)
{
	*out = (struct popparse_status){.kind = POPPARSE_OK};
	struct str word = line;
	ptrdiff_t sp = str_chr(line, ' ');
	if (sp >= 0)
		word.n = (size_t)sp;
	out->text = str_trim(str_cut(line, word.n, line.n));
	if (str_eq(word, STR("+")))
		out->kind = POPPARSE_ASKS;
	else if (str_ieq(word, STR("-ERR")))
		out->kind = POPPARSE_ERR;
	else if (!str_ieq(word, STR("+OK")))
		return 0;
	if (out->kind != POPPARSE_ASKS)
		take_code(out);
	return 1;
}

enum err_kind popparse_failure(const struct popparse_status *st, enum err_kind otherwise)
{
	static const struct {
		struct str code;
		enum err_kind kind;
	} row[] = {
		{STR("IN-USE"), ERR_LATER},   {STR("LOGIN-DELAY"), ERR_LATER},
		{STR("SYS/TEMP"), ERR_LATER}, {STR("SYS/PERM"), ERR_DENIED},
		{STR("AUTH"), ERR_DENIED},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (str_ieq(st->code, row[i].code))
			return row[i].kind;
	return otherwise;
}

int popparse_uidl(struct str line, uint32_t *number, struct str *name)
{
	struct str word;
	if (!next_word(&line, &word) || !str_u32(word, number) || *number == 0)
		return 0;
	*name = str_trim(line);
	for (size_t i = 0; i < name->n; i++)
		if (name->p[i] <= ' ' || name->p[i] > '~')
			name->n = 0;
	if (name->n > POPPARSE_NAME)
		name->n = 0;
	return 1;
}

int popparse_list(struct str line, uint32_t *number, uint64_t *size)
{
	struct str word;
	if (!next_word(&line, &word) || !str_u32(word, number) || *number == 0)
		return 0;
	if (!next_word(&line, &word) || !str_u64(word, size))
		*size = 0;
	return 1;
}

bool popparse_capa(struct str line, struct str word, struct str *args)
{
	struct str first;
	if (!next_word(&line, &first) || !str_ieq(first, word))
		return false;
	*args = str_trim(line);
	return true;
}
