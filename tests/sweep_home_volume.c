/* links: archive docker */
/*
 * Homes that are volumes, with a real container engine: one is made, archived,
 * goes to the trash, comes back. The first fault, then the second, ... until
 * all goes clean, then the same with a kill at each point: the step repeated
 * converges, at no moment is the last copy gone, what stands in the place of
 * a home is whole, and in the end nothing is left over in the engine.
 */
#include <ftw.h>
#include <sys/wait.h>

#include "base/fault.h"
#include "home/home.h"
#include "support/archfix.h"
#include "support/sweep.h"
#include "support/volumefix.h"

#define ID "11111111-1111-4111-8111-111111111111"
#define OP_DOWN "22222222-2222-4222-8222-222222222222"
#define OP_UP "33333333-3333-4333-8333-333333333333"
#define ENTRY "ws-" ID "-home~" OP_DOWN

static struct dockerfix docker = {.kind = "docker"};
static struct dockerfix podman = {.kind = "podman"};
static const struct home_ops *const h = &home_volume;
static char *wanted; /* the tree as it was after one trip */

static void
open_site(const struct dockerfix *engine)
{
	char keys[512];

	volumefix_keys(engine, keys, sizeof(keys));
	tmpsite_open(&t, keys);
	cx = &t.cx;
	ok(store_dir.probe(cx));
}

static void
teardown(void)
{
	free(wanted);
	wanted = NULL;
	volumefix_clear(cx);
	fix_close();
}

static const char *
files(void)
{
	struct tree home;

	ok(h->tree(cx, ID, &home));
	return volumefix_files(&docker, cx, home.volume);
}

static char *
print(const char *path)
{
	struct buf b;
	char *text;

	buf_init(&b, 64 << 20);
	tree_print(path, &b);
	text = strdup(buf_str(&b));
	ck_assert_ptr_nonnull(text);
	buf_free(&b);
	return text;
}

static bool
is_up(void)
{
	const char *id = ID;
	bool there;

	ok(h->look(cx, &id, 1, &there));
	return there;
}

/* What a worker does on the way down; every verb may have been done. */
static enum err
go_down(void)
{
	struct archive_meta m;
	struct tree home;
	bool there;
	const char *id = ID;
	enum err e = h->look(cx, &id, 1, &there);

	if (e)
		return e;
	if (there &&
	    ((e = h->tree(cx, ID, &home)) ||
	     (e = archive_pack_home(cx, &store_dir, KEY, &home, 3, NULL, &m)) ||
	     (e = h->trash(cx, ID, OP_DOWN))))
		return e;
	return h->purge(cx, ENTRY, NULL, NULL);
}

static enum err
go_up(void)
{
	const char *id = ID;
	struct archive_meta m;
	struct tree stage;
	bool there;
	enum err e = h->look(cx, &id, 1, &there);

	if (e || there)
		return e;
	if ((e = h->stage(cx, ID, OP_UP, &stage)) ||
	    (e = archive_unpack_home(cx, &store_dir, KEY, &stage, -1, NULL,
				     &m)))
		return e;
	return h->publish(cx, ID, OP_UP);
}

/* A new one, and its end without an archive. */
static enum err
go_round(void)
{
	enum err e;

	/* what an earlier try has put there */
	if ((e = h->purge(cx, ENTRY, NULL, NULL)) ||
	    (e = h->create(cx, ID, -1)) || (e = h->trash(cx, ID, OP_DOWN)))
		return e;
	return h->purge(cx, ENTRY, NULL, NULL);
}

static void
begin(void)
{
	open_site(&docker);
	ok(h->probe(cx));
	ok(h->create(cx, ID, -1));
	tree_make_portable(files(), 4242, 4);
	ok(go_down());
	ok(go_up());
	wanted = print(files());
}

/* Invariant 3 of the SPEC: a whole home in its place or a whole archive. And
 * what stands in the place of a home is always whole. */
static void
nothing_is_lost(void)
{
	struct archive_meta m;
	char *got;

	if (!is_up()) {
		ok(store_dir.get_meta(cx, KEY, NULL, &m));
		ok(store_dir.verify(cx, KEY, &m, NULL));
		return;
	}
	got = print(files());
	ck_assert_str_eq(got, wanted);
	free(got);
}

/* A sweep takes away what nobody needs, and mends what is missing. */
static void
nothing_is_left(size_t homes)
{
	struct home_names strays, empty;
	size_t held, volumes;

	ok(h->sweep_stages(cx, NULL, 0));
	ok(h->strays(cx, &strays, &empty));
	ck_assert_uint_eq(strays.n, 0);
	volumes = volumefix_count(cx, &held);
	ck_assert_uint_eq(volumes, homes);
	ck_assert_uint_eq(held, homes);
}

/* One direction with the n-th fault; false: no fault came, all went well. */
static bool
with_fault(enum err (*go)(void), long n, bool has_archive)
{
	enum err e;
	bool fired;

	fault_arm(n);
	e = go();
	fired = fault_fired();
	fault_arm(0);
	ck_assert_msg(fired || !e, "%s: %s", err_name(e), cx->why);
	cx_clear(cx);
	if (has_archive)
		nothing_is_lost();
	if (!fired)
		return false;
	ok(go()); /* again, undisturbed */
	if (has_archive)
		nothing_is_lost();
	return true;
}

