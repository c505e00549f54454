/* What is special about homes that are directories. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/fs.h"
#include "support/homefix.h"

static const struct home_ops *h;

static void
setup(void)
{
	fix_open();
	ok(home_find(cx, &h));
	ok(h->probe(cx));
}

static const char *
in(const char *name)
{
	return arena_printf(&cx->arena, "%s/%s", t.site.homes_dir, name);
}

static struct stat
look(const char *path)
{
	struct stat st;

	ck_assert_msg(!lstat(path, &st), "%s", path);
	return st;
}

START_TEST(modes_and_owners)
{
	mode_t mask = umask(0777);

	ok(h->create(cx, ID, geteuid() ? -1 : 4321));
	umask(mask);
	ck_assert_int_eq(look(h->path(cx, ID)).st_mode & 07777, 0700);
	if (!geteuid()) {
		ck_assert_uint_eq(look(h->path(cx, ID)).st_uid, 4321);
		ck_assert_uint_eq(look(h->path(cx, ID)).st_gid, 4321);
	}
	ck_assert_int_eq(look(in(".trash")).st_mode & 07777, 0700);
	ck_assert_int_eq(look(in(".unpack")).st_mode & 07777, 0700);
}
END_TEST

START_TEST(create_leaves_what_is_there)
{
	ok(h->create(cx, ID, -1));
	ok(fs_write_sync(cx, arena_printf(&cx->arena, "%s/f", h->path(cx, ID)),
			 "x", 1, 0600));
	ok(h->create(cx, ID, 99));
	ck_assert(fs_exists(arena_printf(&cx->arena, "%s/f", h->path(cx, ID))));
	ck_assert_uint_eq(look(h->path(cx, ID)).st_uid, geteuid());
}
END_TEST

/* A disk that is not mounted is not a site without homes. */
START_TEST(not_mounted_is_not_absent)
{
	const char *elsewhere = arena_printf(&cx->arena, "%s/elsewhere", t.dir);
	const char *id = ID;
	struct tree stage;
	struct home_names l;
	bool there;

	ok(h->create(cx, ID, -1));
	ck_assert(!rename(t.site.homes_dir, elsewhere));
	ok(fs_mkdir(cx, t.site.homes_dir, 0700));
	fails(ERR_UNREACHABLE, h->look(cx, &id, 1, &there));
	fails(ERR_UNREACHABLE, h->list(cx, &l));
	fails(ERR_UNREACHABLE, h->create(cx, ID, -1));
	fails(ERR_UNREACHABLE, h->stage(cx, ID, OP, &stage));
	fails(ERR_UNREACHABLE, h->publish(cx, ID, OP));
	fails(ERR_UNREACHABLE, h->trash(cx, ID, OP));
	fails(ERR_UNREACHABLE, h->untrash(cx, ID, OP));
	fails(ERR_UNREACHABLE, h->trash_list(cx, &l));
	fails(ERR_UNREACHABLE, h->purge(cx, ENTRY, NULL, NULL));
	fails(ERR_UNREACHABLE, h->sweep_stages(cx, NULL, 0));
	ck_assert(!rmdir(t.site.homes_dir));
	ck_assert(!rename(elsewhere, t.site.homes_dir));
	ck_assert(is_there(h, ID));
}
END_TEST

START_TEST(strange_things_are_no_homes)
{
	static const char *const dirs[] = {"lost+found", "ws-x-home", "ws-" ID,
					   "ws-" ID "-home.old"};
	struct home_names l;
	const char *id = ID2;
	bool there;
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		ok(fs_mkdir(cx, in(dirs[i]), 0700));
	ck_assert(!symlink("/etc", h->path(cx, ID2)));
	ok(fs_mkdir(cx, in(".trash/other"), 0700));
	ok(h->create(cx, ID, -1));
	ok(h->list(cx, &l));
	ck_assert_uint_eq(l.n, 1);
	ck_assert_str_eq(l.v[0], ID);
	ok(h->trash_list(cx, &l));
	ck_assert_uint_eq(l.n, 0);
	/* In a home's place but no home: the look has failed. */
	fails(ERR_IO, h->look(cx, &id, 1, &there));
	fails(ERR_IO, h->create(cx, ID2, -1));
}
END_TEST

START_TEST(listing_a_thousand)
{
	struct home_names l;
	char name[80];
	int i;

	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name),
			 "ws-%08d-1111-4111-8111-111111111111-home",
			 (i * 7919) % 1000);
		ok(fs_mkdir(cx, in(name), 0700));
	}
	ok(h->list(cx, &l));
	ck_assert_uint_eq(l.n, 1000);
	for (i = 1; i < 1000; i++)
		ck_assert_int_lt(strcmp(l.v[i - 1], l.v[i]), 0);
}
END_TEST

START_TEST(purge_of_a_deep_tree)
{
	struct home_names l;
	int at, next, i;

	ok(h->create(cx, ID, -1));
	at = open(h->path(cx, ID), O_RDONLY | O_DIRECTORY);
	for (i = 0; i < 5000; i++) {
		ck_assert(!mkdirat(at, "d", 0700));
		next = openat(at, "d", O_RDONLY | O_DIRECTORY);
		close(at);
		at = next;
	}
	close(at);
	ok(h->trash(cx, ID, OP));
	ok(h->purge(cx, ENTRY, NULL, NULL));
	ok(h->trash_list(cx, &l));
	ck_assert_uint_eq(l.n, 0);
}
END_TEST

