/* What an administrator asks of the next pass: reconcile/survey.h. */
#include "support/reconfix.h"

#include <pthread.h>
#include <stdatomic.h>

#include "reconcile/survey.h"
#include "store/survey.h"

static const char *
archive_of(const char *id)
{
	char key[NAME_MAX_LEN];
	struct archive_meta meta;
	const char *path = arena_printf(&cx->arena, "%s/source", t.dir);

	name_archive(id, new_id(), key);
	ok(fs_mkdirs(cx, path, 0700));
	ok(archive_pack(cx, &store_dir, key, path, 1,
			&(struct progress){.deadline_ms = INT64_MAX}, &meta));
	return arena_strdup(&cx->arena, key);
}

static struct survey
asked(enum survey_what what)
{
	struct surveys l;
	bool due = false;

	ok(survey_ask(cx, db, what, ann, "ann"));
	ok(survey_due(cx, &world, &due));
	ck_assert(due);
	cx_tick(cx);
	ok(settings_load(cx, db, &world.set));
	ok(survey_run(cx, &world));
	ok(survey_due(cx, &world, &due));
	ck_assert(!due);
	ok(survey_list(cx, db, 1, &l));
	ck_assert_int_ne(l.v[0].ended_ms, 0);
	ck_assert_ptr_null(l.v[0].message);
	return l.v[0];
}

static struct founds
found(enum found_kind kind)
{
	struct founds l;

	ok(found_list(cx, db, kind, NULL, NULL, 0, &l));
	return l;
}

static bool
in_store(const char *key)
{
	struct archive_names names;

	ok(store_dir.list(cx, &names));
	for (size_t i = 0; i < names.n; i++)
		if (!strcmp(names.v[i], key))
			return true;
	return false;
}

START_TEST(a_look_changes_nothing)
{
	struct workspace w = new_ws(ann, "w", STATUS_PENDING);
	const char *mine = archive_of(w.id), *strange = new_id();
	const char *orphan = archive_of(strange);
	struct survey s;
	struct founds l;

	ok(setting_put(cx, db, SETTING_STRANGER_SECONDS, 0));
	ok(home_dir.create(cx, strange, -1));
	s = asked(SURVEY_LOOK);
	ck_assert_int_eq(s.archives, 2);
	ck_assert_int_gt(s.archive_bytes, 0);
	ck_assert_int_eq(s.removed, 0);
	ck_assert_int_eq(s.homes, 1);
	ck_assert(in_store(mine) && in_store(orphan));
	l = found(FOUND_ARCHIVE);
	ck_assert_uint_eq(l.n, 2);
	for (size_t i = 0; i < 2; i++) {
		bool is_mine = !strcmp(l.v[i].key, mine);

		ck_assert_str_eq(l.v[i].why, is_mine ? "kept" : "goes");
		ck_assert_int_gt(l.v[i].bytes, 0);
		ck_assert_int_gt(l.v[i].created_ms, 0);
		ck_assert(!l.v[i].gone);
	}
	l = found(FOUND_HOME);
	ck_assert_uint_eq(l.n, 1);
	ck_assert_str_eq(l.v[0].key, strange);
}
END_TEST

