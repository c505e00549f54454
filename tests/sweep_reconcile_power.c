/*
 * The power goes, at every point of a workspace's life: what had been said
 * to be done is done afterwards, and no home is lost (SPEC section 1,
 * invariants 3 and 7).
 *
 * A story is lived once on a disk that writes down what it was told
 * (support/disklog.h). Then the site is put together again as each cut could
 * have left it (support/diskreplay.h): its database opens and is whole, has
 * every promise that was made before the cut, and passes bring the workspace
 * to where it was wanted, with what was in its home.
 *
 * ROOST_POWER=N tries N random leftovers of each cut (default 1);
 * ROOST_POWER_STORY, ROOST_POWER_CUT and ROOST_POWER_LUCK look at one, and
 * ROOST_POWER_LIE leaves out a kind of sync.
 */
#include "support/disklog.h"

#include "support/diskreplay.h"

#include "support/reconfix.h"
#include "support/sweep.h"

#include "base/proc.h"

#include <inttypes.h>

/* What somebody has been told. */
static struct promise {
	int64_t rev;   /* the row has this, or a later one */
	bool deleted;  /* and is deleted, or is not */
	bool precious; /* the home's word outlives it all */
} promises[64];

static int n_promises;
static struct workspace w;
static char site_dir[160];

static void
promise(bool precious)
{
	struct workspace now = get(w.id);

	ck_assert_int_lt(n_promises, 64);
	promises[n_promises] =
		(struct promise){now.rev, now.deleted_ms != 0, precious};
	disk_mark(n_promises++);
}

/* ---- Stories ---- */

static void
wished(enum status s, bool precious)
{
	wish(w.id, s);
	promise(precious);
	pass();
	is_at(w.id, s);
}

static void
born(void)
{
	w = new_ws(ann, "mine", STATUS_RUNNING);
	promise(false);
	pass();
	is_at(w.id, STATUS_RUNNING);
	leave(w.id, "precious");
	promise(true);
}

static void
story_archive(void)
{
	born();
	wished(STATUS_PENDING, true);
	wished(STATUS_RUNNING, true);
	wished(STATUS_STANDBY, true);
	wished(STATUS_PENDING, true);
}

static void
story_undo(void)
{
	born();
	wish_delete(w.id);
	promise(true);
	pass();
	is_at(w.id, STATUS_DELETED);
	cx_tick(cx);
	ok(workspace_undelete(cx, db, w.id, 0, STATUS_RUNNING, NULL));
	promise(true);
	pass();
	is_at(w.id, STATUS_RUNNING);
}

/* Deleted for good, home and archives: nothing is precious from where the
 * time to undo is over. */
static void
story_purge(void)
{
	born();
	wished(STATUS_PENDING, true);
	wished(STATUS_STANDBY, true);
	promise(false);
	wish_delete(w.id);
	promise(false);
	pass();
	doctor(w.id, "purge_ms = 1, deleted_ms = 1");
	set(SETTING_ORPHAN_SECONDS, 0);
	ok(meta_set(cx, db, META_LAST_GC_MS, 1));
	pass();
	pass();
}

/* Back to the first archive: what is there is archived, too, before. What
 * was precious stays so, in one of both. */
static void
story_choose(void)
{
	const char *first;

	born();
	wished(STATUS_PENDING, true);
	first = get(w.id).archive_key;
	wished(STATUS_RUNNING, true);
	cx_tick(cx);
	ok(workspace_wish_archive(cx, db, w.id, first, NULL));
	promise(true);
	pass();
	is_at(w.id, STATUS_RUNNING);
	ck_assert_str_eq(get(w.id).archive_key, first);
	finds(w.id, "precious");
}

/* A mind that changes while the archive is written and while it is read. */
static void
change_to_running(void)
{
	shop.writes = NULL;
	wish(w.id, STATUS_RUNNING);
	promise(true);
}

static void
change_to_pending(void)
{
	shop.reads = NULL;
	wish(w.id, STATUS_PENDING);
	promise(true);
}

static void
story_mind(void)
{
	born();
	shop.writes = change_to_running;
	wish(w.id, STATUS_PENDING);
	promise(true);
	pass();
	is_at(w.id, STATUS_RUNNING);
	wished(STATUS_PENDING, true);
	shop.reads = change_to_pending;
	wish(w.id, STATUS_RUNNING);
	promise(true);
	pass();
	is_at(w.id, STATUS_PENDING);
}

static const struct story {
	const char *name;
	void (*live)(void);
} stories[] = {
	{"archive", story_archive}, {"undo", story_undo},
	{"purge", story_purge},	    {"choose", story_choose},
	{"mind", story_mind},
};

/* ---- The world after the power came back ---- */

static const char *scene = ""; /* for what is said of a failure */

#define must(what, fmt, ...) ck_assert_msg(what, "%s: " fmt, scene, __VA_ARGS__)

static void
shut(void)
{
	db_close(db);
	cx_end(&t.cx);
	site_free(&t.site);
}