/* Its owner took the right to write from his own home. */
static int
closed_home(void)
{
	if (!geteuid() && (setgid(65534) || setuid(65534)))
		return 1;
	ok(h->create(cx, ID, -1));
	ck_assert(!chmod(h->path(cx, ID), 0));
	ok(h->trash(cx, ID, OP));
	ck_assert(!is_there(h, ID));
	ok(h->untrash(cx, ID, OP));
	ok(h->trash(cx, ID, OP));
	ok(h->purge(cx, ENTRY, NULL, NULL));
	return 0;
}

START_TEST(a_home_closed_by_its_owner)
{
	int status;
	pid_t pid;

	if (!geteuid()) {
		ck_assert(!chmod(t.dir, 0711));
		ck_assert(!chown(t.site.homes_dir, 65534, 65534));
		ck_assert(!chown(in(".trash"), 65534, 65534));
		ck_assert(!chown(in(".unpack"), 65534, 65534));
	}
	pid = fork();
	if (!pid)
		_exit(closed_home());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* What died while it was made goes, what is just being made stays. */
START_TEST(a_sweep_knows_the_young_from_the_dead)
{
	const char *young = in(".unpack/new.1"), *old = in(".unpack/new.2");
	struct timespec hour_ago[2] = {{0}, {0}};

	hour_ago[0].tv_sec = hour_ago[1].tv_sec =
		(time_t)(clock_now_ms() / 1000 - 3600);
	ck_assert(!mkdir(young, 0700) && !mkdir(old, 0700));
	ck_assert(!utimensat(AT_FDCWD, old, hour_ago, 0));
	ok(h->sweep_stages(cx, NULL, 0));
	ck_assert(fs_exists(young) && !fs_exists(old));
}
END_TEST

/* Two who make the same home, and one who sweeps stages all the time. */
START_TEST(many_at_once)
{
	int i, k, status;

	for (k = 0; k < 4; k++)
		if (!fork()) {
			enum err e = OK;

			for (i = 0; !e && i < 100; i++)
				e = k == 3 ? h->sweep_stages(cx, NULL, 0)
					   : h->create(cx, i % 2 ? ID : ID2,
						       -1);
			if (e)
				fprintf(stderr, "%s\n", cx->why);
			_exit(e ? 1 : 0);
		}
	for (k = 0; k < 4; k++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	ck_assert(is_there(h, ID) && is_there(h, ID2));
}
END_TEST

/* Each fault of each verb: repeated, it converges. */
static enum err
life(void)
{
	struct tree stage;
	enum err e;

	if ((e = h->create(cx, ID, -1)) || (e = h->trash(cx, ID, OP)) ||
	    (e = h->purge(cx, ENTRY, NULL, NULL)) ||
	    (e = h->stage(cx, ID, OP, &stage)) ||
	    (e = h->publish(cx, ID, OP)) || (e = h->trash(cx, ID, OP)))
		return e;
	return h->purge(cx, ENTRY, NULL, NULL);
}

START_TEST(each_fault)
{
	enum err e = ERR_IO;
	long n;

	for (n = 1; e; n++) {
		fault_arm(n);
		e = life();
		ck_assert(!e == !fault_fired());
		fault_arm(0);
		cx_clear(cx);
		/* From wherever that left it. */
		ok(h->trash(cx, ID, OP2));
		ok(h->purge(cx, "ws-" ID "-home~" OP2, NULL, NULL));
		ok(h->purge(cx, ENTRY, NULL, NULL));
		ok(h->sweep_stages(cx, NULL, 0));
		ok(life());
		ck_assert(!is_there(h, ID));
	}
	ck_assert_int_gt(n, 10);
}
END_TEST

/* publish whose answer was lost: done, and says so when asked again. */
START_TEST(lost_answers)
{
	struct tree stage;

	ok(h->stage(cx, ID, OP, &stage));
	fault_arm(2);
	fails(ERR_IO, h->publish(cx, ID, OP));
	ck_assert(fault_fired());
	fault_arm(0);
	ck_assert(is_there(h, ID));
	ok(h->publish(cx, ID, OP));
	fault_arm(2);
	fails(ERR_IO, h->trash(cx, ID, OP));
	fault_arm(0);
	ok(h->trash(cx, ID, OP));
	ck_assert(!is_there(h, ID));
	fault_arm(2);
	fails(ERR_IO, h->create(cx, ID, -1));
	fault_arm(0);
	ok(h->create(cx, ID, -1));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("home_dir");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, fix_close);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, modes_and_owners);
	tcase_add_test(c, create_leaves_what_is_there);
	tcase_add_test(c, not_mounted_is_not_absent);
	tcase_add_test(c, strange_things_are_no_homes);
	tcase_add_test(c, listing_a_thousand);
	tcase_add_test(c, purge_of_a_deep_tree);
	tcase_add_test(c, a_home_closed_by_its_owner);
	tcase_add_test(c, a_sweep_knows_the_young_from_the_dead);
	tcase_add_test(c, many_at_once);
	tcase_add_test(c, each_fault);
	tcase_add_test(c, lost_answers);
	suite_add_tcase(s, c);
	return run_suite(s);
}