START_TEST(a_collection_takes_away_what_may_go)
{
	struct workspace w = new_ws(ann, "w", STATUS_PENDING);
	const char *mine = archive_of(w.id), *strange = new_id();
	const char *orphan = archive_of(strange), *young;
	struct home_names homes;
	struct survey s;
	struct founds l;

	ok(setting_put(cx, db, SETTING_STRANGER_SECONDS, 0));
	ok(home_dir.create(cx, strange, -1));
	s = asked(SURVEY_COLLECT);
	ck_assert_int_eq(s.removed, 1);
	ck_assert_int_gt(s.removed_bytes, 0);
	ck_assert(in_store(mine) && !in_store(orphan));
	l = found(FOUND_ARCHIVE);
	ck_assert_uint_eq(l.n, 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(l.v[i].gone, !strcmp(l.v[i].key, orphan));
	/* a home is reported and stays */
	ok(home_dir.list(cx, &homes));
	ck_assert_uint_eq(homes.n, 1);
	/* one that has not been nobody's for long stays */
	ok(setting_put(cx, db, SETTING_STRANGER_SECONDS, 3600));
	young = archive_of(new_id());
	s = asked(SURVEY_COLLECT);
	ck_assert_int_eq(s.removed, 0);
	ck_assert(in_store(young));
}
END_TEST

START_TEST(instances_of_nobody_are_ended)
{
	const char *id = new_id();
	struct instance_spec spec = {.id = id,
				     .home = t.dir,
				     .app = site_app(&t.site, NULL),
				     .uid = -1,
				     .deadline_ms = clock_mono_ms() + 5000};
	struct endpoint at;
	struct survey s;
	bool alive = false;

	ok(world.engine->start(cx, &spec, &at));
	s = asked(SURVEY_LOOK);
	ck_assert_int_eq(s.instances, 1);
	ck_assert_int_eq(s.stopped, 0);
	ok(world.engine->alive(cx, id, &alive));
	ck_assert(alive);
	s = asked(SURVEY_COLLECT);
	ck_assert_int_eq(s.stopped, 1);
	ck_assert(found(FOUND_INSTANCE).v[0].gone);
	ok(world.engine->alive(cx, id, &alive));
	ck_assert(!alive);
	s = asked(SURVEY_LOOK);
	ck_assert_int_eq(s.instances, 0);
}
END_TEST

/* One at which somebody works is left to them. */
START_TEST(a_held_instance_is_left)
{
	const char *id = new_id();
	struct instance_spec spec = {.id = id,
				     .home = t.dir,
				     .app = site_app(&t.site, NULL),
				     .uid = -1,
				     .deadline_ms = clock_mono_ms() + 5000};
	struct endpoint at;
	int fd = -1;

	ok(world.engine->start(cx, &spec, &at));
	ok(lock_take(cx, site_run_path(cx, id, ".lock"), &fd));
	ck_assert_int_eq(asked(SURVEY_COLLECT).stopped, 0);
	lock_drop(fd);
	ck_assert_int_eq(asked(SURVEY_COLLECT).stopped, 1);
}
END_TEST

START_TEST(a_store_that_cannot_be_read_is_told)
{
	struct workspace w = new_ws(ann, "w", STATUS_PENDING);
	struct surveys l;

	archive_of(w.id);
	asked(SURVEY_LOOK);
	shop.list_err = ERR_UNREACHABLE;
	ok(survey_ask(cx, db, SURVEY_COLLECT, ann, "ann"));
	ck_assert_int_ne(survey_run(cx, &world), OK);
	cx_clear(cx);
	shop.list_err = OK;
	ok(survey_list(cx, db, 1, &l));
	ck_assert_ptr_nonnull(l.v[0].message);
	ck_assert_int_ne(l.v[0].ended_ms, 0);
	/* what the look before has found stays */
	ck_assert_uint_eq(found(FOUND_ARCHIVE).n, 1);
}
END_TEST

START_TEST(archives_are_told_without_an_engine)
{
	struct workspace w = new_ws(ann, "w", STATUS_PENDING);
	struct surveys l;

	archive_of(w.id);
	mock.list_err = ERR_UNREACHABLE;
	ok(survey_ask(cx, db, SURVEY_LOOK, ann, "ann"));
	ck_assert_int_ne(survey_run(cx, &world), OK);
	cx_clear(cx);
	mock.list_err = OK;
	ok(survey_list(cx, db, 1, &l));
	ck_assert_ptr_nonnull(l.v[0].message);
	ck_assert_uint_eq(found(FOUND_ARCHIVE).n, 1);
}
END_TEST

/* Somebody collects just now: asked again by the next pass. */
START_TEST(a_collection_at_work_is_waited_for)
{
	bool due = false;
	int fd = -1;

	ok(lock_take(cx, site_run_file(cx, "gc.lock"), &fd));
	ok(survey_ask(cx, db, SURVEY_COLLECT, ann, "ann"));
	ok(settings_load(cx, db, &world.set));
	ok(survey_run(cx, &world));
	ok(survey_due(cx, &world, &due));
	ck_assert(due);
	lock_drop(fd);
	ok(survey_run(cx, &world));
	ok(survey_due(cx, &world, &due));
	ck_assert(!due);
}
END_TEST

static atomic_int looks;

static enum err
counted_list(struct cx *c, struct archive_names *out)
{
	looks++;
	return store_dir.list(c, out);
}

/* It has taken what the look has just shown, and is done soon. */
static void *
collect_for_a_moment(void *key)
{
	struct cx own = {0};
	int fd = -1;

	cx_begin(&own, &t.site);
	while (lock_take(&own, site_run_file(&own, "gc.lock"), &fd))
		cx_clear(&own);
	while (!looks)
		clock_sleep_ms(5);
	clock_sleep_ms(100);
	ok(store_dir.remove(&own, key));
	clock_sleep_ms(600);
	lock_drop(fd);
	cx_end(&own);
	return NULL;
}

/* Waiting for it costs no look at the store. */
START_TEST(one_that_is_soon_done_is_waited_for)
{
	const char *orphan = archive_of(new_id()), *gone = archive_of(new_id());
	char key[NAME_MAX_LEN];
	struct store_ops counted = store_dir;
	struct survey s;
	pthread_t other;
	int fd;

	ok(setting_put(cx, db, SETTING_STRANGER_SECONDS, 0));
	counted.list = counted_list;
	world.store = &counted;
	looks = 0;
	memcpy(key, gone, strlen(gone) + 1);
	ck_assert(!pthread_create(&other, NULL, collect_for_a_moment, key));
	while (!lock_take(cx, site_run_file(cx, "gc.lock"), &fd)) {
		lock_drop(fd);
		clock_sleep_ms(5);
	}
	cx_clear(cx);
	s = asked(SURVEY_COLLECT);
	ck_assert(!pthread_join(other, NULL));
	ck_assert(!in_store(orphan) && !in_store(gone));
	ck_assert_int_eq(s.removed, 2);
	ck_assert_int_le(looks, 3);
}
END_TEST

/* Each fault on the way: the next run answers, and nothing in use goes. */
START_TEST(any_fault_is_outlived)
{
	struct workspace w = new_ws(ann, "w", STATUS_PENDING);
	const char *mine = archive_of(w.id);
	bool fired = true, due = false;
	long points = 1;

	ok(setting_put(cx, db, SETTING_STRANGER_SECONDS, 0));
	ok(settings_load(cx, db, &world.set));
	for (; fired; points++) {
		const char *orphan = archive_of(new_id());

		ok(survey_ask(cx, db, SURVEY_COLLECT, ann, "ann"));
		fault_arm(points);
		(void)!survey_run(cx, &world);
		fired = fault_fired();
		fault_arm(0);
		cx_clear(cx);
		db_rollback(db);
		ok(survey_run(cx, &world));
		ok(survey_due(cx, &world, &due));
		ck_assert(!due);
		asked(SURVEY_COLLECT);
		ck_assert(in_store(mine) && !in_store(orphan));
	}
	ck_assert_int_gt(points, 3);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {a_look_changes_nothing,
				      a_collection_takes_away_what_may_go,
				      instances_of_nobody_are_ended,
				      a_held_instance_is_left,
				      a_store_that_cannot_be_read_is_told,
				      archives_are_told_without_an_engine,
				      a_collection_at_work_is_waited_for,
				      one_that_is_soon_done_is_waited_for,
				      any_fault_is_outlived,
				      NULL};

	return world_suite("reconcile_survey", tests);
}
