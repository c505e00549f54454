/*
 * Each scenario with the first fault, then with the second, ... until it
 * comes through without one; then with all faults from the first on, from the
 * second on, ...: after every round the invariants of SPEC section 1 hold,
 * and when the faults are over it comes to its end by itself.
 */
#include "support/reconfix.h"
#include "support/sweep.h"

static struct workspace w;
static const char *first_key; /* of an archive of "first" */

/* ---- What is wanted of a workspace, and where that ends ---- */

static void
want_status(enum status s)
{
	wish(w.id, s);
}

static void
want_delete(enum status s)
{
	(void)s;
	wish_delete(w.id);
}

static void
want_undelete(enum status s)
{
	cx_tick(cx);
	ok(workspace_undelete(cx, db, w.id, 0, s, NULL));
}

static void
want_purge(enum status s)
{
	(void)s;
	doctor(w.id, "purge_ms = 1, deleted_ms = 1");
	set(SETTING_ORPHAN_SECONDS, 0);
	ok(meta_set(cx, db, META_LAST_GC_MS, 1));
}

/* Back to what it was at first; what there is goes to an archive. */
static void
want_first(enum status s)
{
	(void)s;
	cx_tick(cx);
	ok(workspace_wish_archive(cx, db, w.id, first_key, NULL));
}

static const struct scenario {
	const char *name;
	enum status from;
	bool deleted; /* and deleted after that */
	void (*want)(enum status);
	enum status to;
	bool precious;	  /* the home must come through it */
	const char *word; /* that is in it afterwards */
} scenarios[] = {
	{"create", STATUS__MAX, false, want_status, STATUS_RUNNING, false,
	 NULL},
	{"start", STATUS_STANDBY, false, want_status, STATUS_RUNNING, true,
	 "precious"},
	{"stop", STATUS_RUNNING, false, want_status, STATUS_STANDBY, true,
	 "precious"},
	{"archive", STATUS_RUNNING, false, want_status, STATUS_PENDING, true,
	 "precious"},
	{"restore", STATUS_PENDING, false, want_status, STATUS_RUNNING, true,
	 "precious"},
	{"choose", STATUS_RUNNING, false, want_first, STATUS_RUNNING, true,
	 "first"},
	{"choose archived", STATUS_PENDING, false, want_first, STATUS_RUNNING,
	 true, "first"},
	{"delete", STATUS_RUNNING, false, want_delete, STATUS_DELETED, true,
	 "precious"},
	{"delete archived", STATUS_PENDING, false, want_delete, STATUS_DELETED,
	 true, "precious"},
	{"undelete", STATUS_STANDBY, true, want_undelete, STATUS_RUNNING, true,
	 "precious"},
	{"undelete archived", STATUS_PENDING, true, want_undelete,
	 STATUS_PENDING, true, "precious"},
	{"purge", STATUS_PENDING, true, want_purge, STATUS_DELETED, false,
	 NULL},
};

/* At `from`, with "precious" in it, and an archive of "first". */
static void
make_it(enum status from)
{
	w = ws_at(STATUS_STANDBY);
	leave(w.id, "first");
	wish(w.id, STATUS_PENDING);
	pass();
	first_key = get(w.id).archive_key;
	wish(w.id, STATUS_STANDBY);
	pass();
	leave(w.id, "precious");
	wish(w.id, from);
	pass();
	is_at(w.id, from);
}

static void
set_scene(const struct scenario *s)
{
	if (s->from == STATUS__MAX)
		w = new_ws(ann, "new", STATUS_STANDBY);
	else if (s->want == want_first)
		make_it(s->from);
	else
		w = ws_at(s->from);
	if (s->deleted) {
		wish_delete(w.id);
		pass();
		is_at(w.id, STATUS_DELETED);
	}
	s->want(s->to);
}

/* ---- The sweep ---- */

/* As pass() with failures: an error of the pass ends it, cron comes again. */
static void
stumble(bool precious, int rounds)
{
	bool full = true;

	for (int i = 0; i < rounds; i++) {
		struct cx c = {0};
		struct round r = {.full = full};
		enum err e;

		cx_begin(&c, &t.site);
		e = pass_round(&c, &world, &r);
		full = e != OK || r.errors;
		if (!e && !r.begun && !r.changed) {
			e = pass_chores(&c, &world);
			cx_end(&c);
			if (!e)
				break;
			continue;
		}
		cx_end(&c);
		invariants(w.id, precious);
	}
	invariants(w.id, precious);
}

