/* The main of a test program whose tests stand in one table. */
#ifndef SUPPORT_SUITE_H
#define SUPPORT_SUITE_H

#include <check.h>
#include <stdlib.h>

struct suite {
	const char *name;
	void (*up)(void), (*down)(void); /* around each test; may be NULL */
	int seconds;			 /* that one test may take */
};

/* n tests. The status for the program to exit with. */
static inline int
suite_run(const struct suite *what, const TTest *const tests[], size_t n)
{
	Suite *s = suite_create(what->name);
	TCase *t = tcase_create(what->name);
	SRunner *r;
	int failed;

	if (what->up)
		tcase_add_checked_fixture(t, what->up, what->down);
	tcase_set_timeout(t, what->seconds);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Of a table that ends with NULL. */
static inline size_t
suite_count(const TTest *const tests[])
{
	size_t n = 0;

	while (tests[n])
		n++;
	return n;
}

#define SUITE_RUN(title, tests)                                                \
	suite_run(&(struct suite){.name = (title), .seconds = 120}, tests,     \
		  sizeof(tests) / sizeof(*(tests)))

#endif
