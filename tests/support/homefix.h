/* A site for tests of home/. Header only, as storefix.h. */
#ifndef SUPPORT_HOMEFIX_H
#define SUPPORT_HOMEFIX_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "home/home.h"
#include "support/expect.h"
#include "support/tmpsite.h"

#define FIX __attribute__((unused)) static
#define ID "11111111-1111-4111-8111-111111111111"
#define ID2 "22222222-2222-4222-8222-222222222222"
#define OP "33333333-3333-4333-8333-333333333333"
#define OP2 "44444444-4444-4444-8444-444444444444"
#define ENTRY "ws-" ID "-home~" OP

FIX struct tmpsite t;
FIX struct cx *cx;

FIX void
fix_open(void)
{
	tmpsite_open(&t, NULL);
	cx = &t.cx;
}

FIX void
fix_close(void)
{
	tmpsite_close(&t);
}

FIX bool
is_there(const struct home_ops *h, const char *id)
{
	bool there = false;

	ok(h->look(cx, &id, 1, &there));
	return there;
}

FIX int
run_suite(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