static void
wake_up(void)
{
	memset(&t, 0, sizeof t);
	snprintf(t.dir, sizeof t.dir, "%.120s", site_dir);
	cx_begin(&t.cx, NULL);
	must(!site_load(&t.cx, t.dir, &t.site), "site: %s", t.cx.why);
	cx_end(&t.cx);
	cx_begin(&t.cx, &t.site);
	cx = &t.cx;
	must(!db_open(cx, DB_WRITE, &db), "database: %s", cx->why);
	world.db = db;
	memset(&mock, 0, sizeof mock); /* no instance outlives it */
	memset(&shop.writes, 0, sizeof shop.writes);
	buf_clear(&noted);
	buf_clear(&said);
	must(!home_dir.probe(cx), "homes: %s", cx->why);
	must(!store_dir.probe(cx), "archives: %s", cx->why);
}

static void
is_sound(void)
{
	sqlite3_stmt *st = NULL;

	ck_assert_int_eq(sqlite3_prepare_v2(db->sq, "PRAGMA integrity_check",
					    -1, &st, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	must(!strcmp((const char *)sqlite3_column_text(st, 0), "ok"), "%s",
	     sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
}

/* The last promise before the cut; NULL: none yet. */
static const struct promise *
promised(size_t cut)
{
	for (size_t i = cut; i-- > 0;)
		if (disk.op[i].what == DISK_MARK)
			return &promises[disk.op[i].mark];
	return NULL;
}

static void
settle(void)
{
	for (int i = 0; i < 3; i++)
		pass();
}

static void
has_its_word(void)
{
	struct buf b;

	buf_init(&b, 1000);
	must(!fs_read(cx, arena_printf(&cx->arena, "%s/word", home_of(w.id)),
		      &b),
	     "the home's word: %s", cx->why);
	must(!strcmp(buf_str(&b), "precious"), "the home's word is \"%s\"",
	     buf_str(&b));
	buf_free(&b);
}

static void
comes_back(void)
{
	struct workspace now = get(w.id);

	cx_tick(cx);
	if (now.deleted_ms)
		ok(workspace_undelete(cx, db, w.id, 0, STATUS_RUNNING, NULL));
	else
		wish(w.id, STATUS_RUNNING);
	settle();
	now = get(w.id);
	must(now.status == STATUS_RUNNING, "it is %s, %s: %s\n%s",
	     status_name(now.status), reason_name(now.error_reason),
	     now.error_message ? now.error_message : "", buf_str(&noted));
	has_its_word();
}

static void
survives(size_t cut)
{
	const struct promise *p = promised(cut);
	struct workspace now;

	wake_up();
	is_sound();
	if (p) {
		must(!workspace_get(cx, db, w.id, &now), "row: %s", cx->why);
		must(now.rev >= p->rev, "rev %" PRId64 " after %" PRId64,
		     now.rev, p->rev);
		must(!p->deleted || now.deleted_ms || now.rev > p->rev, "%s",
		     "a delete is gone");
		must(!p->precious || is_safe(&now), "%s", "the home is lost");
		settle();
		now = get(w.id);
		must(now.status != STATUS_ERROR &&
			     now.operation == OPERATION_NONE,
		     "it ends as %s, %s, %s: %s\n%s", status_name(now.status),
		     operation_name(now.operation),
		     reason_name(now.error_reason),
		     now.error_message ? now.error_message : "",
		     buf_str(&noted));
		if (p->precious)
			comes_back();
	}
	shut();
}

/* ---- All cuts ---- */

static const char *const lucks[DISK_LUCKS] = {"all", "none", "names", "bytes",
					      "chance"};

static void
cut_here(const struct story *s, size_t cut, enum disk_luck luck, uint64_t seed)
{
	static char text[200];
	struct cx c = {0};

	snprintf(text, sizeof text,
		 "ROOST_POWER_STORY=%s ROOST_POWER_CUT=%zu "
		 "ROOST_POWER_LUCK=%s seed %u",
		 s->name, cut, lucks[luck], (unsigned)seed);
	scene = text;
	cx_begin(&c, NULL);
	ck_assert_int_eq(mkdir(site_dir, 0711), 0);
	disk_replay(cut, luck, seed * 1000003 + cut, site_dir);
	survives(cut);
	ck_assert(!fs_remove_tree(&c, site_dir, NULL, NULL));
	cx_end(&c);
}

/* Only a sync changes what is the least that is left; the rest is looked at
 * where it has grown most: before a sync, and before a promise. */
static bool
worth(size_t cut, enum disk_luck luck)
{
	enum disk_what next = cut < disk.n ? disk.op[cut].what : DISK_MARK;
	enum disk_what was = disk.op[cut - 1].what;

	if (luck == DISK_NONE)
		return was == DISK_SYNC || was == DISK_MARK;
	return luck == DISK_CHANCE || next == DISK_SYNC || next == DISK_MARK ||
	       next <= DISK_MOVE;
}

static long
number(const char *name, long otherwise)
{
	const char *v = getenv(name);

	return v ? strtol(v, NULL, 10) : otherwise;
}

static size_t
cut_everywhere(const struct story *s)
{
	const char *luck = getenv("ROOST_POWER_LUCK");
	long only = number("ROOST_POWER_CUT", 0);
	long tries = number("ROOST_POWER", 1);
	size_t n = 0;

	for (size_t cut = disk.n_base + 1; cut <= disk.n;
	     cut += only ? 1 : (size_t)sweep_step()) {
		if (only && cut != (size_t)only)
			continue;
		for (int l = 0; l < DISK_LUCKS; l++) {
			if (luck && strcmp(luck, lucks[l]) != 0)
				continue;
			if (!worth(cut, (enum disk_luck)l) && !only)
				continue;
			for (long i = 0; i < (l == DISK_CHANCE ? tries : 1);
			     i++, n++)
				cut_here(s, cut, (enum disk_luck)l,
					 (uint64_t)i);
		}
	}
	return n;
}

/* The log missed nothing: all of it gives what is really there. */
static void
nothing_missed(const char *lived)
{
	const char *const argv[] = {"diff",  "-r",  "--no-dereference", "-x",
				    "*-shm", lived, site_dir,		NULL};
	struct cx c = {0};
	struct buf out;
	int status;

	cx_begin(&c, NULL);
	buf_init(&out, 100000);
	ck_assert_int_eq(mkdir(site_dir, 0711), 0);
	disk_replay(disk.n, DISK_ALL, 0, site_dir);
	ck_assert(!proc_run(&c, argv, 60000, &out, &status));
	ck_assert_msg(status == 0, "the log is not the disk:\n%s",
		      buf_str(&out));
	ck_assert(!fs_remove_tree(&c, site_dir, NULL, NULL));
	buf_free(&out);
	cx_end(&c);
}

START_TEST(power)
{
	const struct story *s = &stories[_i];
	const char *only = getenv("ROOST_POWER_STORY");
	char lived[128];
	struct tmpsite first;
	size_t n;

	if (only && strcmp(only, s->name) != 0)
		return;
	snprintf(lived, sizeof lived, "%s", t.dir);
	snprintf(site_dir, sizeof site_dir, "%s.cut", t.dir);
	disk_begin(t.dir);
	s->live();
	disk_end();
	nothing_missed(lived);
	db_close(db);
	first = t;
	n = cut_everywhere(s);
	printf("%s: %zu writes and syncs, %zu cuts\n", s->name,
	       disk.n - disk.n_base, n);
	if (!getenv("ROOST_POWER_CUT"))
		ck_assert_uint_gt(n, 300 / (size_t)sweep_step());
	t = first;
	cx = &t.cx;
	ok(db_open(cx, DB_WRITE, &db));
}
END_TEST

/* Each kind of sync left out in turn must be noticed: by this program, which
 * is asked again with a disk that lies, and names the cut that lost something.
 * Any other failure of it is none of that. */
static const char *const calls[] = {"", "fsync", "fdatasync", "syncfs"};

START_TEST(lies)
{
	const char *const argv[] = {"/proc/self/exe", NULL};
	char self[PATH_MAX];
	ssize_t n = readlink(argv[0], self, sizeof self - 1);
	const char *const again[] = {self, NULL};
	struct buf out;
	int status = 0;

	if (getenv("ROOST_POWER_LIE") || getenv("ROOST_POWER_STORY"))
		return;
	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	setenv("ROOST_POWER_LIE", calls[_i], 1);
	setenv("ROOST_POWER_STORY", "archive", 1);
	setenv("SWEEP_STEP", "1", 1);
	buf_init(&out, 1000000);
	ok(proc_run(cx, again, 600000, &out, &status));
	ck_assert_msg(status != 0, "without %s nothing was lost", calls[_i]);
	ck_assert_msg(strstr(buf_str(&out), "ROOST_POWER_STORY=archive "
					    "ROOST_POWER_CUT="),
		      "without %s it failed in no cut:\n%s", calls[_i],
		      buf_str(&out));
	buf_free(&out);
}
END_TEST

static enum disk_call
lie(void)
{
	const char *v = getenv("ROOST_POWER_LIE");

	for (int i = DISK_FSYNC; v && i <= DISK_SYNCFS; i++)
		if (!strcmp(v, calls[i]))
			return (enum disk_call)i;
	return DISK_HONEST;
}

int
main(void)
{
	Suite *su = suite_create("sweep_reconcile_power");
	TCase *tc = tcase_create("all");
	SRunner *r;
	int bad;

	tcase_add_checked_fixture(tc, world_up, world_down);
	tcase_set_timeout(tc, 800);
	tcase_add_loop_test(tc, power, 0,
			    (int)(sizeof stories / sizeof *stories));
	tcase_add_loop_test(tc, lies, DISK_FSYNC, DISK_SYNCFS + 1);
	disk.lie = lie();
	suite_add_tcase(su, tc);
	r = srunner_create(su);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
