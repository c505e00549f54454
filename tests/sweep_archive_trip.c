/* links: home archive */
/*
 * On each store: a home is archived, goes to the trash, comes back. The first
 * fault, then the second, ... until all goes clean: after each the step is
 * repeated and must converge, and at no moment is the last copy of the home
 * gone. Then the same with a kill at each point.
 */
#include <sys/wait.h>

#include "base/fault.h"
#include "home/home.h"
#include "support/archfix.h"
#include "support/s3box.h"
#include "support/sweep.h"

#define ID "11111111-1111-4111-8111-111111111111"
#define OP_DOWN "22222222-2222-4222-8222-222222222222"
#define OP_UP "33333333-3333-4333-8333-333333333333"
#define BIG ((size_t)9 << 20) /* more than one part of an upload */

static struct buf wanted; /* the tree as it was */
static const struct store_ops *store;

static void
open_dir(void)
{
	fix_open();
}

static void
open_s3(void)
{
	s3box_open(&t, NULL);
	cx = &t.cx;
}

/* On S3 every request is two points, so there are fewer files. */
static const struct subject {
	void (*open)(void);
	int entries;
	bool big;
} subjects[] = {{open_dir, 25, false}, {open_s3, 2, true}};
#define N_SUBJECTS ((int)(sizeof(subjects) / sizeof(subjects[0])))

/* What does not get smaller by being compressed. */
static void
make_big(const char *home)
{
	char *p = malloc(BIG);

	id_random(p, BIG);
	ok(fs_write_sync(cx, arena_printf(&cx->arena, "%s/big", home), p, BIG,
			 0600));
	free(p);
}

static void
begin(int i)
{
	const char *home;

	subjects[i].open();
	ok(store_find(cx, &store));
	ok(store->probe(cx));
	ok(home_dir.probe(cx));
	ok(home_dir.create(cx, ID, -1));
	home = home_dir.path(cx, ID);
	tree_make(home, 4242, subjects[i].entries);
	if (subjects[i].big)
		make_big(home);
	buf_init(&wanted, 64 << 20);
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
	if (there && ((e = archive_pack(cx, store, KEY, home_dir.path(cx, ID),
					3, NULL, &m)) ||
		      (e = home_dir.trash(cx, ID, OP_DOWN))))
		return e;
	return home_dir.purge(cx, "ws-" ID "-home~" OP_DOWN, NULL, NULL);
}

static enum err
go_up(void)
{
	struct archive_meta m;
	const char *id = ID;
	struct tree stage;
	bool there;
	enum err e = home_dir.look(cx, &id, 1, &there);

	if (e || there)
		return e;
	if ((e = home_dir.stage(cx, ID, OP_UP, &stage)) ||
	    (e = archive_unpack(cx, store, KEY, stage.path, -1, NULL, &m)))
		return e;
	return home_dir.publish(cx, ID, OP_UP);
}

static void
is_whole(const char *path)
{
	struct buf got;

	buf_init(&got, 64 << 20);
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
	ok(store->get_meta(cx, KEY, NULL, &m));
	ok(store->verify(cx, KEY, &m, NULL));
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

	begin(_i);
	for (n = 1; with_fault(go_down, n); n += sweep_step()) {
		ck_assert(!is_up());
		ok(go_up());
		ok(store->remove(cx, KEY));
		nothing_is_lost();
	}
	ck_assert_int_gt(n, subjects[_i].entries / 3);
	ck_assert(!is_up());
}
END_TEST

START_TEST(each_fault_on_the_way_up)
{
	long n;

	begin(_i);
	ok(go_down());
	for (n = 1; with_fault(go_up, n); n += sweep_step()) {
		ck_assert(is_up());
		ok(go_down());
		nothing_is_lost();
	}
	ck_assert_int_gt(n, subjects[_i].entries);
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
	if (store_find(cx, &store))
		return 2;
	e = !strcmp(way, "down") ? go_down() : go_up();
	if (e)
		fprintf(stderr, "%s: %s\n", err_name(e), cx->why);
	return e ? 1 : 0;
}

/* The n-th point kills the worker; false: it came to its end. */
static bool
with_kill(const char *way, long n)
{
	int status = sweep_killed(t.dir, way, n);

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

	begin(_i);
	for (n = 1; with_kill("down", n); n += sweep_step()) {
		ok(go_up());
		ok(store->remove(cx, KEY));
	}
	points = n;
	for (n = 1; with_kill("up", n); n += sweep_step())
		ok(go_down());
	ck_assert_int_gt(points + n, subjects[_i].entries);
	ck_assert(is_up());
}
END_TEST

/* GC: what is half removed can be listed and removed again. */
START_TEST(each_fault_while_removing)
{
	struct archive_names l;
	struct archive_meta m;
	long n;

	begin(_i);
	for (n = 1;; n++) {
		bool fired;
		enum err e;

		ok(archive_pack(cx, store, KEY, home_dir.path(cx, ID), 3, NULL,
				&m));
		fault_arm(n);
		e = store->remove(cx, KEY);
		fired = fault_fired();
		fault_arm(0);
		ck_assert_msg(fired || !e, "%s", cx->why);
		cx_clear(cx);
		ok(store->remove(cx, KEY));
		ok(store->list(cx, &l));
		ck_assert_uint_eq(l.n, 0);
		if (!fired)
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
	int failed;

	if (dir)
		return as_worker(dir, getenv("SWEEP_WAY"));
	s = suite_create("archive_sweep");
	c = tcase_create("all");

	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_set_timeout(c, 600);
	tcase_add_loop_test(c, each_fault_on_the_way_down, 0, N_SUBJECTS);
	tcase_add_loop_test(c, each_fault_on_the_way_up, 0, N_SUBJECTS);
	tcase_add_loop_test(c, a_kill_at_each_point, 0, N_SUBJECTS);
	tcase_add_loop_test(c, each_fault_while_removing, 0, N_SUBJECTS);
	suite_add_tcase(s, c);
	s3box_start();
	failed = run_suite(s);
	s3box_stop();
	return failed;
}
