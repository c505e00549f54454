/* Words, names, TTLs and limits. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "rules/limits.h"
#include "rules/names.h"
#include "rules/ttl.h"

#define ID "11111111-1111-4111-8111-111111111111"
#define OP "22222222-2222-4222-8222-222222222222"

START_TEST(words_go_both_ways)
{
	unsigned i;

	for (i = 0; i < STATUS__MAX; i++) {
		enum status s = STATUS__MAX;

		ck_assert(status_parse(status_name((enum status)i), &s));
		ck_assert_uint_eq(s, i);
		ck_assert_int_eq(desired_parse(status_name((enum status)i), &s),
				 i <= STATUS_RUNNING);
	}
	for (i = 0; i < OPERATION__MAX; i++) {
		enum operation o = OPERATION__MAX;

		ck_assert(
			operation_parse(operation_name((enum operation)i), &o));
		ck_assert_uint_eq(o, i);
		ck_assert_int_eq(operation_limit(o) == SETTING__MAX,
				 o == OPERATION_NONE);
	}
	for (i = 0; i < REASON__MAX; i++) {
		enum reason r = REASON__MAX;

		ck_assert(reason_parse(reason_name((enum reason)i), &r));
		ck_assert_uint_eq(r, i);
		ck_assert_int_eq(strlen(reason_text(r)) > 20, i != REASON_NONE);
	}
	for (i = 0; i < SETTING__MAX; i++) {
		enum setting s = (enum setting)i, got = SETTING__MAX;

		ck_assert(setting_parse(setting_key(s), &got));
		ck_assert_uint_eq(got, s);
		ck_assert_int_ge(setting_default(s), setting_least(s));
		ck_assert_int_le(setting_default(s), setting_most(s));
	}
}
END_TEST

START_TEST(unknown_words_are_refused)
{
	enum status s = STATUS_RUNNING;
	enum setting k = SETTING_UNDO_HOURS;

	ck_assert(!status_parse("running", &s));
	ck_assert(!status_parse(NULL, &s));
	ck_assert(!desired_parse("ERROR", &s));
	ck_assert(!desired_parse("", &s));
	ck_assert_int_eq(s, STATUS_RUNNING);
	ck_assert(desired_parse("ARCHIVED", &s));
	ck_assert_int_eq(s, STATUS_PENDING);
	ck_assert(!setting_parse("undo", &k));
	ck_assert_int_eq(k, SETTING_UNDO_HOURS);
}
END_TEST

START_TEST(names_go_both_ways_and_refuse_the_rest)
{
	static const char *const bad[] =
		{"",
		 "ws-",
		 "ws-" ID,
		 "ws-" ID "-home2",
		 "x" ID,
		 "ws-11111111-1111-1111-8111-111111111111-home",
		 "ws-" ID "-HOME",
		 "../" ID,
		 ID "/",
		 ID "/" ID "/",
		 ID "//" OP,
		 "ws-" ID "-home~",
		 "ws-" ID "-home~" OP "x",
		 ID "/../" OP};
	char n[NAME_MAX_LEN], a[37] = "?", b[37] = "?";
	size_t i;

	ck_assert(name_home_id(name_home(ID, n), a));
	ck_assert_str_eq(a, ID);
	ck_assert(name_trash_ids(name_trash(ID, OP, n), a, b));
	ck_assert_str_eq(b, OP);
	ck_assert(name_archive_ids(name_archive(ID, OP, n), a, b));
	ck_assert_str_eq(a, ID);
	memcpy(a, "?", 2);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert(!name_home_id(bad[i], a));
		ck_assert(!name_trash_ids(bad[i], a, b));
		ck_assert(!name_archive_ids(bad[i], a, b));
	}
	ck_assert_str_eq(a, "?");
}
END_TEST

START_TEST(ports_are_read_as_they_are_written)
{
	static const char *const bad[] = {"",	     "20007",
					  ":1",	     "x:1",
					  "20007:x", "20007:1,x",
					  "65536:1", "20007:-1",
					  " 1:1",    "1:4294967296",
					  "1:1,,2",  "1:1,2,3,4,5,6,7,8,9"};
	struct name_port p = {.port = 20007}, q = {.port = 7};
	char text[NAME_MAX_LEN];
	size_t i;

	for (p.n = 0; p.n <= NAME_INODES; p.n++) {
		ck_assert(name_port_read(name_port(&p, text), &q));
		ck_assert_int_eq(q.port, 20007);
		ck_assert_uint_eq(q.n, p.n);
		for (i = 0; i < p.n; i++)
			ck_assert(name_port_has(&q, p.inode[i]));
		ck_assert(!name_port_has(&q, 5));
		if (p.n < NAME_INODES)
			p.inode[p.n] = UINT32_MAX - (unsigned)p.n;
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!name_port_read(bad[i], &q), "%s", bad[i]);
}
END_TEST

START_TEST(text_counts_characters_and_refuses_bad_bytes)
{
	ck_assert(name_text_ok("a", 1, 1, false));
	ck_assert(!name_text_ok("", 1, 10, false));
	ck_assert(name_text_ok("\xec\x9e\x91\xec\x97\x85", 2, 2, false));
	ck_assert(!name_text_ok("\xec\x9e\x91\xec\x97\x85", 1, 1, false));
	ck_assert(!name_text_ok("a\nb", 1, 10, false));
	ck_assert(name_text_ok("a\nb", 1, 10, true));
	ck_assert(!name_text_ok("a\x01", 1, 10, true));
	ck_assert(!name_text_ok("\xc0\x80", 1, 10, true));
	ck_assert(!name_text_ok("\xed\xa0\x80", 1, 10, true));
	ck_assert(!name_text_ok("\xf5\x80\x80\x80", 1, 10, true));
	ck_assert(!name_text_ok("\xe2\x82", 1, 10, true));
	ck_assert(!name_text_ok("\xc2\x85", 1, 10, true));
}
END_TEST

/* One row of the walk below: what it holds, what the rule must say. */
static void
ttl_one(unsigned s, unsigned d, unsigned o, bool del)
{
	struct workspace w = {.status = (enum status)s,
			      .desired = (enum status)d,
			      .operation = (enum operation)o,
			      .deleted_ms = del,
			      .idle_since_ms = 10,
			      .last_access_ms = 10,
			      .standby_ttl_s = 1,
			      .archive_ttl_s = 1};
	enum status wish = STATUS__MAX, want = STATUS_STANDBY;
	bool rests = s == d && !o && !del && s != STATUS_PENDING;

	if (s == STATUS_STANDBY)
		want = STATUS_PENDING;
	ck_assert_int_eq(ttl_wish(&w, 99999, &wish), rests);
	ck_assert_int_eq(wish, rests ? want : STATUS__MAX);
}

