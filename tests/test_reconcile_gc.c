/* SPEC section 6: which archives go, and what leaves the trash. */
#include "support/reconfix.h"

#define HOUR INT64_C(3600000)

/* One more whole archive of that workspace, so old. */
static const char *
archive_of(const char *id, int64_t age_ms)
{
	char op_id[ID_UUID_LEN + 1], key[NAME_MAX_LEN];
	struct archive_meta meta;
	struct buf b;
	const char *path;
	char *at;

	id_uuid(op_id);
	name_archive(id, op_id, key);
	path = arena_printf(&cx->arena, "%s/source", t.dir);
	ok(fs_mkdirs(cx, path, 0700));
	ok(archive_pack(cx, &store_dir, key, path, 1,
			&(struct progress){.deadline_ms = INT64_MAX}, &meta));
	/* Its marker says when it was made. */
	path = arena_printf(&cx->arena, "%s/%s/home.tar.zst.meta",
			    t.site.archives_dir, key);
	buf_init(&b, 10000);
	ok(fs_read(cx, path, &b));
	at = strstr(b.data, "\"created_at\"");
	ck_assert_ptr_nonnull(at);
	at = strchr(at + 12, '"');
	if (at) {
		char iso[CLOCK_ISO_MAX];

		clock_iso(clock_now_ms() - age_ms, iso);
		memcpy(at + 1, iso, strlen(iso));
	}
	ok(fs_write_sync(cx, path, b.data, b.len, 0600));
	buf_free(&b);
	return arena_strdup(&cx->arena, key);
}

/* Begun and never finished: data without its marker. */
static const char *
torso_of(const char *id)
{
	const char *key = archive_of(id, 0);

	ck_assert_int_eq(unlink(arena_printf(&cx->arena,
					     "%s/%s/home.tar.zst.meta",
					     t.site.archives_dir, key)),
			 0);
	return key;
}

static const struct gc_item *
item(const struct gc_list *l, const char *key)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i].key, key))
			return &l->v[i];
	ck_abort_msg("%s is not in the list", key);
	return NULL;
}

static void
why_is(const char *key, enum gc_why why)
{
	struct gc_list l;
	const struct gc_item *it;

	cx_tick(cx);
	ok(settings_load(cx, db, &world.set));
	ok(gc_plan(cx, &world, &l));
	it = item(&l, key);
	ck_assert_msg(it->why == why, "%s: %s, not %s", key,
		      gc_why_name(it->why), gc_why_name(why));
}

static struct gc_list
collect(void)
{
	struct gc_list l;

	cx_tick(cx);
	ok(settings_load(cx, db, &world.set));
	ok(gc_run(cx, &world, &l));
	return l;
}

static bool
is_there(const char *key)
{
	return fs_exists(
		arena_printf(&cx->arena, "%s/%s", t.site.archives_dir, key));
}

START_TEST(what_a_workspace_needs_is_protected)
{
	struct workspace w = ws_at(STATUS_PENDING);

	set(SETTING_ORPHAN_SECONDS, 0);
	why_is(w.archive_key, GC_CURRENT);
	collect();
	ck_assert(is_there(w.archive_key));
}
END_TEST

START_TEST(the_newest_are_kept)
{
	struct workspace w = ws_at(STATUS_PENDING);
	const char *a[5];

	for (int i = 0; i < 5; i++)
		a[i] = archive_of(w.id, (i + 1) * HOUR);
	/* Three are kept; the one to restore is the newest of them. */
	why_is(w.archive_key, GC_CURRENT);
	why_is(a[0], GC_KEPT);
	why_is(a[1], GC_KEPT);
	why_is(a[2], GC_ORPHAN);
	why_is(a[4], GC_ORPHAN);
	set(SETTING_KEEP_ARCHIVES, 5);
	why_is(a[3], GC_KEPT);
	why_is(a[4], GC_ORPHAN);
}
END_TEST

static int metas_read;

static enum err
count_meta(struct cx *c, const char *key, const struct progress *pg,
	   struct archive_meta *meta)
{
	metas_read++;
	return store_dir.get_meta(c, key, pg, meta);
}

