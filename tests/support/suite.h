/* The main of a test program whose tests stand in one table. */
#ifndef SUPPORT_SUITE_H
#define SUPPORT_SUITE_H

#include <check.h>
#include <stdlib.h>

static inline int
suite_run(const char *name, const TTest *const tests[], size_t n)
{
	Suite *s = suite_create(name);
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define SUITE_RUN(name, tests)                                                 \
	suite_run(name, tests, sizeof(tests) / sizeof(*(tests)))

#endif