/* Every state: only a settled, living RUNNING or STANDBY one has a TTL. */
START_TEST(ttl_only_where_it_rests)
{
	unsigned s, d, o;

	for (s = 0; s < STATUS__MAX; s++)
		for (d = 0; d <= STATUS_RUNNING; d++)
			for (o = 0; o < OPERATION__MAX; o++) {
				ttl_one(s, d, o, false);
				ttl_one(s, d, o, true);
			}
}
END_TEST

START_TEST(ttl_counts_from_the_last_sign_of_life)
{
	struct workspace w = {.status = STATUS_RUNNING,
			      .desired = STATUS_RUNNING,
			      .standby_ttl_s = 300,
			      .last_access_ms = 1000,
			      .idle_since_ms = 5000};
	enum status wish = STATUS__MAX;

	ck_assert(!ttl_wish(&w, 304999, &wish));
	ck_assert(ttl_wish(&w, 305000, &wish));
	w.last_access_ms = 6000; /* a request after the last connection */
	ck_assert(!ttl_wish(&w, 305000, &wish));
	ck_assert(ttl_wish(&w, 306000, &wish));
	w.idle_since_ms = 0;
	ck_assert(!ttl_wish(&w, 999999, &wish));
	w.idle_since_ms = 1;
	w.standby_ttl_s = 0;
	ck_assert(!ttl_wish(&w, INT64_MAX, &wish));
}
END_TEST

START_TEST(limits_count_what_runs_or_will)
{
	struct settings s;
	unsigned st, d, del;

	settings_default(&s);
	ck_assert_int_eq(limit_judge(&s, 1, 99), LIMIT_OK);
	ck_assert_int_eq(limit_judge(&s, 2, 2), LIMIT_USER);
	ck_assert_int_eq(limit_judge(&s, 0, 100), LIMIT_GLOBAL);
	for (st = 0; st < STATUS__MAX; st++)
		for (d = 0; d <= STATUS_RUNNING; d++)
			for (del = 0; del < 2; del++) {
				struct workspace w = {.status = (enum status)st,
						      .desired = (enum status)d,
						      .deleted_ms = del};
				bool want = !del && d == STATUS_RUNNING;

				ck_assert_int_eq(limit_counts(&w),
						 want || st == STATUS_RUNNING);
				w.operation = OPERATION_STARTING;
				ck_assert(limit_counts(&w));
			}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rules_words");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, words_go_both_ways);
	tcase_add_test(t, unknown_words_are_refused);
	tcase_add_test(t, names_go_both_ways_and_refuse_the_rest);
	tcase_add_test(t, ports_are_read_as_they_are_written);
	tcase_add_test(t, text_counts_characters_and_refuses_bad_bytes);
	tcase_add_test(t, ttl_only_where_it_rests);
	tcase_add_test(t, ttl_counts_from_the_last_sign_of_life);
	tcase_add_test(t, limits_count_what_runs_or_will);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