START_TEST(each_fault_on_the_way_down)
{
	long n;

	begin();
	ok(store_dir.remove(cx, KEY));
	for (n = 1; with_fault(go_down, n, true); n += sweep_step()) {
		ck_assert(!is_up());
		ok(go_up());
		ok(store_dir.remove(cx, KEY));
		nothing_is_lost();
	}
	ck_assert_int_gt(n, 10);
	nothing_is_left(0);
}
END_TEST

START_TEST(each_fault_on_the_way_up)
{
	long n;

	begin();
	ok(go_down());
	for (n = 1; with_fault(go_up, n, true); n += sweep_step()) {
		ck_assert(is_up());
		ok(go_down());
	}
	ck_assert_int_gt(n, 10);
	nothing_is_left(1);
}
END_TEST

/* "new." is somebody at work for a minute. */
static void
make_old(void)
{
	const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	char path[512];
	struct dirent *de;
	DIR *d;

	snprintf(path, sizeof(path), "%s/.unpack", t.site.homes_dir);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while ((de = readdir(d)))
		(void)!utimensat(dirfd(d), de->d_name, long_ago, 0);
	closedir(d);
}

START_TEST(each_fault_of_a_short_life)
{
	long n;

	open_site(&docker);
	ok(h->probe(cx));
	for (n = 1; with_fault(go_round, n, false); n += sweep_step()) {
		ok(go_round());
		make_old();
		nothing_is_left(0);
	}
	ck_assert_int_gt(n, 8);
	make_old();
	nothing_is_left(0);
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
	e = *way == 'd' ? go_down() : *way == 'u' ? go_up() : go_round();
	if (e)
		fprintf(stderr, "%s: %s\n", err_name(e), cx->why);
	return e ? 1 : 0;
}

/* The n-th point kills the worker; false: it came to its end. */
static bool
with_kill(const char *way, long n)
{
	int status = sweep_killed(t.dir, way, n);

	if (*way != 'r')
		nothing_is_lost();
	ck_assert_msg(WIFSIGNALED(status) || status == 0, "status %d", status);
	if (!WIFSIGNALED(status))
		return false;
	ok(*way == 'd' ? go_down() : *way == 'u' ? go_up() : go_round());
	if (*way != 'r')
		nothing_is_lost();
	return true;
}

START_TEST(a_kill_at_each_point)
{
	long n;

	begin();
	ok(store_dir.remove(cx, KEY));
	for (n = 1; with_kill("down", n); n += sweep_step()) {
		ok(go_up());
		ok(store_dir.remove(cx, KEY));
	}
	ck_assert_int_gt(n, 10);
	for (n = 1; with_kill("up", n); n += sweep_step())
		ok(go_down());
	ck_assert_int_gt(n, 10);
	nothing_is_left(1);
	ok(go_down());
	for (n = 1; with_kill("round", n); n += sweep_step())
		;
	ck_assert_int_gt(n, 8);
	make_old();
	nothing_is_left(0);
}
END_TEST

static int
whole_seconds(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	/* Docker knows no time before 1970. */
	time_t s = st->st_mtim.tv_sec < 0 ? 0 : st->st_mtim.tv_sec;
	const struct timespec when[2] = {{.tv_sec = s}, {.tv_sec = s}};

	(void)flag, (void)f;
	return utimensat(AT_FDCWD, path, when, AT_SYMLINK_NOFOLLOW);
}

static void
cut_words(char *line, const char *word)
{
	char *at = strstr(line, word);

	if (at)
		*at = '\0';
}

/* What engines keep: no attributes, no access lists, no holes. */
static char *
print_kept(const char *path)
{
	char *all = print(path), *line, *rest = all;
	struct buf b;

	buf_init(&b, 64 << 20);
	while ((line = strsep(&rest, "\n"))) {
		cut_words(line, " holes");
		cut_words(line, " user.");
		cut_words(line, " system.");
		buf_printf(&b, "%s\n", line);
	}
	free(all);
	all = strdup(buf_str(&b));
	buf_free(&b);
	return all;
}

/* Names, kinds, modes, times to the second, contents, links. */
START_TEST(a_trip_keeps_what_an_engine_keeps)
{
	char *was, *is;
	size_t i;

	open_site(&docker);
	ok(h->probe(cx));
	ok(h->create(cx, ID, -1));
	tree_make(files(), (unsigned)_i + 77, 60);
	ck_assert(!nftw(files(), whole_seconds, 20, FTW_PHYS | FTW_DEPTH));
	was = print_kept(files());
	ok(go_down());
	ok(go_up());
	is = print_kept(files());
	for (i = 0; was[i] && was[i] == is[i]; i++)
		;
	while (i && was[i - 1] != '\n')
		i--;
	ck_assert_msg(!strcmp(was, is), "trees differ:\n  %.400s\n  %.400s",
		      was + i, is + i);
	free(was);
	free(is);
}
END_TEST