/* On a store far away each marker is a request of its own. */
START_TEST(markers_are_read_only_where_there_are_too_many)
{
	struct workspace w = ws_at(STATUS_PENDING);
	const char *oldest = archive_of(w.id, 3 * HOUR);
	struct gc_list l;

	shop_store.get_meta = count_meta;
	archive_of(w.id, 2 * HOUR);
	torso_of(w.id);
	ok(settings_load(cx, db, &world.set));
	metas_read = 0;
	ok(gc_plan(cx, &world, &l));
	ck_assert_int_eq(metas_read, 0);
	ck_assert_int_eq(item(&l, oldest)->why, GC_KEPT);
	ck_assert_int_gt(item(&l, oldest)->bytes, 0);
	archive_of(w.id, HOUR);
	ok(gc_plan(cx, &world, &l));
	ck_assert_int_eq(metas_read, 4);
	ck_assert_int_eq(item(&l, oldest)->why, GC_ORPHAN);
}
END_TEST

/* The archive to restore is an old one: it is protected all the same. */
START_TEST(the_current_one_may_be_old)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	const char *a[5];

	for (int i = 0; i < 5; i++)
		a[i] = archive_of(w.id, (i + 1) * HOUR);
	doctor(w.id, "archive_key = '%s'", a[4]);
	why_is(a[4], GC_CURRENT);
	why_is(a[2], GC_KEPT);
	why_is(a[3], GC_ORPHAN);
}
END_TEST

START_TEST(a_torso_is_nobodys)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	why_is(torso_of(w.id), GC_ORPHAN);
}
END_TEST

START_TEST(an_orphan_goes_when_it_has_been_one_for_long_enough)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	const char *key = torso_of(w.id);
	struct gc_list l = collect();
	struct orphans o;

	ck_assert_int_eq(item(&l, key)->why, GC_ORPHAN);
	ok(orphan_list(cx, db, "", 10, &o));
	ck_assert_uint_eq(o.n, 1);
	l = collect();
	ck_assert(is_there(key));
	raw("UPDATE orphan SET first_seen_ms = first_seen_ms - 7201000");
	why_is(key, GC_GOES);
	ck_assert(is_there(key)); /* a plan removes nothing */
	l = collect();
	ck_assert(item(&l, key)->removed);
	ck_assert(!is_there(key));
	ok(orphan_list(cx, db, "", 10, &o));
	ck_assert_uint_eq(o.n, 0);
}
END_TEST

/* It was an orphan, and is wanted again: its time begins anew. */
START_TEST(an_orphan_may_come_back)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	const char *key = archive_of(w.id, 5 * HOUR);
	struct orphans o;

	for (int i = 0; i < 3; i++)
		archive_of(w.id, i * HOUR);
	collect();
	raw("UPDATE orphan SET first_seen_ms = 1");
	doctor(w.id, "archive_key = '%s'", key);
	collect();
	ck_assert(is_there(key));
	ok(orphan_list(cx, db, "", 10, &o));
	ck_assert_uint_eq(o.n, 0);
	doctor(w.id, "archive_key = NULL");
	why_is(key, GC_ORPHAN);
}
END_TEST

START_TEST(error_protects_everything)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	const char *key = torso_of(w.id);

	mock.start_err = ERR_IMAGE;
	wish(w.id, STATUS_RUNNING);
	pass();
	is_error(w.id, REASON_IMAGE_NOT_FOUND);
	why_is(key, GC_ERROR);
}
END_TEST

START_TEST(what_is_being_written_is_protected)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	char key[NAME_MAX_LEN];

	hold = true;
	wish(w.id, STATUS_PENDING);
	round_now(true);
	name_archive(w.id, get(w.id).op_id, key);
	ok(fs_mkdirs(cx,
		     arena_printf(&cx->arena, "%s/%s", t.site.archives_dir,
				  key),
		     0700));
	ok(fs_write_sync(cx,
			 arena_printf(&cx->arena, "%s/%s/home.tar.zst",
				      t.site.archives_dir, key),
			 "x", 1, 0600));
	set(SETTING_ORPHAN_SECONDS, 0);
	why_is(key, GC_AT_WORK);
	collect();
	ck_assert(is_there(key));
}
END_TEST

START_TEST(a_deleted_one_protects_until_its_undo_is_over)
{
	struct workspace w = ws_at(STATUS_PENDING);

	wish_delete(w.id);
	pass();
	is_at(w.id, STATUS_DELETED);
	why_is(w.archive_key, GC_UNDO);
	doctor(w.id, "deleted_ms = deleted_ms - 86401000");
	why_is(w.archive_key, GC_ORPHAN);
	set(SETTING_ORPHAN_SECONDS, 0);
	collect();
	ck_assert(!is_there(w.archive_key));
}
END_TEST

