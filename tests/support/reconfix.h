/*
 * A world for the tests of reconcile/: the real database, the real homes and
 * store on a disk, and an engine in memory. Operations are done right where
 * the pass begins them, or, when `hold` is set, when the test says so.
 */
#ifndef SUPPORT_RECONFIX_H
#define SUPPORT_RECONFIX_H

/* Before the fixture, whose globals their parameters would shadow. */
#include "support/tmpsite.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/lock.h"
#include "reconcile/gc.h"
#include "reconcile/job.h"
#include "reconcile/pass.h"
#include "reconcile/trash.h"
#include "rules/names.h"
#include "store/meta.h"
#include "store/operation.h"
#include "store/orphan.h"
#include "store/pass.h"
#include "store/setting.h"

#include "support/storefix.h"

#include "support/mockfix.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The world ---- */

struct held {
	char id[37], op_id[37];
	int fd;
};

FIX struct world world;
FIX struct round last; /* what the last round counted */
FIX bool hold;	       /* workers are started, but do not work yet */
FIX struct held held[64];
FIX size_t n_held;
FIX struct buf said;  /* the mail */
FIX struct buf noted; /* the log */

FIX void
work_off(const char *id, const char *op_id, int fd)
{
	struct outcome out;
	struct cx c = {0};

	cx_begin(&c, &t.site);
	if (job_run(&c, &world, id, op_id, &out))
		buf_printf(&noted, "broken %s %s\n", id, c.why);
	lock_drop(fd);
	job_after(&c, &world, &out);
	cx_end(&c);
}

FIX enum err
world_spawn(struct cx *c, struct world *w, const struct workspace *ws, int fd)
{
	(void)c;
	(void)w;
	if (!hold) {
		work_off(ws->id, ws->op_id, fd);
		return OK;
	}
	ck_assert(n_held < sizeof held / sizeof *held);
	snprintf(held[n_held].id, 37, "%s", ws->id);
	snprintf(held[n_held].op_id, 37, "%s", ws->op_id);
	held[n_held++].fd = fd;
	return OK;
}

/* The held worker of that workspace works now. */
FIX void
release(const char *id)
{
	for (size_t i = 0; i < n_held; i++) {
		struct held h = held[i];

		if (strcmp(h.id, id) != 0)
			continue;
		held[i] = held[--n_held];
		work_off(h.id, h.op_id, h.fd);
		return;
	}
	ck_abort_msg("no worker of %s", id);
}

/* ... dies without having done anything. */
FIX void
die(const char *id)
{
	for (size_t i = 0; i < n_held; i++)
		if (!strcmp(held[i].id, id)) {
			lock_drop(held[i].fd);
			held[i] = held[--n_held];
			return;
		}
	ck_abort_msg("no worker of %s", id);
}

FIX void
world_say(void *arg, const char *line)
{
	(void)arg;
	buf_printf(&said, "%s\n", line);
}

FIX void
world_note_down(void *arg, const struct cx *c, const char *event,
		const char *id, const char *detail)
{
	(void)arg;
	(void)c;
	buf_printf(&noted, "%s ws=%s %s\n", event, id, detail ? detail : "");
}

/* Retries come at once and an instance is stable at once, unless a test
 * wants otherwise. */
FIX void
set(enum setting s, int64_t v)
{
	ok(setting_put(cx, db, s, v));
}

FIX void
world_with(const char *conf)
{
	tmpsite_open(&t, conf);
	cx = &t.cx;
	ok(db_open(cx, DB_CREATE, &db));
	ann = new_user("ann");
	memset(&mock, 0, sizeof mock);
	memset(&shop, 0, sizeof shop);
	shop_store = store_dir;
	shop_store.put_write = shop_write;
	shop_store.put_meta = shop_meta;
	shop_store.get_read = shop_read;
	shop_store.list = shop_list;
	world = (struct world){.db = db,
			       .engine = &mock_engine,
			       .home = &home_dir,
			       .store = &shop_store,
			       .spawn = world_spawn,
			       .say = world_say,
			       .note = world_note_down};
	ok(home_dir.probe(cx));
	ok(store_dir.probe(cx));
	hold = false;
	n_held = 0;
	buf_init(&said, 1 << 20);
	buf_init(&noted, 1 << 22);
	set(SETTING_RETRY_BASE_SECONDS, 0);
	ok(settings_load(cx, db, &world.set));
}

