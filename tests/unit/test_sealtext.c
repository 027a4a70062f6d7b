#include "t.h"

#include "sealtext.h"

static struct err err;

/* What is written is read; what differs by a bit is not, or is another seal in the same form. */
int main(void)
{
	struct sealtext s = {.at = {.origin = STR("sheaf/0123456789abcdef"), .head = {.size = 17}},
			     .segment = 1000001, .size = 1ull << 40, .messages = 3, .bytes = 9000,
			     .first = 15, .last = 17, .change = 99}, t;
	struct buf b, again;
	memset(s.at.head.root, 0xA5, HASH_BYTES);
	memset(s.sha256, 0x5A, HASH_BYTES);
	memset(s.previous, 0xC3, HASH_BYTES);
	buf_init(&b, NOTE_MOST);
	buf_init(&again, NOTE_MOST);
	sealtext_write(&s, &b);
	T(sealtext_read(buf_all(&b), &t, &err) == 1);
	T_STR(t.at.origin, s.at.origin);
	T(t.segment == s.segment && t.size == s.size && t.messages == 3 && t.bytes == 9000 &&
	  t.first == 15 && t.last == 17 && t.change == 99 && t.at.head.size == 17);
	T(memcmp(t.sha256, s.sha256, HASH_BYTES) == 0 &&
	  memcmp(t.previous, s.previous, HASH_BYTES) == 0 &&
	  memcmp(t.at.head.root, s.at.head.root, HASH_BYTES) == 0);
	int wrong = 0;
	for (size_t i = 0; i < b.n; i++)
		for (int bit = 1; bit < 256; bit *= 2) {
			b.p[i] = (char)(b.p[i] ^ bit);
			buf_clear(&again);
			if (sealtext_read(buf_all(&b), &t, &err) == 1) {
				sealtext_write(&t, &again);
				wrong += !str_eq(buf_all(&again), buf_all(&b));
			}
			b.p[i] = (char)(b.p[i] ^ bit);
		}
	for (size_t i = 0; i < b.n; i++)
		wrong += sealtext_read(str_cut(buf_all(&b), 0, i), &t, &err) == 1;
	buf_str(&b, STR("more 1\n"));
	wrong += sealtext_read(buf_all(&b), &t, &err) == 1;
	T(wrong == 0);
	T(sealtext_read(STR(""), &t, &err) == -1 && err.kind == ERR_INPUT);
	buf_free(&b);
	buf_free(&again);
	return t_done();
}
