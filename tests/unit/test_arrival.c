#include "t.h"

#include "arrival.h"

#define DATE "Date: Wed, 1 Jan 2020 00:00:00 +0000\r\n"

static const struct {
	const char *header;
	int r;
	int64_t date;
	int zone;
} row[] = {
	/* the topmost Received, folded, with a comment behind */
	{"Return-Path: <x>\r\nReceived: from a; by b\r\n\tfor c;\r\n Thu, 6 Mar 2025 07:30:00 +0100"
	 " (CET)\r\nReceived: from z; Thu, 6 Mar 2025 07:00:00 +0100\r\n" DATE "\r\n",
	 1, 1741242600, 60},
	{"received : x; Thu, 6 Mar 2025 01:30:00 -0500\r\n" DATE, 1, 1741242600, -300},
	/* one that cannot be used: the next best is Date, not an older hop */
	{"Received: by b\r\nReceived: from z; Thu, 6 Mar 2025 07:00:00 +0100\r\n" DATE, 1,
	 1577836800, 0},
	{"Received: x; yesterday\r\n" DATE, 1, 1577836800, 0},
	{DATE, 1, 1577836800, 0},
	/* only the header counts */
	{"Subject: x\r\n\r\n" DATE, 0, 0, 0},
	{"Subject: x\r\n", 0, 0, 0},
	{"", 0, 0, 0},
	{"no header\r\nat all", 0, 0, 0},
	/* a date that no archive can write down */
	{"Date: Fri, 31 Dec 9999 23:59:59 -9959\r\n", 0, 0, 0},
};

int main(void)
{
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int64_t date = 0;
		int16_t zone = 0;
		T(arrival_of(str_of(row[i].header), &date, &zone) == row[i].r);
		T(date == row[i].date && zone == row[i].zone);
	}
	return t_done();
}