FIX void
world_up(void)
{
	world_with("base_url = https://roost.example.org\n"
		   "[app shell]\ncommand = /bin/true {socket}\n");
}

FIX void
world_down(void)
{
	fault_arm(0);
	for (size_t i = 0; i < n_held; i++)
		lock_drop(held[i].fd);
	buf_free(&said);
	buf_free(&noted);
	fix_close();
}

/* One round; OK or the test fails. */
FIX void
round_now(bool full)
{
	struct cx c = {0};
	enum err e;

	last = (struct round){.full = full};
	cx_begin(&c, &t.site);
	e = pass_round(&c, &world, &last);
	ck_assert_msg(!e, "round: %s: %s", err_name(e), c.why);
	cx_end(&c);
}

/* A whole pass: rounds until nothing is left to do, then the chores. */
FIX int
pass(void)
{
	int rounds = 0;
	struct cx c = {0};

	do {
		round_now(rounds == 0);
		ck_assert_msg(++rounds < 200, "the pass does not end:\n%s",
			      buf_str(&noted));
	} while (last.begun || last.changed);
	cx_begin(&c, &t.site);
	ck_assert_msg(!pass_chores(&c, &world), "chores: %s", c.why);
	cx_end(&c);
	cx_tick(cx);
	return rounds;
}

/* ---- Wishes, as people write them ---- */

FIX void
wish(const char *id, enum status s)
{
	cx_tick(cx);
	ok(workspace_wish(cx, db, id, 0, s, NULL));
}

FIX void
wish_delete(const char *id)
{
	cx_tick(cx);
	ok(workspace_delete(cx, db, id, 0, NULL));
}

