/* Pages by keys in both directions. store/keyset.h. */
#include "support/storefix.h"

#include "store/keyset.h"

/* The list: 1 to 10, its keys are its numbers; what SQL would answer. */
#define ALL 10

struct page {
	int64_t v[ALL + 1];
	size_t n;
	struct keyset_ends ends;
};

static const char *
key(const int64_t *v)
{
	return arena_printf(&t.cx.arena, "%d", (int)*v);
}

static struct page
page(const char *cursor, int64_t limit)
{
	struct page p = {.n = 0};
	struct keyset k;
	int64_t from;

	ok(keyset_read(cx, cursor, limit, &k));
	from = k.key ? strtol(k.key, NULL, 10) : 0;
	for (int64_t i = k.back ? from - 1 : from + 1;
	     i >= 1 && i <= ALL && p.n < (size_t)limit + 1;
	     i += k.back ? -1 : 1)
		p.v[p.n++] = i;
	keyset_turn(&k, p.v, sizeof(p.v[0]), &p.n);
	keyset_end(cx, &k, p.n ? key(&p.v[0]) : NULL,
		   p.n ? key(&p.v[p.n - 1]) : NULL, &p.ends);
	return p;
}

static void
holds(const struct page *p, int64_t first, int64_t last)
{
	ck_assert_uint_eq(p->n, (size_t)(last - first + 1));
	for (size_t i = 0; i < p->n; i++)
		ck_assert_int_eq(p->v[i], first + (int64_t)i);
}

START_TEST(there_and_back)
{
	struct page p = page(NULL, 4);

	holds(&p, 1, 4);
	ck_assert_ptr_null(p.ends.prev);
	ck_assert(!p.ends.beyond);
	p = page(p.ends.next, 4);
	holds(&p, 5, 8);
	ck_assert(p.ends.beyond);
	p = page(p.ends.next, 4);
	holds(&p, 9, 10);
	ck_assert_ptr_null(p.ends.next);
	p = page(p.ends.prev, 4);
	holds(&p, 5, 8);
	ck_assert(p.ends.beyond);
	p = page(p.ends.prev, 4);
	holds(&p, 1, 4);
	ck_assert_ptr_null(p.ends.prev);
	ck_assert(!p.ends.beyond);
	ck_assert_ptr_nonnull(p.ends.next);
}
END_TEST

START_TEST(whole_and_short_pages)
{
	struct page p = page(NULL, ALL);

	holds(&p, 1, ALL);
	ck_assert_ptr_null(p.ends.next);
	p = page(NULL, ALL - 1);
	p = page(p.ends.next, ALL - 1);
	holds(&p, ALL, ALL);
	/* a page back that is shorter than asked for is the first */
	p = page("before.3", 4);
	holds(&p, 1, 2);
	ck_assert_ptr_null(p.ends.prev);
	/* what it was beyond is gone: only the way to the first page is left */
	p = page("after.10", 4);
	ck_assert_uint_eq(p.n, 0);
	ck_assert_ptr_null(p.ends.next);
	ck_assert_ptr_null(p.ends.prev);
	ck_assert(p.ends.beyond);
}
END_TEST

START_TEST(only_cursors_of_ours)
{
	static const char *const bad[] = {"",	    "x",       "after",
					  "after.", "before.", "AFTER.1",
					  "befor.1"};
	static const char *const numbers[] =
		{"1",	 "1.",	  ".1",
		 "1.x",	 "1.2.3", "-1.2",
		 "1.-2", " 1.2",  "1.99999999999999999999"};
	struct keyset k = {.key = "1.2"};
	int64_t a = 7, b = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(keyset_read(cx, bad[i], 1, &k), ERR_INVALID);
	ck_assert_str_eq(cx->field, "cursor");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		k.key = numbers[i];
		ck_assert_int_eq(keyset_numbers(cx, &k, &a, &b), ERR_INVALID);
	}
	ck_assert_int_eq(a, 7);
	k.key = "1.2";
	ok(keyset_numbers(cx, &k, &a, &b));
	ck_assert_int_eq(a, 1);
	ck_assert_int_eq(b, 2);
	k.key = NULL;
	ok(keyset_numbers(cx, &k, &a, &b));
	ck_assert_int_eq(a, 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {there_and_back, whole_and_short_pages,
				      only_cursors_of_ours, NULL};

	return run_suite("store_keyset", tests);
}