static void
check_end(const struct scenario *s, long n)
{
	struct home_names trash;

	ck_assert_msg(get(w.id).status == s->to,
		      "%s, fault %ld: it is %s %s: %s\n%s", s->name, n,
		      status_name(get(w.id).status),
		      reason_name(get(w.id).error_reason),
		      get(w.id).error_message ? get(w.id).error_message : "",
		      buf_str(&noted));
	settled(w.id);
	if (s->word && status_level(s->to) >= 10)
		finds(w.id, s->word);
	ok(home_dir.trash_list(cx, &trash));
	ck_assert_uint_eq(trash.n,
			  s->to == STATUS_DELETED && s->from > STATUS_PENDING);
}

/* Comes back from wherever it went, with all that was in it. */
static void
check_way_back(const struct scenario *s)
{
	if (!s->precious || s->to == STATUS_RUNNING)
		return;
	if (s->to == STATUS_DELETED)
		ok(workspace_undelete(cx, db, w.id, 0, STATUS_RUNNING, NULL));
	else
		wish(w.id, STATUS_RUNNING);
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, s->word);
}

/* What was there before another archive took its place is in one, too. */
static void
check_archived(const struct scenario *s)
{
	struct opers ops;
	const char *key;

	if (s->want != want_first)
		return;
	ok(operation_archives(cx, db, w.id, 10, &ops));
	ck_assert_uint_ge(ops.n, 2);
	key = arena_printf(&cx->arena, "%s/%s", w.id, ops.v[0].op_id);
	ok(workspace_wish_archive(cx, db, w.id, key, NULL));
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, "precious");
}

/* Out of the way of the next one. */
static void
clear_away(void)
{
	if (!get(w.id).deleted_ms)
		wish_delete(w.id);
	pass();
	doctor(w.id, "purge_ms = 1");
	pass();
}

static bool
try(const struct scenario *s, long n, void (*arm)(long), int rounds)
{
	bool fired;

	buf_clear(&noted);
	set_scene(s);
	arm(n);
	stumble(s->precious, rounds);
	fired = fault_fired();
	fault_arm(0);
	pass();
	pass();
	check_end(s, n);
	check_archived(s);
	check_way_back(s);
	clear_away();
	return fired;
}

START_TEST(faults)
{
	const struct scenario *s = &scenarios[_i];
	long n = 1;

	while (try(s, n, fault_arm, 50)) {
		n += sweep_step();
		ck_assert_int_lt(n, 500);
	}
	ck_assert_int_gt(n, 3); /* there were faults to survive */
}
END_TEST

/* The disk is full, the store is away, ...: for the time of a few passes
 * everything fails. */
START_TEST(faults_from_then_on)
{
	const struct scenario *s = &scenarios[_i];
	const long step = sweep_part(3);
	long n = 1 + _i % step;

	set(SETTING_MAX_RETRIES, 100);
	while (try(s, n, fault_arm_from, 5)) {
		n += step;
		ck_assert_int_lt(n, 500);
	}
	ck_assert_int_gt(n, step);
}
END_TEST

/* ---- A mind that changes while something is at work ---- */

static enum {
	RUN,
	SLEEP,
	PACK,
	DELETE,
	UNDO, /* deleted, and brought back */
	FIRST,
	MINDS
} mind;

static const struct {
	const char *name;
	enum status to;
	const char *word;
} minds[MINDS] = {
	[RUN] = {"run", STATUS_RUNNING, "precious"},
	[SLEEP] = {"sleep", STATUS_STANDBY, "precious"},
	[PACK] = {"pack", STATUS_PENDING, "precious"},
	[DELETE] = {"delete", STATUS_DELETED, "precious"},
	[UNDO] = {"undo", STATUS_STANDBY, "precious"},
	[FIRST] = {"first", STATUS_RUNNING, "first"},
};

/* What is at work when the mind changes, from where, and who calls us. */
static const struct work {
	const char *name;
	enum status from, wish;
	void (**hook)(void);
	bool chosen; /* what is restored is a chosen archive */
} works[] = {
	{"archiving", STATUS_STANDBY, STATUS_PENDING, &shop.writes, false},
	{"restoring", STATUS_PENDING, STATUS_STANDBY, &shop.reads, false},
	{"restoring the first", STATUS_PENDING, STATUS_RUNNING, &shop.reads,
	 true},
	{"starting", STATUS_STANDBY, STATUS_RUNNING, &mock.hook, false},
};

