/* Badges: who has the secret, and nobody else. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/badge.h"
#include "base/clock.h"
#include "base/fs.h"
#include "support/suite.h"
#include "support/tmpsite.h"

static struct tmpsite t;
static struct cx *cx;
static char secret[ID_SECRET_LEN + 1];
static const char *note;

static void
up(void)
{
	tmpsite_open(&t, NULL);
	cx = &t.cx;
	ck_assert_int_eq(badge_issue(cx, BADGE_DOCTOR, 60000, "7 unix:/a b",
				     secret),
			 OK);
}

static void
down(void)
{
	tmpsite_close(&t);
}

static const char *
file(void)
{
	return arena_printf(&cx->arena, "%s/badge.doctor", t.site.run_dir);
}

static bool
holds(const char *s)
{
	note = NULL;
	return badge_holds(cx, BADGE_DOCTOR, s, &note);
}

/* The file as it is, but that it ends so many milliseconds from now. */
static void
rewrite(int64_t ttl_ms)
{
	char hash[ID_HASH_LEN + 1];
	const char *text;

	id_hash(secret, ID_SECRET_LEN, hash);
	text = arena_printf(&cx->arena, "%s %lld x\n", hash,
			    (long long)(clock_now_ms() + ttl_ms));
	ck_assert_int_eq(fs_write_sync(cx, file(), text, strlen(text), 0600),
			 OK);
}

START_TEST(its_secret_and_no_other)
{
	char other[ID_SECRET_LEN + 1];

	ck_assert(holds(secret));
	ck_assert_str_eq(note, "7 unix:/a b");
	memcpy(other, secret, sizeof(other));
	other[5] = other[5] == 'a' ? 'b' : 'a';
	ck_assert(!holds(other));
	ck_assert(!holds(NULL));
	ck_assert(!holds(""));
	ck_assert(!holds(arena_printf(&cx->arena, "%sx", secret)));
	ck_assert(!badge_holds(cx, BADGE_WARM, secret, &note));
}
END_TEST

START_TEST(the_file_does_not_tell_the_secret)
{
	struct stat st;
	struct buf b;

	buf_init(&b, 10000);
	ck_assert_int_eq(fs_read(cx, file(), &b), OK);
	ck_assert_ptr_null(strstr(buf_str(&b), secret));
	buf_free(&b);
	ck_assert_int_eq(stat(file(), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(it_ends)
{
	rewrite(50000);
	ck_assert(holds(secret));
	rewrite(-1);
	ck_assert(!holds(secret));
	rewrite(BADGE_MOST_MS + 60000); /* nobody issues such a one */
	ck_assert(!holds(secret));
	rewrite(50000);
	badge_drop(cx, BADGE_DOCTOR);
	ck_assert(!holds(secret));
	badge_drop(cx, BADGE_DOCTOR);
}
END_TEST

START_TEST(a_new_one_ends_the_old)
{
	char old[ID_SECRET_LEN + 1];

	memcpy(old, secret, sizeof(old));
	ck_assert_int_eq(badge_issue(cx, BADGE_DOCTOR, 60000, "n", secret), OK);
	ck_assert(!holds(old));
	ck_assert(holds(secret));
}
END_TEST

START_TEST(what_others_may_write_counts_for_nothing)
{
	const char *beside = arena_printf(&cx->arena, "%s/beside", t.dir);

	ck_assert_int_eq(chmod(file(), 0620), 0);
	ck_assert(!holds(secret));
	ck_assert_int_eq(chmod(file(), 0602), 0);
	ck_assert(!holds(secret));
	ck_assert_int_eq(chmod(file(), 0644), 0);
	ck_assert(holds(secret));
	ck_assert_int_eq(rename(file(), beside), 0);
	ck_assert_int_eq(symlink(beside, file()), 0);
	ck_assert(!holds(secret));
	ck_assert_int_eq(unlink(file()), 0);
	ck_assert_int_eq(mkfifo(file(), 0600), 0);
	ck_assert(!holds(secret));
}
END_TEST

START_TEST(a_torn_one_counts_for_nothing)
{
	struct buf b;
	size_t n;

	buf_init(&b, 10000);
	ck_assert_int_eq(fs_read(cx, file(), &b), OK);
	for (n = 0; n < b.len; n++) {
		ck_assert_int_eq(fs_write_sync(cx, file(), b.data, n, 0600),
				 OK);
		ck_assert_msg(!holds(secret), "%zu bytes of it", n);
	}
	buf_free(&b);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		its_secret_and_no_other,
		the_file_does_not_tell_the_secret,
		it_ends,
		a_new_one_ends_the_old,
		what_others_may_write_counts_for_nothing,
		a_torn_one_counts_for_nothing,
	};

	return suite_run(&(struct suite){"base badge", up, down, 60}, tests,
			 sizeof(tests) / sizeof(*tests));
}
