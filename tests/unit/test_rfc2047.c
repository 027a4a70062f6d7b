#include "t.h"

#include "rfc2047.h"

int main(void)
{
	static const struct {
		struct str in, want;
	} row[] = {
		{STR(""), STR("")},
		{STR("plain"), STR("plain")},
		{STR("caf\xC3\xA9"), STR("caf\xC3\xA9")},
		{STR("caf\xE9 \xC3\xA9"), STR("caf\xC3\xA9 \xC3\xA9")},
		{STR("=?utf-8?q?ab?="), STR("ab")},
		{STR("  =?utf-8?q?ab?=  "), STR("ab  ")},
		{STR("x=?utf-8?q?ab?=y"), STR("xaby")},
		{STR("\"=?utf-8?Q?a_b?=\""), STR("\"a b\"")},
		{STR("=?utf-8?q?a?= \t =?utf-8?q?b?="), STR("ab")},
		{STR("=?utf-8?q?a?= x =?utf-8?q?b?="), STR("a x b")},
		{STR("=?utf-8?q?a?==?utf-8?q?b?="), STR("ab")},
		/* a character split over two words, of two encodings */
		{STR("=?utf-8?q?=C3?= =?UTF-8?b?qQ==?="), STR("\xC3\xA9")},
		{STR("=?utf-8?q?=C3?= =?utf-8*fr?q?=A9?="), STR("\xC3\xA9")},
		{STR("=?gb2312?b?1tA=?= =?gb2312?b?zsQ=?="), STR("\xE4\xB8\xAD\xE6\x96\x87")},
		{STR("=?gb2312?q?=D6?= =?gb2312?q?=D0?="), STR("\xE4\xB8\xAD")},
		/* not joined: two charsets, or text between */
		{STR("=?utf-8?q?=C3?= =?iso-8859-1?q?=A9?="), STR("\xC3\x83\xC2\xA9")},
		{STR("=?iso-8859-1?q?=E9?="), STR("\xC3\xA9")},
		{STR("=?iso-8859-1*fr?q?=E9t?="), STR("\xC3\xA9t")},
		{STR("=?koi8-r?B?8NLJ18XU?="),
		 STR("\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82")},
		{STR("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?="), STR("\xE6\x97\xA5\xE6\x9C\xAC")},
		{STR("=?x-unknown?q?ABC=E9?="), STR("ABC\xC3\xA9")},
		{STR("=??q?a?="), STR("a")},
		{STR("=?us-ascii?q?=E9?="), STR("\xC3\xA9")},
		/* broken content: what came before the fault */
		{STR("=?utf-8?b?YWJj!ZGVm?="), STR("abc")},
		{STR("=?utf-8?b?YWJ?="), STR("ab")},
		{STR("=?utf-8?b?Y W J j?="), STR("abc")},
		{STR("=?utf-8?q?a=ZZb=4?="), STR("a=ZZb=4")},
		{STR("=?utf-8?q?a b?="), STR("a b")},
		{STR("=?utf-8?q?" "?=z"), STR("z")},
		/* no encoded words */
		{STR("=?utf-8?q?ab"), STR("=?utf-8?q?ab")},
		{STR("=?utf-8?q?a?b?="), STR("=?utf-8?q?a?b?=")},
		{STR("=?utf-8?x?ab?="), STR("=?utf-8?x?ab?=")},
		{STR("a =? b"), STR("a =? b")},
		{STR("=?"), STR("=?")},
		{STR("=?=?=?"), STR("=?=?=?")},
		{STR("=?broken =?utf-8?q?a?="), STR("=?broken a")},
		/* what a word says is not read again */
		{STR("=?utf-8?q?=3D=3Futf-8=3Fq=3Fz=3F=3D?="), STR("=?utf-8?q?z?=")},
		{STR("=?utf-8?q?a=00b?="), STR("a\0b")},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T_STR(rfc2047_decode(&a, row[i].in), row[i].want);
	arena_free(&a);
	return t_done();
}
