/*
 * Inodes that run out: a disk with room for one file, for two, ... until all
 * fits. Whatever fails meanwhile, nothing is lost, it is said why, and when
 * there is room it comes to its end.
 */
#include "support/reconfix.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#define FILES 12

static void
fill_home(const char *id)
{
	leave(id, "precious");
	for (int i = 0; i < FILES; i++)
		ok(fs_write_sync(cx,
				 arena_printf(&cx->arena, "%s/f%d", home_of(id),
					      i),
				 "x", 1, 0600));
}

static struct workspace
scene_provision(void)
{
	return new_ws(ann, "new", STATUS_STANDBY);
}

static struct workspace
scene_restore(void)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	fill_home(w.id);
	wish(w.id, STATUS_PENDING);
	pass();
	is_at(w.id, STATUS_PENDING);
	wish(w.id, STATUS_STANDBY);
	return w;
}

static struct workspace
scene_archive(void)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	fill_home(w.id);
	wish(w.id, STATUS_PENDING);
	return w;
}

static const struct scene {
	const char *name;
	struct workspace (*make)(void);
	bool archives; /* whose disk is small: theirs, or the homes' */
	bool precious;
	enum status to;
} scenes[] = {
	{"provision", scene_provision, false, false, STATUS_STANDBY},
	{"restore", scene_restore, false, true, STATUS_STANDBY},
	{"archive", scene_archive, true, true, STATUS_PENDING},
};

static const char *
disk_of(const struct scene *s)
{
	return s->archives ? t.site.archives_dir : t.site.homes_dir;
}

/* The mounts go with this process. */
static bool
may_mount(void)
{
	return !geteuid() && !unshare(CLONE_NEWNS) &&
	       !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* So many are free from now on. */
static void
leave_free(const char *disk, int n)
{
	struct statvfs st;

	ck_assert(!statvfs(disk, &st));
	ck_assert(!mount("roost-test", disk, "tmpfs", MS_REMOUNT,
			 arena_printf(&cx->arena, "nr_inodes=%d",
				      (int)(st.f_files - st.f_ffree) + n)));
}

/* With n inodes beside those of its own places. True: all fits. */
static bool
try_with(const struct scene *s, int n)
{
	struct workspace w = s->make();
	const char *disk = disk_of(s);
	bool fits;

	ck_assert(!mount("roost-test", disk, "tmpfs", 0, "size=4m"));
	ok(home_dir.probe(cx));
	ok(store_dir.probe(cx));
	leave_free(disk, n);
	buf_clear(&noted);
	pass();
	fits = get(w.id).status == s->to;
	if (!fits)
		ck_assert_msg(get(w.id).status == STATUS_ERROR, "%s, %d: %s",
			      s->name, n, status_name(get(w.id).status));
	invariants(w.id, s->precious);
	leave_free(disk, 1000);
	if (!fits)
		ok(workspace_recover(cx, db, w.id, 0, NULL));
	pass();
	ck_assert_msg(get(w.id).status == s->to, "%s, %d: %s %s", s->name, n,
		      status_name(get(w.id).status),
		      get(w.id).error_message ? get(w.id).error_message : "");
	invariants(w.id, s->precious);
	wish_delete(w.id);
	pass();
	ck_assert(!umount2(disk, MNT_DETACH));
	return fits;
}

START_TEST(inodes_run_out)
{
	const struct scene *s = &scenes[_i];
	int n = 0;

	if (!may_mount()) {
		fprintf(stderr,
			"NOT TESTED: inodes that run out, without root\n");
		return;
	}
	while (!try_with(s, n))
		ck_assert_int_lt(++n, 60);
	printf("%s: %d were too few\n", s->name, n);
}
END_TEST

int
main(void)
{
	Suite *su = suite_create("reconcile_inodes");
	TCase *tc = tcase_create("all");
	SRunner *r;
	int bad;

	tcase_add_checked_fixture(tc, world_up, world_down);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, inodes_run_out, 0,
			    (int)(sizeof scenes / sizeof *scenes));
	suite_add_tcase(su, tc);
	r = srunner_create(su);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
