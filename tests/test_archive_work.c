/* Long work: progress, giving up, deadlines, change under our hands, doing it
 * again. */
#include "base/clock.h"
#include "support/archfix.h"

/* Compressors that were told to give up may outlive a test: that is no leak. */
const char *__tsan_default_options(void);

const char *
__tsan_default_options(void)
{
	return "report_thread_leaks=0";
}

struct watch {
	int64_t calls, last, total, at_ms, longest_ms;
	int64_t give_up_at; /* bytes done; 0: never */
	int64_t asked_ms;   /* when it was told to give up */
};

static bool
on_tell(void *arg, int64_t done, int64_t total)
{
	struct watch *w = arg;
	int64_t now = clock_mono_ms();

	ck_assert_int_ge(done, w->last);
	ck_assert(done <= total || !total);
	if (w->calls++ && now - w->at_ms > w->longest_ms)
		w->longest_ms = now - w->at_ms;
	w->at_ms = now;
	w->last = done;
	w->total = total;
	if (!w->give_up_at || done < w->give_up_at)
		return false;
	w->asked_ms = now;
	return true;
}

static struct progress
watching(struct watch *w)
{
	return (struct progress){on_tell, w, 0};
}

static const char *
big_home(size_t mb)
{
	const char *home = new_dir("home");

	tree_file(home, "big", mb << 20, 1);
	return home;
}

START_TEST(progress_goes_to_the_end)
{
	struct watch w = {0};
	struct progress pg = watching(&w);
	const char *home = big_home(96);
	struct archive_meta m;

	ok(archive_pack(cx, &store_dir, KEY, home, 3, &pg, &m));
	ck_assert_int_ge(w.calls, 4); /* within one file */
	ck_assert_int_eq(w.last, w.total);
	ck_assert_int_eq(w.total, m.content);
	w = (struct watch){0};
	ok(archive_unpack(cx, &store_dir, KEY, new_dir("back"), -1, &pg, &m));
	ck_assert_int_ge(w.calls, 3);
	ck_assert_int_eq(w.total, m.content);
}
END_TEST

START_TEST(giving_up_is_prompt)
{
	struct watch w = {.give_up_at = 1};
	struct progress pg = watching(&w);
	const char *home = big_home(96);
	struct archive_meta m = {.size = 77};

	fails(ERR_ABANDONED,
	      archive_pack(cx, &store_dir, KEY, home, 19, &pg, &m));
	ck_assert_int_eq(m.size, 77);
	/* Asked once, and it was over. */
	ck_assert_int_eq(w.at_ms, w.asked_ms);
	fails(ERR_NOT_FOUND, store_dir.get_meta(cx, KEY, NULL, &m));
	ok(archive_pack(cx, &store_dir, KEY, home, 3, NULL, &m));
	w = (struct watch){.give_up_at = 1};
	fails(ERR_ABANDONED, archive_unpack(cx, &store_dir, KEY,
					    new_dir("back"), -1, &pg, &m));
	ck_assert_int_eq(w.at_ms, w.asked_ms);
}
END_TEST

/* Also when everything is packed and only the look at the disk is left. */
START_TEST(giving_up_while_verifying)
{
	struct watch w = {0};
	struct progress pg = watching(&w);
	const char *home = big_home(4);
	struct archive_meta m;

	ok(archive_pack(cx, &store_dir, KEY, home, 3, NULL, &m));
	w.give_up_at = m.content;
	fails(ERR_ABANDONED,
	      archive_pack(cx, &store_dir, KEY, home, 3, &pg, &m));
	/* It was there before and still is. */
	ok(store_dir.get_meta(cx, KEY, NULL, &m));
	w = (struct watch){.give_up_at = 1};
	fails(ERR_ABANDONED, store_dir.verify(cx, KEY, &m, &pg));
}
END_TEST

START_TEST(deadlines_hold)
{
	const char *home = big_home(64);
	struct progress pg = {.deadline_ms = clock_mono_ms() - 1};
	struct archive_meta m;

	fails(ERR_TIMEOUT, archive_pack(cx, &store_dir, KEY, home, 3, &pg, &m));
	pg.deadline_ms = clock_mono_ms() + 150;
	fails(ERR_TIMEOUT,
	      archive_pack(cx, &store_dir, KEY, home, 19, &pg, &m));
	fails(ERR_NOT_FOUND, store_dir.get_meta(cx, KEY, NULL, &m));
	ok(archive_pack(cx, &store_dir, KEY, home, 3, NULL, &m));
	pg.deadline_ms = clock_mono_ms() - 1;
	fails(ERR_TIMEOUT, archive_unpack(cx, &store_dir, KEY, new_dir("back"),
					  -1, &pg, &m));
	fails(ERR_TIMEOUT, store_dir.verify(cx, KEY, &m, &pg));
}
END_TEST

/* A store that lets something happen when the first bytes arrive: then most
 * of the home's one large file has not been read yet. */
static void (*happens)(void);

static enum err
eventful_write(struct cx *c, struct store_writer *w, const void *p, size_t n)
{
	if (happens)
		happens();
	happens = NULL;
	return store_dir.put_write(c, w, p, n);
}

