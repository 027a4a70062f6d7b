#include "t.h"

#include "gmlabel.h"

int main(void)
{
	static const struct {
		const char *label, *want;
	} row[] = {
		{"Work", "label:Work"},	  {"\\Inbox", "label:^Inbox"}, {"a\\b", "label:a%5Cb"},
		{"a b", "label:a%20b"},	  {"100%", "label:100%25"},
		{"M&APw-ll", "label:M&APw-ll"},
		{"(x)", "label:%28x%29"}, {"\xC3\xBC\x01", "label:%C3%BC%01"}, {"", "label:"},
		{"*\"]{", "label:%2A%22%5D%7B"},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T_STR(gmlabel_keyword(&a, str_of(row[i].label)), str_of(row[i].want));
	arena_free(&a);
	return t_done();
}