START_TEST(a_delete_that_is_not_done_protects)
{
	struct workspace w = ws_at(STATUS_PENDING);

	set(SETTING_UNDO_HOURS, 0);
	wish_delete(w.id);
	doctor(w.id, "deleted_ms = 1, archive_key = NULL");
	why_is(w.archive_key, GC_UNDO);
	pass();
	is_at(w.id, STATUS_DELETED);
	doctor(w.id, "deleted_ms = 1");
	why_is(w.archive_key, GC_ORPHAN);
}
END_TEST

/* An older backup was put back: what it does not know is not thrown away
 * with the orphans of two hours. */
START_TEST(a_stranger_stays_long)
{
	const char *key = archive_of("33333333-3333-4333-8333-333333333333", 0);

	set(SETTING_ORPHAN_SECONDS, 0);
	why_is(key, GC_STRANGER);
	collect();
	ck_assert(is_there(key));
	set(SETTING_STRANGER_SECONDS, 0);
	why_is(key, GC_GOES);
	collect();
	ck_assert(!is_there(key));
}
END_TEST

/* A store that cannot be read: not one row of the database changes. */
START_TEST(an_unreadable_store_skips_it)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	const char *key = torso_of(w.id);
	struct gc_list l;
	int64_t when;

	set(SETTING_ORPHAN_SECONDS, 0);
	shop.list_err = ERR_UNREACHABLE;
	ok(meta_set(cx, db, META_LAST_GC_MS, 5));
	fails(ERR_UNREACHABLE, gc_run(cx, &world, &l));
	ck_assert(is_there(key));
	ok(meta_get(cx, db, META_LAST_GC_MS, &when));
	ck_assert_int_eq(when, 5);
}
END_TEST

START_TEST(one_at_a_time)
{
	struct gc_list l;
	int fd;

	ok(lock_take(cx, site_run_file(cx, "gc.lock"), &fd));
	fails(ERR_BUSY, gc_run(cx, &world, &l));
	lock_drop(fd);
	collect();
}
END_TEST

START_TEST(it_is_due_by_the_clock)
{
	bool due;

	cx_tick(cx);
	collect();
	ok(gc_due(cx, &world, &due));
	ck_assert(!due);
	ok(meta_set(cx, db, META_LAST_GC_MS, cx->now_ms - HOUR));
	ok(gc_due(cx, &world, &due));
	ck_assert(due);
	/* The clock was set back: not never again. */
	ok(meta_set(cx, db, META_LAST_GC_MS, cx->now_ms + 24 * HOUR));
	ok(gc_due(cx, &world, &due));
	ck_assert(due);
}
END_TEST

/* ---- The trash ---- */

static size_t
in_trash(void)
{
	struct home_names names;

	ok(home_dir.trash_list(cx, &names));
	return names.n;
}

START_TEST(the_undo_time_is_kept)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	bool due;

	wish_delete(w.id);
	pass();
	pass();
	ck_assert_uint_eq(in_trash(), 1);
	ok(trash_due(cx, &world, &due));
	ck_assert(!due);
	doctor(w.id, "purge_ms = 1");
	ok(trash_due(cx, &world, &due));
	ck_assert(due);
	pass();
	ck_assert_uint_eq(in_trash(), 0);
	ck_assert_ptr_null(get(w.id).trash_key);
}
END_TEST