/* The row is made to say something; the guard wants rev + 1. */
FIX void __attribute__((format(printf, 2, 3)))
doctor(const char *id, const char *fmt, ...)
{
	char what[512], sql[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	snprintf(sql, sizeof sql,
		 "UPDATE workspace SET rev = rev + 1, %s WHERE id = '%s'", what,
		 id);
	raw(sql);
}

FIX const char *
home_of(const char *id)
{
	return home_dir.path(cx, id);
}

FIX bool
has_home(const char *id)
{
	return fs_exists(home_of(id));
}

/* What the owner left in the home. */
FIX void
leave(const char *id, const char *word)
{
	ok(fs_write_sync(cx, arena_printf(&cx->arena, "%s/word", home_of(id)),
			 word, strlen(word), 0600));
}

FIX void
finds(const char *id, const char *word)
{
	struct buf b;

	buf_init(&b, 1000);
	ok(fs_read(cx, arena_printf(&cx->arena, "%s/word", home_of(id)), &b));
	ck_assert_str_eq(buf_str(&b), word);
	buf_free(&b);
}

/* A workspace that has been brought to a status by passes, "word" in it. */
FIX struct workspace
ws_at(enum status s)
{
	struct workspace w = new_ws(ann, "mine", STATUS_STANDBY);

	pass();
	leave(w.id, "precious");
	if (s != STATUS_STANDBY) {
		wish(w.id, s);
		pass();
	}
	w = get(w.id);
	ck_assert_int_eq(w.status, s);
	return w;
}

/* Running; idle and not seen for so long. */
FIX struct workspace
idle_for(int64_t ms)
{
	struct workspace w = ws_at(STATUS_RUNNING);
	int64_t at = clock_now_ms() - ms;

	doctor(w.id,
	       "last_access_ms = %lld, idle_since_ms = %lld, "
	       "status_changed_ms = %lld",
	       (long long)at, (long long)at, (long long)at);
	return get(w.id);
}

FIX void
is_at(const char *id, enum status s)
{
	struct workspace w = get(id);

	ck_assert_msg(w.status == s, "%s, not %s: %s %s\n%s",
		      status_name(w.status), status_name(s),
		      reason_name(w.error_reason),
		      w.error_message ? w.error_message : "", buf_str(&noted));
	ck_assert_int_eq(w.operation, OPERATION_NONE);
}

FIX void
is_error(const char *id, enum reason r)
{
	struct workspace w = get(id);

	is_at(id, STATUS_ERROR);
	ck_assert_msg(w.error_reason == r, "%s, not %s",
		      reason_name(w.error_reason), reason_name(r));
}

/* ---- Invariants: SPEC section 1 ---- */

/* Whole, by its own marker. Reads the files itself: the store's functions
 * have fault points, and looking must not set one off. */
FIX bool
is_whole(const char *key)
{
	const char *path = arena_printf(&cx->arena, "%s/%s/home.tar.zst",
					t.site.archives_dir, key);
	struct archive_meta meta;
	char sha[ID_HASH_LEN + 1];
	struct buf data, json;
	bool whole;

	buf_init(&data, 64 << 20);
	buf_init(&json, 64 << 10);
	whole = !fs_read(cx, path, &data) &&
		!fs_read(cx, arena_printf(&cx->arena, "%s.meta", path),
			 &json) &&
		!archive_meta_parse(cx, json.data, json.len, &meta);
	if (whole) {
		id_hash(data.data, data.len, sha);
		whole = !strcmp(sha, meta.sha256) &&
			meta.size == (int64_t)data.len;
	}
	buf_free(&data);
	buf_free(&json);
	return whole;
}

/* Is the word of this home still somewhere from where it comes back? */
FIX bool
is_safe(const struct workspace *w)
{
	bool safe = has_home(w->id);

	if (!safe && w->archive_key)
		safe = is_whole(w->archive_key);
	if (!safe && w->trash_key)
		safe = fs_exists(arena_printf(&cx->arena, "%s/.trash/%s",
					      t.site.homes_dir, w->trash_key));
	cx_clear(cx);
	return safe;
}

/* At any moment, whatever has just failed or died. */
FIX void
invariants(const char *id, bool precious)
{
	struct workspace w = get(id);
	struct opers ops;
	size_t at_work = 0;

	if (mock_lives(id))
		ck_assert_msg(has_home(id), "2: an instance, no home");
	if (precious)
		ck_assert_msg(is_safe(&w), "3: the home is lost:\n%s",
			      buf_str(&noted));
	ok(operation_running(cx, db, &ops));
	for (size_t i = 0; i < ops.n; i++)
		at_work += !strcmp(ops.v[i].workspace_id, id);
	ck_assert_msg(at_work <= 1, "4: two operations at once");
	ck_assert_msg(w.error_reason != REASON_DATA_LOST &&
			      w.error_reason != REASON_INSTANCE_WITHOUT_HOME,
		      "7: %s cried\n%s", reason_name(w.error_reason),
		      buf_str(&noted));
}

/* When nothing is left to do the row says what is there. */
FIX void
settled(const char *id)
{
	struct workspace w = get(id);

	ck_assert_int_eq(w.operation, OPERATION_NONE);
	ck_assert_int_eq(has_home(id), status_level(w.status) >= 10);
	ck_assert_int_eq(mock_lives(id), w.status == STATUS_RUNNING);
	ck_assert_int_eq(w.endpoint != NULL, w.status == STATUS_RUNNING);
}

FIX int
world_suite(const char *name, const TTest *const *tests)
{
	return suite_run(&(struct suite){name, world_up, world_down, 600},
			 tests, suite_count(tests));
}

#endif