/* `docker container prune`: the home is there, and is held again. */
START_TEST(a_holder_that_is_gone_is_made_again)
{
	struct tree home;
	size_t held;

	begin();
	ok(h->tree(cx, ID, &home));
	ok(docker_remove(cx, home.volume, clock_mono_ms() + 20000));
	ck_assert_uint_eq(volumefix_count(cx, &held), 1);
	ck_assert_uint_eq(held, 0);
	nothing_is_lost();
	nothing_is_left(1);
	ok(docker_remove(cx, home.volume, clock_mono_ms() + 20000));
	ok(go_down());
	ok(go_up());
	nothing_is_lost();
	nothing_is_left(1);
}
END_TEST

/* The volume itself is gone: absent, whatever stands there under its name. */
START_TEST(an_empty_volume_of_the_same_name_is_no_home)
{
	struct home_names strays, empty;
	struct archive_meta m;
	struct tree home;

	begin();
	ok(h->tree(cx, ID, &home));
	ok(docker_remove(cx, home.volume, clock_mono_ms() + 20000));
	ok(docker_volume_remove(cx, home.volume));
	ck_assert(!is_up());
	fails(ERR_NOT_FOUND,
	      archive_pack_home(cx, &store_dir, KEY, &home, 3, NULL, &m));
	ok(docker_volume_make(cx, home.volume, json_object_new_object()));
	ck_assert(!is_up());
	fails(ERR_NOT_FOUND,
	      archive_pack_home(cx, &store_dir, KEY, &home, 3, NULL, &m));
	ok(h->strays(cx, &strays, &empty));
	ck_assert_uint_eq(empty.n, 1);
	ck_assert_str_eq(empty.v[0], h->path(cx, ID));
	/* Its note is in nobody's way. */
	ok(go_up());
	nothing_is_lost();
	ok(docker_volume_remove(cx, home.volume));
	nothing_is_left(1);
}
END_TEST

/* homes_dir came from an older copy: told of, and left alone. */
START_TEST(a_volume_without_a_note_stays)
{
	struct home_names strays, empty;
	const char *volume;
	struct tree home;
	size_t held;

	begin();
	ok(h->tree(cx, ID, &home));
	volume = home.volume;
	ck_assert(!unlink(h->path(cx, ID)));
	ck_assert(!is_up());
	ok(h->sweep_stages(cx, NULL, 0));
	ok(h->strays(cx, &strays, &empty));
	ck_assert_uint_eq(strays.n, 1);
	ck_assert_str_eq(strays.v[0], volume);
	ck_assert_uint_eq(volumefix_count(cx, &held), 1);
	/* What doctor says to do: */
	ok(fs_write_sync(cx, h->path(cx, ID), volume, strlen(volume), 0600));
	nothing_is_lost();
	nothing_is_left(1);
}
END_TEST

/* An engine that does not answer is no site without homes. */
START_TEST(a_failed_look_is_an_error)
{
	const char *id = ID;
	struct home_names l;
	bool there = true;

	begin();
	dockerfix_verb(&docker, "kill");
	fails(ERR_UNREACHABLE, h->look(cx, &id, 1, &there));
	fails(ERR_UNREACHABLE, h->list(cx, &l));
	fails(ERR_UNREACHABLE, h->create(cx, ID, -1));
	fails(ERR_UNREACHABLE, go_down());
	ck_assert(there);
	dockerfix_verb(&docker, "up");
	nothing_is_lost();
	nothing_is_left(1);
}
END_TEST

/* What it gives may be a part, with nothing that says so. */
START_TEST(podman_is_refused)
{
	struct tree stage;
	size_t held;

	open_site(&podman);
	ck_assert_int_eq(h->probe(cx), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(cx->why, "home = directory"));
	cx_clear(cx);
	fails(ERR_CONFIG, h->create(cx, ID, -1));
	fails(ERR_CONFIG, h->stage(cx, ID, OP_UP, &stage));
	ck_assert_uint_eq(volumefix_count(cx, &held), 0);
	ck_assert_uint_eq(held, 0);
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
	s = suite_create("home_volume_sweep");
	c = tcase_create("all");
	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_set_timeout(c, 600);
	if (volumefix_begin(&docker)) {
		tcase_add_loop_test(c, a_trip_keeps_what_an_engine_keeps, 0, 3);
		tcase_add_test(c, a_holder_that_is_gone_is_made_again);
		tcase_add_test(c, an_empty_volume_of_the_same_name_is_no_home);
		tcase_add_test(c, a_volume_without_a_note_stays);
		tcase_add_test(c, a_failed_look_is_an_error);
		tcase_add_test(c, each_fault_on_the_way_down);
		tcase_add_test(c, each_fault_on_the_way_up);
		tcase_add_test(c, each_fault_of_a_short_life);
		tcase_add_test(c, a_kill_at_each_point);
	}
	if (volumefix_begin(&podman))
		tcase_add_test(c, podman_is_refused);
	suite_add_tcase(s, c);
	failed = run_suite(s);
	dockerfix_end(&docker);
	dockerfix_end(&podman);
	return failed;
}
