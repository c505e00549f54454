/* Arena, buffer, ids, clock, errors, faults. */
#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/cx.h"
#include "base/fault.h"
#include "base/id.h"

static int order[3], n_order;

static void
note(void *arg)
{
	order[n_order++] = *(int *)arg;
}

START_TEST(arena_zeroes_aligns_and_defers)
{
	struct arena a = {0};
	int one = 1, two = 2;
	size_t i;

	for (i = 1; i < 100000; i *= 3) {
		unsigned char *p = arena_alloc(&a, i);

		ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
		ck_assert_int_eq(p[0], 0);
		ck_assert_int_eq(p[i - 1], 0);
		memset(p, 0xff, i);
	}
	arena_defer(&a, note, &one);
	arena_defer(&a, note, &two);
	arena_reset(&a);
	ck_assert_int_eq(n_order, 2);
	ck_assert_int_eq(order[0], 2); /* newest first */
	ck_assert_str_eq(arena_printf(&a, "%s-%d", "x", 7), "x-7");
	ck_assert_str_eq(arena_strndup(&a, "hello", 4), "hell");
	ck_assert_ptr_null(arena_strdup(&a, NULL));
	arena_release(&a);
	arena_release(&a);
	ck_assert_ptr_null(a.blocks);
}
END_TEST

START_TEST(buf_keeps_its_ceiling)
{
	struct buf b, zero = {0};
	size_t i;

	buf_free(&zero);
	buf_init(&b, 10);
	ck_assert_str_eq(buf_str(&b), "");
	buf_printf(&b, "%05d", 42);
	buf_puts(&b, "12345");
	ck_assert_str_eq(buf_str(&b), "0004212345");
	ck_assert(!b.over);
	buf_putc(&b, 'x');
	ck_assert(b.over);
	ck_assert_str_eq(buf_str(&b), "0004212345");
	buf_clear(&b);
	ck_assert(!b.over);
	buf_printf(&b, "%s", "12345678901");
	ck_assert(b.over);
	ck_assert_uint_eq(b.len, 0);
	buf_free(&b);
	buf_init(&b, 100000);
	for (i = 0; i < 100000; i++)
		buf_putc(&b, 'y');
	ck_assert(!b.over);
	ck_assert_uint_eq(strlen(b.data), 100000);
	buf_free(&b);
}
END_TEST

START_TEST(ids_are_what_they_say)
{
	char u[37], v[37], s[44], h[65];
	int i;

	for (i = 0; i < 1000; i++) {
		id_uuid(u);
		ck_assert_msg(id_is_uuid(u), "%s", u);
	}
	id_uuid(v);
	ck_assert_str_ne(u, v);
	ck_assert(!id_is_uuid(NULL));
	ck_assert(!id_is_uuid(""));
	ck_assert(!id_is_uuid("11111111-1111-4111-8111-11111111111"));
	ck_assert(!id_is_uuid("11111111-1111-4111-8111-1111111111111"));
	ck_assert(!id_is_uuid("11111111-1111-4111-8111-11111111111G"));
	ck_assert(!id_is_uuid("AAAAAAAA-1111-4111-8111-111111111111"));
	ck_assert(!id_is_uuid("11111111-1111-1111-8111-111111111111"));
	ck_assert(!id_is_uuid_n("11111111-1111-4111-8111-1111111\0001111", 36));
	id_secret(s);
	ck_assert_uint_eq(strlen(s), ID_SECRET_LEN);
	ck_assert_uint_eq(strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				    "pqrstuvwxyz0123456789-_"),
			  ID_SECRET_LEN);
	id_hash("abc", 3, h);
	ck_assert_str_eq(h, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb"
			    "410ff61f20015ad");
	id_hmac("key", "The quick brown fox jumps over the lazy dog", h);
	ck_assert_str_eq(h, "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997"
			    "479dbc2d1a3cd8");
	ck_assert(id_equal("ab", "ab"));
	ck_assert(!id_equal("ab", "ac"));
	ck_assert(!id_equal("ab", "abc"));
}
END_TEST

START_TEST(clock_prints_the_standards)
{
	char out[CLOCK_ISO_MAX];

	ck_assert_str_eq(clock_iso(1767323045678, out),
			 "2026-01-02T03:04:05.678Z");
	ck_assert_str_eq(clock_iso(0, out), "1970-01-01T00:00:00.000Z");
	ck_assert_str_eq(clock_http(784111777000, out),
			 "Sun, 06 Nov 1994 08:49:37 GMT");
	clock_iso(INT64_MAX, out);
	clock_iso(INT64_MIN, out);
	ck_assert_uint_eq(strlen(clock_boot_id()), 36);
}
END_TEST

START_TEST(errors_have_rows)
{
	struct cx cx = {0};
	unsigned i;

	for (i = 1; i < ERR__MAX; i++) {
		enum err e = (enum err)i;

		ck_assert_int_ge(err_http(e), 400);
		ck_assert_int_le(err_http(e), 599);
		ck_assert_uint_gt(strlen(err_text(e)), 10);
		ck_assert_uint_gt(strlen(err_slug(e)), 1);
	}
	ck_assert_int_eq(err_errno(ENOSPC), ERR_NO_SPACE);
	ck_assert_int_eq(err_errno(EDQUOT), ERR_NO_SPACE);
	ck_assert_int_eq(err_errno(EIO), ERR_IO);
	ck_assert_int_eq(cx_errno(&cx, ENOSPC, "write %s", "f"), ERR_NO_SPACE);
	ck_assert_str_eq(cx.why, "write f: No space left on device; free some "
				 "space there");
	ck_assert_int_eq(cx_field(&cx, "name", "too long"), ERR_INVALID);
	ck_assert_str_eq(cx.field, "name");
	cx_clear(&cx);
	ck_assert_int_eq(cx.err, OK);
}
END_TEST

START_TEST(faults_fire_once)
{
	int i, fired = 0;

	fault_arm(3);
	for (i = 0; i < 10; i++)
		fired += FAULT(FAULT_KICK);
	ck_assert_int_eq(fired, 1);
	ck_assert(fault_fired());
	ck_assert_int_eq(fault_count(), 10);
	fault_arm(0);
	ck_assert(!FAULT(FAULT_KICK));
	ck_assert_str_eq(fault_name(FAULT_KICK), "FAULT_KICK");
}
END_TEST

START_TEST(faults_fire_from_then_on)
{
	int i, fired = 0;

	fault_arm_from(3);
	for (i = 0; i < 10; i++)
		fired += FAULT(FAULT_KICK);
	ck_assert_int_eq(fired, 8);
	fault_arm(0);
	ck_assert(!FAULT(FAULT_KICK));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("base_memory");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, arena_zeroes_aligns_and_defers);
	tcase_add_test(t, buf_keeps_its_ceiling);
	tcase_add_test(t, ids_are_what_they_say);
	tcase_add_test(t, clock_prints_the_standards);
	tcase_add_test(t, errors_have_rows);
	tcase_add_test(t, faults_fire_once);
	tcase_add_test(t, faults_fire_from_then_on);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
