#include "t.h"

#include "boxsize.h"

int main(void)
{
	static const struct {
		const char *in;
		bool good;
		uint64_t want;
	} row[] = {
		{"0", true, 0}, {"100", true, 100}, {"100b", true, 100}, {"5k", true, 5120},
		{"5 KB", true, 5120}, {"1.5M", true, 1572864}, {"0.5k", true, 512},
		{"2GiB", true, UINT64_C(2) << 30}, {"1048576G", true, UINT64_C(1) << 50},
		{"1048577G", false, 0}, {"", false, 0}, {"k", false, 0}, {".", false, 0},
		{"1.", false, 0}, {"1.2.3", false, 0}, {"-1", false, 0}, {"5x", false, 0},
		{"99999999999999999999", false, 0}, {"5 5", false, 0}, {".5k", false, 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint64_t n = 0;
		T(boxsize_parse(str_of(row[i].in), &n) == row[i].good);
		T(!row[i].good || n == row[i].want);
	}
	return t_done();
}
