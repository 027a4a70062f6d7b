#include "t.h"

#include "headsum.h"

static uint64_t sum(const char *header, int want)
{
	uint64_t v;
	T(headsum_of(str_of(header), &v) == want);
	return v;
}

int main(void)
{
	static const char plain[] = "From: a\r\nSubject: one two\r\nDate: d\r\n\r\nbody";
	static const char *const same[] = {
		"from: a\r\nX: y\r\nSUBJECT:one  two\r\nDate : d\r\n\r\n",
		"Date: d\nFrom: a\nSubject:\n one\n\ttwo \n\nother body",
		"From: a\r\nSubject: one\r\n two\r\nDate: d",
	};
	static const char *const other[] = {
		"From: a\r\nSubject: onetwo\r\nDate: d\r\n\r\n",
		"From: a\r\nSubject: one two\r\n\r\nDate: d\r\n",
		"From: a\r\nFrom: a\r\nSubject: one two\r\nDate: d\r\n\r\n",
		"From: a\r\nSubject: one two\r\nDate: d\r\nReceived: x\r\n\r\n",
		"From:\r\nSubject: one two a\r\nDate: d\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		T(sum(same[i], 1) == sum(plain, 1));
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		T(sum(other[i], 1) != sum(plain, 1));
	sum("", 0);
	sum("To: b\r\n\r\nFrom: a", 0);
	sum("no header at all", 0);
	return t_done();
}
