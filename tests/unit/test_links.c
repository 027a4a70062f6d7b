#include "t.h"

#include "links.h"

int main(void)
{
	struct arena a = {0};
	T_STR(links_text(&a, STR("<a href=\"http://x.example/?a=1&amp;b=2\">t</a><IMG SRC=pic.png "
				 "alt=no><form action='/go'><p title=no>href=no</p>")),
	      STR("http://x.example/?a=1&b=2\npic.png\n/go\n"));
	T_STR(links_text(&a, STR("<a href=\"&#104;ttp\"><a href=><a href")),
	      STR("&#104;ttp\n\n\n"));
	T_STR(links_text(&a, STR("")), STR(""));
	arena_free(&a);
	return t_done();
}
