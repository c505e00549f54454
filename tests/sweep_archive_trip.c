/* links: home archive */
/*
 * A home is archived, goes to the trash, comes back. The first fault, then
 * the second, ... until all goes clean: after each the step is repeated and
 * must converge, and at no moment is the last copy of the home gone. Then
 * the same with a kill at each point.
 */
#include <sys/wait.h>

#include "base/fault.h"
#include "home/home.h"
#include "support/archfix.h"

#define ID "11111111-1111-4111-8111-111111111111"
#define OP_DOWN "22222222-2222-4222-8222-222222222222"
#define OP_UP "33333333-3333-4333-8333-333333333333"
#define ENTRIES 25

static struct buf wanted; /* the tree as it was */

static void
setup(void)
{
	fix_open();
	ok(home_dir.probe(cx));
	ok(home_dir.create(cx, ID, -1));
	tree_make(home_dir.path(cx, ID), 4242, ENTRIES);
	buf_init(&wanted, 16 << 20);
	tree_print(home_dir.path(cx, ID), &wanted);
}

static void
teardown(void)
{
	buf_free(&wanted);
	fix_close();
}

/* What a worker does on the way down; every verb may have been done. */
static enum err
go_down(void)
{
	struct archive_meta m;
	bool there;
	const char *id = ID;
	enum err e = home_dir.look(cx, &id, 1, &there);

	if (e)
		return e;
	if (there && ((e = archive_pack(cx, &store_dir, KEY,
					home_dir.path(cx, ID), 3, NULL, &m)) ||
		      (e = home_dir.trash(cx, ID, OP_DOWN))))
		return e;
	return home_dir.purge(cx, "ws-" ID "-home~" OP_DOWN, NULL, NULL);
}

static enum err
go_up(void)
{
	struct archive_meta m;
	const char *path, *id = ID;
	bool there;
	enum err e = home_dir.look(cx, &id, 1, &there);

	if (e || there)
		return e;
	if ((e = home_dir.stage(cx, ID, OP_UP, &path)) ||
	    (e = archive_unpack(cx, &store_dir, KEY, path, -1, NULL, &m)))
		return e;
	return home_dir.publish(cx, ID, OP_UP);
}

static void
is_whole(const char *path)
{
	struct buf got;

	buf_init(&got, 16 << 20);
	tree_print(path, &got);
	ck_assert(got.len == wanted.len &&
		  !memcmp(got.data, wanted.data, got.len));
	buf_free(&got);
}

/* Invariant 3 of the SPEC: a whole home in its place or a whole archive. And
 * what stands in the place of a home is always whole. */
static void
nothing_is_lost(void)
{
	const char *id = ID;
	struct archive_meta m;
	bool there;

	ok(home_dir.look(cx, &id, 1, &there));
	if (there) {
		is_whole(home_dir.path(cx, ID));
		return;
	}
	ok(store_dir.get_meta(cx, KEY, &m));
	ok(store_dir.verify(cx, KEY, &m, NULL));
}

static bool
is_up(void)
{
	const char *id = ID;
	bool there;

	ok(home_dir.look(cx, &id, 1, &there));
	return there;
}

/* One direction with the n-th fault; false: no fault came, all went well. */
static bool
with_fault(enum err (*go)(void), long n)
{
	enum err e;
	bool fired;

	fault_arm(n);
	e = go();
	fired = fault_fired();
	fault_arm(0);
	ck_assert_msg(fired || !e, "%s: %s", err_name(e), cx->why);
	cx_clear(cx);
	nothing_is_lost();
	if (!fired)
		return false;
	ok(go()); /* again, undisturbed */
	nothing_is_lost();
	return true;
}

START_TEST(each_fault_on_the_way_down)
{
	long n;

	for (n = 1; with_fault(go_down, n); n++) {
		ck_assert(!is_up());
		ok(go_up());
		ok(store_dir.remove(cx, KEY));
		nothing_is_lost();
	}
	ck_assert_int_gt(n, ENTRIES / 3);
	ck_assert(!is_up());
}
END_TEST

START_TEST(each_fault_on_the_way_up)
{
	long n;

	ok(go_down());
	for (n = 1; with_fault(go_up, n); n++) {
		ck_assert(is_up());
		ok(go_down());
		nothing_is_lost();
	}
	ck_assert_int_gt(n, ENTRIES);
	ck_assert(is_up());
	ok(home_dir.sweep_stages(cx, NULL, 0));
}
END_TEST

/* In a program of its own: where the environment arms the faults. */
static int
as_worker(const char *dir, const char *way)
{
	enum err e;

	cx = &t.cx;
	cx_begin(cx, NULL);
	if (site_load(cx, dir, &t.site))
		return 2;
	cx_end(cx);
	cx_begin(cx, &t.site);
	e = !strcmp(way, "down") ? go_down() : go_up();
	if (e)
		fprintf(stderr, "%s: %s\n", err_name(e), cx->why);
	return e ? 1 : 0;
}

static void
run_worker(const char *way, long n)
{
	char number[24];

	snprintf(number, sizeof(number), "%ld", n);
	setenv("ROOST_FAULT", number, 1);
	setenv("ROOST_FAULT_KILL", "1", 1);
	setenv("SWEEP_DIR", t.dir, 1);
	setenv("SWEEP_WAY", way, 1);
	execl("/proc/self/exe", "sweep", NULL);
	_exit(3);
}

/* The n-th point kills the worker; false: it came to its end. */
static bool
with_kill(const char *way, long n)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		run_worker(way, n);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	nothing_is_lost();
	ck_assert_msg(WIFSIGNALED(status) || status == 0, "status %d", status);
	if (!WIFSIGNALED(status))
		return false;
	ok(!strcmp(way, "down") ? go_down() : go_up());
	nothing_is_lost();
	return true;
}

START_TEST(a_kill_at_each_point)
{
	long n, points;

	for (n = 1; with_kill("down", n); n++) {
		ok(go_up());
		ok(store_dir.remove(cx, KEY));
	}
	points = n;
	for (n = 1; with_kill("up", n); n++)
		ok(go_down());
	ck_assert_int_gt(points + n, ENTRIES);
	ck_assert(is_up());
}
END_TEST

/* GC: what is half removed can be listed and removed again. */
START_TEST(each_fault_while_removing)
{
	struct archive_names l;
	struct archive_meta m;
	long n;

	for (n = 1;; n++) {
		enum err e;

		ok(archive_pack(cx, &store_dir, KEY, home_dir.path(cx, ID), 3,
				NULL, &m));
		fault_arm(n);
		e = store_dir.remove(cx, KEY);
		fault_arm(0);
		cx_clear(cx);
		ok(store_dir.remove(cx, KEY));
		ok(store_dir.list(cx, &l));
		ck_assert_uint_eq(l.n, 0);
		if (!e)
			break;
	}
	ck_assert_int_ge(n, 2);
}
END_TEST

int
main(void)
{
	const char *dir = getenv("SWEEP_DIR");
	Suite *s;
	TCase *c;

	if (dir)
		return as_worker(dir, getenv("SWEEP_WAY"));
	s = suite_create("archive_sweep");
	c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 300);
	tcase_add_test(c, each_fault_on_the_way_down);
	tcase_add_test(c, each_fault_on_the_way_up);
	tcase_add_test(c, a_kill_at_each_point);
	tcase_add_test(c, each_fault_while_removing);
	suite_add_tcase(s, c);
	return run_suite(s);
}