static void
pack_while(void (*event)(void))
{
	struct store_ops store = store_dir;
	const char *home = in("home");
	struct archive_meta m;

	store.put_write = eventful_write;
	happens = event;
	fails(ERR_ACTION, archive_pack(cx, &store, KEY, home, 3, NULL, &m));
	ck_assert(!happens);
	fails(ERR_NOT_FOUND, store.get_meta(cx, KEY, NULL, &m));
	ok(archive_pack(cx, &store, KEY, home, 3, NULL, &m));
	ok(unpack(new_dir("back")));
	same_trees(home, in("back"));
}

static void
file_grows(void)
{
	int fd = open(in("home/big"), O_WRONLY | O_APPEND);

	ck_assert_int_eq(write(fd, "more", 4), 4);
	close(fd);
}

static void
file_shrinks(void)
{
	ck_assert(!truncate(in("home/big"), 1000));
}

static void
file_is_written(void)
{
	int fd = open(in("home/big"), O_WRONLY);

	ck_assert_int_eq(pwrite(fd, "x", 1, 63 << 20), 1);
	close(fd);
}

static void
directory_gets_a_file(void)
{
	tree_file(in("home"), "added", 1, 1);
}

static void
file_vanishes(void)
{
	ck_assert(!unlink(in("home/big")));
}

START_TEST(change_fails)
{
	static void (*const events[])(
		void) = {file_grows, file_shrinks, file_is_written,
			 directory_gets_a_file, file_vanishes};

	big_home(64);
	pack_while(events[_i]);
}
END_TEST

static struct stat
look(const char *path)
{
	struct stat st;

	ck_assert_msg(!lstat(path, &st), "%s", path);
	return st;
}

START_TEST(again_is_not_written_twice)
{
	const char *home = new_dir("home");
	struct archive_meta a, b;
	struct stat one, two, mark;

	tree_make(home, 7, 50);
	clock_sleep_ms(20); /* the kernel's stamps are a little behind */
	ok(pack(home, &a));
	one = look(object(""));
	mark = look(object(".meta"));
	ok(pack(home, &b));
	two = look(object(""));
	ck_assert(one.st_ino == two.st_ino);
	ck_assert(one.st_mtim.tv_nsec == two.st_mtim.tv_nsec);
	two = look(object(".meta"));
	ck_assert(mark.st_ino == two.st_ino);
	ck_assert_int_eq(a.created_ms, b.created_ms);
	ck_assert_str_eq(a.sha256, b.sha256);
	ck_assert_int_eq(a.files, b.files);
}
END_TEST

/* What is there must be this home as it is now. */
START_TEST(again_after_a_change_is_new)
{
	const char *home = new_dir("home");
	struct archive_meta a, b;

	tree_file(home, "f", 1000, 1);
	clock_sleep_ms(20);
	ok(pack(home, &a));
	clock_sleep_ms(20);
	tree_file(home, "f", 1000, 2);
	ok(pack(home, &b));
	ck_assert_str_ne(a.sha256, b.sha256);
	ok(unpack(new_dir("back")));
	same_trees(home, in("back"));
}
END_TEST

START_TEST(again_after_damage_is_new)
{
	const char *home = new_dir("home");
	struct archive_meta a, b;
	int fd;

	tree_make(home, 8, 50);
	ok(pack(home, &a));
	fd = open(object(""), O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "damage", 6, 100), 6);
	close(fd);
	ok(pack(home, &b));
	ok(unpack(new_dir("back")));
	same_trees(home, in("back"));
	ck_assert(!truncate(object(".meta"), 10));
	ok(pack(home, &b));
	ok(store_dir.get_meta(cx, KEY, NULL, &b));
	ck_assert(!unlink(object("")));
	ok(pack(home, &b));
	ok(store_dir.verify(cx, KEY, &b, NULL));
}
END_TEST

START_TEST(no_home_no_archive)
{
	struct archive_meta m;
	int64_t bytes, files;

	fails(ERR_ACTION, pack(in("nothing"), &m));
	fails(ERR_ACTION, archive_measure(cx, in("nothing"), &bytes, &files));
	fails(ERR_NOT_FOUND, unpack(new_dir("back")));
	fails(ERR_NOT_FOUND, store_dir.get_meta(cx, KEY, NULL, &m));
}
END_TEST

START_TEST(keys_are_checked)
{
	static const char *const keys[] = {"",	    "..",     "../..",
					   "/etc",  "a/b",    KEY "/..",
					   KEY "x", "../" KEY};
	const char *home = new_dir("home");
	struct archive_meta m;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		fails(ERR_INVALID,
		      archive_pack(cx, &store_dir, keys[i], home, 3, NULL, &m));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("archive_work");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, fix_open, fix_close);
	tcase_set_timeout(c, 300);
	tcase_add_test(c, progress_goes_to_the_end);
	tcase_add_test(c, giving_up_is_prompt);
	tcase_add_test(c, giving_up_while_verifying);
	tcase_add_test(c, deadlines_hold);
	tcase_add_loop_test(c, change_fails, 0, 5);
	tcase_add_test(c, again_is_not_written_twice);
	tcase_add_test(c, again_after_a_change_is_new);
	tcase_add_test(c, again_after_damage_is_new);
	tcase_add_test(c, no_home_no_archive);
	tcase_add_test(c, keys_are_checked);
	suite_add_tcase(s, c);
	return run_suite(s);
}