/* People repeat what was not acknowledged. Their own handle of the database
 * is theirs alone: ours is in the middle of something. */
static void say(enum err (*what)(struct cx *c, struct db *mine))
{
	struct db *mine = NULL;
	struct cx c = {0};
	enum err e = ERR_IO;

	cx_begin(&c, &t.site);
	for (int i = 0; i < 20 && e; i++) {
		cx_tick(&c);
		if (!mine && db_open(&c, DB_WRITE, &mine))
			continue;
		e = what(&c, mine);
		if (e == ERR_STATE || e == ERR_WS_NOT_FOUND)
			e = OK; /* it was done, and the answer lost */
		cx_clear(&c);
	}
	ck_assert_int_eq(e, OK);
	db_close(mine);
	cx_end(&c);
}

static enum err
say_mind(struct cx *c, struct db *mine)
{
	if (mind == DELETE || mind == UNDO)
		return workspace_delete(c, mine, w.id, 0, NULL);
	if (mind == FIRST)
		return workspace_wish_archive(c, mine, w.id, first_key, NULL);
	return workspace_wish(c, mine, w.id, 0, minds[mind].to, NULL);
}

static enum err
say_undo(struct cx *c, struct db *mine)
{
	return workspace_undelete(c, mine, w.id, 0, minds[UNDO].to, NULL);
}

static bool changed;

static void
change_mind(void)
{
	shop.writes = shop.reads = mock.hook = NULL;
	changed = true;
	say(say_mind);
	if (mind == UNDO)
		say(say_undo);
}

/* A restore of the first that had begun has made that its archive; a wish
 * that came before it took the restore back. */
static const char *
word_after(const struct work *k, bool in_the_middle)
{
	const char *key = get(w.id).archive_key;

	if (!k->chosen || mind == FIRST)
		return minds[mind].word;
	if (in_the_middle)
		return "first";
	return key && !strcmp(key, first_key) ? "first" : "precious";
}

static bool
try_mind(const struct work *k, long n)
{
	struct scenario end = {.name = k->name,
			       .from = k->from,
			       .to = minds[mind].to,
			       .precious = true};
	bool fired, in_the_middle;

	buf_clear(&noted);
	make_it(k->from);
	if (k->chosen)
		want_first(STATUS_RUNNING);
	else
		wish(w.id, k->wish);
	changed = false;
	*k->hook = change_mind;
	fault_arm(n);
	stumble(true, 50);
	fired = fault_fired();
	fault_arm(0);
	shop.writes = shop.reads = mock.hook = NULL;
	in_the_middle = changed;
	if (!changed) /* its moment did not come */
		change_mind();
	pass();
	pass();
	end.word = word_after(k, in_the_middle);
	ck_assert_msg(get(w.id).status == end.to,
		      "%s, then %s, fault %ld: it is %s %s: %s\n%s", k->name,
		      minds[mind].name, n, status_name(get(w.id).status),
		      reason_name(get(w.id).error_reason),
		      get(w.id).error_message ? get(w.id).error_message : "",
		      buf_str(&noted));
	settled(w.id);
	if (status_level(end.to) >= 10)
		finds(w.id, end.word);
	check_way_back(&end);
	clear_away();
	return fired;
}

#define WORKS ((int)(sizeof works / sizeof *works))

/* Each work with each mind. */
START_TEST(minds_and_faults)
{
	const struct work *k = &works[_i / MINDS];
	const long step = sweep_part(13);
	long n = 1 + _i % step;

	mind = (unsigned)_i % MINDS;
	while (try_mind(k, n)) {
		n += step;
		ck_assert_int_lt(n, 500);
	}
	ck_assert_int_gt(n, step);
}
END_TEST

int
main(void)
{
	const int n = (int)(sizeof scenarios / sizeof *scenarios);
	Suite *su = suite_create("sweep_reconcile_faults");
	TCase *tc = tcase_create("all");
	SRunner *r;
	int bad;

	tcase_add_checked_fixture(tc, world_up, world_down);
	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, faults, 0, n);
	tcase_add_loop_test(tc, faults_from_then_on, 0, n);
	tcase_add_loop_test(tc, minds_and_faults, 0, WORKS * MINDS);
	suite_add_tcase(su, tc);
	r = srunner_create(su);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