/* Undone in time, but not yet brought back: its time may be over. */
START_TEST(what_was_undone_is_never_purged)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	int64_t purged;

	wish_delete(w.id);
	pass();
	ok(workspace_undelete(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	doctor(w.id, "purge_ms = 1");
	ok(trash_sweep(cx, &world, &purged));
	ck_assert_int_eq(purged, 0);
	pass();
	finds(w.id, "precious");
}
END_TEST

/* ... nor what is undone in the very moment: the sweep is at work already. */
static char undone[37];

static enum err
purge_and_undo(struct cx *c, const char *name, bool (*quit)(void *), void *arg)
{
	if (*undone)
		ok(workspace_undelete(cx, db, undone, 0, STATUS_STANDBY, NULL));
	*undone = '\0';
	return home_dir.purge(c, name, quit, arg);
}

START_TEST(undone_while_the_sweep_is_at_work)
{
	struct workspace a = ws_at(STATUS_STANDBY), b = ws_at(STATUS_STANDBY);
	struct home_ops slow = home_dir;
	int64_t purged;

	wish_delete(a.id);
	wish_delete(b.id);
	pass();
	doctor(a.id, "purge_ms = 1");
	doctor(b.id, "purge_ms = 2");
	snprintf(undone, sizeof undone, "%s", b.id);
	slow.purge = purge_and_undo;
	world.home = &slow;
	cx_tick(cx);
	ok(trash_sweep(cx, &world, &purged));
	ck_assert_int_eq(purged, 1);
	world.home = &home_dir;
	pass();
	is_at(b.id, STATUS_STANDBY);
	finds(b.id, "precious");
}
END_TEST

START_TEST(a_full_disk_purges_the_oldest_first)
{
	struct workspace a = ws_at(STATUS_STANDBY), b = ws_at(STATUS_STANDBY);
	const char *first;

	wish_delete(a.id);
	pass();
	wish_delete(b.id);
	pass();
	ck_assert_uint_eq(in_trash(), 2);
	/* 90 % must be free: this disk never has that... or all go. */
	set(SETTING_TRASH_MIN_FREE_PERCENT, 90);
	doctor(a.id, "purge_ms = purge_ms - 1000");
	pass();
	if (in_trash() == 2)
		return; /* it has: nothing is tight, nothing goes */
	ck_assert_uint_eq(in_trash(), 0);
	ck_assert_ptr_null(get(a.id).trash_key);
	ck_assert_ptr_null(get(b.id).trash_key);
	/* In order of their time. */
	first = strstr(buf_str(&noted), "purged");
	ck_assert(strstr(first, a.id) < strstr(first, b.id));
}
END_TEST

/* The worker of a finished archive died before it purged. */
START_TEST(leftovers_of_archives_go)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	char key[NAME_MAX_LEN];

	hold = true;
	wish(w.id, STATUS_PENDING);
	round_now(true);
	w = get(w.id);
	name_archive(w.id, w.op_id, key);
	ok(archive_pack(cx, &store_dir, key, home_of(w.id), 3,
			&(struct progress){.deadline_ms = INT64_MAX},
			&(struct archive_meta){0}));
	ok(op_archived(cx, db, w.id, w.op_id, key));
	ok(home_dir.trash(cx, w.id, w.op_id));
	ok(op_end(cx, db, w.id, w.op_id, RESULT_OK, 0,
		  &(struct ws_outcome){.status = STATUS_PENDING}, NULL));
	die(w.id);
	ck_assert_uint_eq(in_trash(), 1);
	hold = false;
	pass();
	ck_assert_uint_eq(in_trash(), 0);
}
END_TEST

/* An older database was restored: what is in the trash may be the last copy
 * of a home, and nobody knows of it. */
START_TEST(a_strange_entry_stays)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	const char *stranger = "44444444-4444-4444-8444-444444444444";

	ok(home_dir.trash(cx, w.id, stranger));
	ok(home_dir.create(cx, stranger, -1));
	ok(home_dir.trash(cx, stranger, stranger));
	pass();
	ck_assert_uint_eq(in_trash(), 2);
	ck_assert_ptr_nonnull(strstr(buf_str(&noted), "trash-strange"));
}
END_TEST

START_TEST(unfinished_restores_are_swept)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	const char *op = "55555555-5555-4555-8555-555555555555";
	struct tree stage;

	ok(home_dir.stage(cx, w.id, op, &stage));
	pass();
	ck_assert(!fs_exists(stage.path));
}
END_TEST

/* ... but not one that is at work. */
START_TEST(a_restore_at_work_is_not_swept)
{
	struct workspace w = ws_at(STATUS_PENDING);
	struct tree stage;

	hold = true;
	wish(w.id, STATUS_STANDBY);
	round_now(true);
	ok(home_dir.stage(cx, w.id, get(w.id).op_id, &stage));
	round_now(true);
	ck_assert(fs_exists(stage.path));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] =
		{what_a_workspace_needs_is_protected,
		 the_newest_are_kept,
		 markers_are_read_only_where_there_are_too_many,
		 the_current_one_may_be_old,
		 a_torso_is_nobodys,
		 an_orphan_goes_when_it_has_been_one_for_long_enough,
		 an_orphan_may_come_back,
		 error_protects_everything,
		 what_is_being_written_is_protected,
		 a_deleted_one_protects_until_its_undo_is_over,
		 a_delete_that_is_not_done_protects,
		 a_stranger_stays_long,
		 an_unreadable_store_skips_it,
		 one_at_a_time,
		 it_is_due_by_the_clock,
		 the_undo_time_is_kept,
		 what_was_undone_is_never_purged,
		 undone_while_the_sweep_is_at_work,
		 a_full_disk_purges_the_oldest_first,
		 leftovers_of_archives_go,
		 a_strange_entry_stays,
		 unfinished_restores_are_swept,
		 a_restore_at_work_is_not_swept,
		 NULL};

	return world_suite("reconcile_gc", tests);
}
