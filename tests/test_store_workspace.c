/* Workspaces as people ask for them: rows, wishes and in pages. */
#include "support/storefix.h"

#include <sys/wait.h>
#include <unistd.h>

#include "rules/limits.h"

#define NOBODY "00000000-0000-4000-8000-000000000000"

START_TEST(a_new_one_has_what_it_was_given)
{
	struct workspace in = {.id = new_id(),
			       .owner_id = ann,
			       .name = "n\xc3\xa4me",
			       .description = "d",
			       .memo = "m",
			       .app = "shell",
			       .desired = STATUS_RUNNING,
			       .standby_ttl_s = 5,
			       .archive_ttl_s = 0},
			 w;

	ok(workspace_add(cx, db, &in, NULL));
	w = get(in.id);
	ck_assert_str_eq(w.name, in.name);
	ck_assert_str_eq(w.description, "d");
	ck_assert_str_eq(w.memo, "m");
	ck_assert_str_eq(w.app, "shell");
	ck_assert_int_eq(w.n, 1);
	ck_assert_int_eq(w.owner_id, ann);
	ck_assert_int_eq(w.status, STATUS_PENDING);
	ck_assert_int_eq(w.operation, OPERATION_NONE);
	ck_assert_int_eq(w.desired, STATUS_RUNNING);
	ck_assert_int_eq(w.standby_ttl_s, 5);
	ck_assert_int_eq(w.archive_ttl_s, 0);
	ck_assert_int_eq(w.rev, 1);
	ck_assert_int_eq(w.slot, -1);
	ck_assert(w.created_ms == cx->now_ms && w.updated_ms == cx->now_ms &&
		  w.last_access_ms == cx->now_ms &&
		  w.status_changed_ms == cx->now_ms && !w.deleted_ms);
	ck_assert(!w.archive_key && !w.op_id && !w.endpoint && !w.boot_id &&
		  !w.trash_key && !w.error_message && !w.op_unit);
	fails(ERR_EXISTS, workspace_add(cx, db, &in, NULL));
	fails(ERR_WS_NOT_FOUND, workspace_get(cx, db, NOBODY, &w));
	fails(ERR_WS_NOT_FOUND, workspace_get(cx, db, "'; --", &w));
}
END_TEST

START_TEST(limits_of_the_schema_hold)
{
	struct workspace w = new_ws(ann, "a", STATUS_STANDBY);
	struct ws_patch p = {.standby_ttl_s = -1, .archive_ttl_s = -1};

	p.name = "";
	fails(ERR_INTERNAL, workspace_patch(cx, db, w.id, 0, &p, NULL));
	p.name = NULL;
	p.archive_ttl_s = 315360001;
	fails(ERR_INTERNAL, workspace_patch(cx, db, w.id, 0, &p, NULL));
	w.owner_id = 99;
	w.id = new_id();
	fails(ERR_INTERNAL, workspace_add(cx, db, &w, NULL));
}
END_TEST

START_TEST(a_patch_changes_what_it_names)
{
	struct workspace w = new_ws(ann, "a", STATUS_STANDBY), now;
	struct ws_patch p = {.name = "b",
			     .standby_ttl_s = -1,
			     .archive_ttl_s = 9};

	cx->now_ms += 1000;
	ok(workspace_patch(cx, db, w.id, w.rev, &p, &now));
	ck_assert_str_eq(now.name, "b");
	ck_assert_int_eq(now.standby_ttl_s, 300);
	ck_assert_int_eq(now.archive_ttl_s, 9);
	ck_assert_int_eq(now.rev, w.rev + 1);
	ck_assert_int_eq(now.updated_ms, cx->now_ms);
	ck_assert_int_eq(now.created_ms, cx->now_ms - 1000);
	fails(ERR_PRECONDITION, workspace_patch(cx, db, w.id, w.rev, &p, NULL));
	p = (struct ws_patch){.description = "d",
			      .memo = "m",
			      .standby_ttl_s = 0,
			      .archive_ttl_s = -1};
	ok(workspace_patch(cx, db, w.id, 0, &p, NULL));
	now = get(w.id);
	ck_assert_str_eq(now.name, "b");
	ck_assert_str_eq(now.description, "d");
	ck_assert_str_eq(now.memo, "m");
	ck_assert_int_eq(now.standby_ttl_s, 0);
	ck_assert_int_eq(now.archive_ttl_s, 9);
	fails(ERR_WS_NOT_FOUND, workspace_patch(cx, db, NOBODY, 0, &p, NULL));
}
END_TEST

START_TEST(wishes)
{
	struct workspace w = new_ws(ann, "a", STATUS_STANDBY), now;

	cx->now_ms += 1000;
	ok(workspace_wish(cx, db, w.id, 0, STATUS_PENDING, &now));
	ck_assert_int_eq(now.desired, STATUS_PENDING);
	ck_assert_int_eq(now.last_access_ms, w.last_access_ms);
	ok(workspace_wish(cx, db, w.id, now.rev, STATUS_RUNNING, &now));
	ck_assert_int_eq(now.desired, STATUS_RUNNING);
	ck_assert_int_eq(now.last_access_ms, cx->now_ms);
	ck_assert_int_eq(now.rev, w.rev + 2);
	fails(ERR_PRECONDITION,
	      workspace_wish(cx, db, w.id, w.rev, STATUS_PENDING, NULL));
	/* A wish is taken while an operation runs, too. */
	ok(op_begin(cx, db, w.id, now.rev, STATUS_PENDING,
		    OPERATION_PROVISIONING, new_id(), &now));
	ok(workspace_wish(cx, db, w.id, 0, STATUS_STANDBY, &now));
	ck_assert_int_eq(now.operation, OPERATION_PROVISIONING);
}
END_TEST

START_TEST(kept_until_it_is_stopped)
{
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING), now;
	int64_t until = cx->now_ms + 1000;

	ok(workspace_keep(cx, db, w.id, w.rev, until, &now));
	ck_assert_int_eq(now.keep_until_ms, until);
	fails(ERR_PRECONDITION,
	      workspace_keep(cx, db, w.id, w.rev, until, NULL));
	ok(workspace_wish(cx, db, w.id, 0, STATUS_RUNNING, &now));
	ck_assert_int_eq(now.keep_until_ms, until);
	ok(workspace_wish(cx, db, w.id, 0, STATUS_STANDBY, &now));
	ck_assert_int_eq(now.keep_until_ms, 0);
	fails(ERR_STATE, workspace_keep(cx, db, w.id, 0, until, NULL));
	ok(workspace_wish(cx, db, w.id, 0, STATUS_RUNNING, NULL));
	ok(workspace_keep(cx, db, w.id, 0, until, NULL));
	ok(workspace_delete(cx, db, w.id, 0, &now));
	ck_assert_int_eq(now.keep_until_ms, 0);
	fails(ERR_WS_NOT_FOUND, workspace_keep(cx, db, w.id, 0, until, NULL));
}
END_TEST

/* Time for which it was kept is use; never time that has not come yet. */
START_TEST(a_ttl_counts_what_was_kept)
{
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING);
	int64_t until = cx->now_ms + 1000;

	ok(workspace_keep(cx, db, w.id, 0, until, &w));
	cx->now_ms += 5000;
	ok(workspace_ttl_wish(cx, db, w.id, w.rev, STATUS_STANDBY));
	w = get(w.id);
	ck_assert_int_eq(w.last_access_ms, until);
	ck_assert_int_eq(w.keep_until_ms, 0);
}
END_TEST

START_TEST(a_ttl_never_overwrites_a_newer_wish)
{
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING);

	ok(workspace_wish(cx, db, w.id, 0, STATUS_RUNNING, NULL));
	fails(ERR_CONFLICT,
	      workspace_ttl_wish(cx, db, w.id, w.rev, STATUS_STANDBY));
	ck_assert_int_eq(get(w.id).desired, STATUS_RUNNING);
	ok(workspace_ttl_wish(cx, db, w.id, get(w.id).rev, STATUS_STANDBY));
	ck_assert_int_eq(get(w.id).desired, STATUS_STANDBY);
}
END_TEST

START_TEST(delete_and_undo)
{
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING), now;

	fails(ERR_STATE,
	      workspace_undelete(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	cx->now_ms += 10;
	ok(workspace_delete(cx, db, w.id, w.rev, &now));
	ck_assert_int_eq(now.deleted_ms, cx->now_ms);
	ck_assert_int_eq(now.rev, w.rev + 1);
	fails(ERR_WS_NOT_FOUND, workspace_delete(cx, db, w.id, 0, NULL));
	fails(ERR_WS_NOT_FOUND,
	      workspace_wish(cx, db, w.id, 0, STATUS_RUNNING, NULL));
	fails(ERR_PRECONDITION,
	      workspace_undelete(cx, db, w.id, w.rev, STATUS_STANDBY, NULL));
	ok(workspace_undelete(cx, db, w.id, now.rev, STATUS_STANDBY, &now));
	ck_assert_int_eq(now.deleted_ms, 0);
	ck_assert_int_eq(now.desired, STATUS_STANDBY);
	ok(workspace_wish(cx, db, w.id, 0, STATUS_RUNNING, NULL));
}
END_TEST

static struct workspace
broken(enum status before, enum reason reason)
{
	struct workspace w = new_ws(ann, "a", STATUS_STANDBY);
	struct ws_outcome o = {.status = STATUS_ERROR,
			       .error = WS_ERROR_SET,
			       .reason = reason,
			       .message = "why",
			       .error_count = 3,
			       .next_retry_ms = 5};
	struct ws_outcome was = now_is(before);

	observed(w.id, &was);
	return observed(w.id, &o);
}

START_TEST(recover_forgets_the_error)
{
	enum reason r;

	for (r = REASON_NONE + 1; r < REASON__MAX; r++) {
		bool forget = r == REASON_DATA_LOST ||
			      r == REASON_INSTANCE_WITHOUT_HOME;
		struct workspace w = broken(STATUS_STANDBY, r);

		ok(workspace_report(cx, db, w.id));
		fails(ERR_CONFLICT, workspace_report(cx, db, w.id));
		ok(workspace_recover(cx, db, w.id, 0, &w));
		ck_assert_int_eq(w.status, STATUS_ERROR);
		ck_assert_int_eq(w.error_reason, REASON_NONE);
		ck_assert_ptr_null(w.error_message);
		ck_assert(!w.error_count && !w.next_retry_ms && !w.reported_ms);
		ck_assert_int_eq(w.previous_status,
				 forget ? STATUS_PENDING : STATUS_STANDBY);
	}
	fails(ERR_STATE,
	      workspace_recover(cx, db, new_ws(ann, "b", STATUS_STANDBY).id, 0,
				NULL));
	fails(ERR_WS_NOT_FOUND, workspace_recover(cx, db, NOBODY, 0, NULL));
}
END_TEST

/* ---- Limits under concurrency ---- */

/* As service does it: 1 made, 0 over the limit, 2 an error. */
static int
make_within(int64_t limit)
{
	struct settings s = {.v = {0}};
	struct workspace w = {.owner_id = ann,
			      .name = "a",
			      .app = "shell",
			      .desired = STATUS_RUNNING};
	int64_t mine, all;
	enum err e;

	s.v[SETTING_MAX_RUNNING_PER_USER] = limit;
	s.v[SETTING_MAX_RUNNING_GLOBAL] = 100;
	w.id = new_id();
	if (db_open(cx, DB_WRITE, &db) || db_begin(cx, db) ||
	    workspace_counts(cx, db, ann, &mine, &all))
		return 2;
	if (limit_judge(&s, mine, all) != LIMIT_OK)
		return 0;
	if (workspace_add(cx, db, &w, NULL))
		return 2;
	e = db_commit(cx, db);
	return e ? 2 : 1;
}

START_TEST(limits_are_exact_at_the_same_moment)
{
	int i, status, made = 0;

	db_close(db);
	db = NULL;
	for (i = 0; i < 12; i++)
		if (!fork())
			_exit(make_within(3));
	for (i = 0; i < 12; i++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 2);
		made += WEXITSTATUS(status);
	}
	ck_assert_int_eq(made, 3);
	ok(db_open(cx, DB_WRITE, &db));
}
END_TEST

START_TEST(counting_ones_are_listed)
{
	int64_t bob = new_user("bob"), mine, all;
	struct workspace a = new_ws(ann, "a", STATUS_RUNNING);
	struct workspaces ws;

	new_ws(ann, "b", STATUS_STANDBY);
	new_ws(bob, "c", STATUS_RUNNING);
	ok(workspace_counts(cx, db, ann, &mine, &all));
	ck_assert_int_eq(mine, 1);
	ck_assert_int_eq(all, 2);
	ok(workspace_counting(cx, db, ann, &ws));
	ck_assert_uint_eq(ws.n, 1);
	ck_assert_str_eq(ws.v[0].id, a.id);
	ok(workspace_counting(cx, db, 0, &ws));
	ck_assert_uint_eq(ws.n, 2);
}
END_TEST

/* ---- Pages ---- */

static struct ws_page
page_of(struct ws_query q)
{
	struct ws_page p;

	ok(workspace_list(cx, db, &q, &p));
	return p;
}

static int64_t
total(struct ws_query q)
{
	struct ws_page p = page_of(q);

	ck_assert_int_eq(p.total, (int64_t)p.n);
	return p.total;
}

START_TEST(filters)
{
	int64_t bob = new_user("bob");
	struct workspace a = new_ws(ann, "Alpha 100%", STATUS_STANDBY),
			 b = new_ws(ann, "beta_x", STATUS_STANDBY),
			 c = new_ws(bob, "gamma", STATUS_STANDBY);
	struct ws_outcome o = now_is(STATUS_PENDING);

	ck_assert_int_eq(total((struct ws_query){.owner_id = ann}), 2);
	ck_assert_int_eq(total((struct ws_query){.owner_id = 0}), 3);
	ck_assert_int_eq(total((struct ws_query){.q = "ALPHA"}), 1);
	ck_assert_int_eq(total((struct ws_query){.q = "a"}), 3);
	/* No wildcard: a percent is a percent. */
	ck_assert_int_eq(total((struct ws_query){.q = "%"}), 1);
	ck_assert_int_eq(total((struct ws_query){.q = "_"}), 1);
	ck_assert_int_eq(total((struct ws_query){.q = "' OR 1"}), 0);
	o.set_archive = true;
	o.archive_key = "k";
	observed(a.id, &o);
	ck_assert_int_eq(total((struct ws_query){.phase = "ARCHIVED"}), 1);
	ck_assert_int_eq(total((struct ws_query){.phase = "PENDING"}), 2);
	ok(workspace_delete(cx, db, b.id, 0, NULL));
	ck_assert_int_eq(total((struct ws_query){.owner_id = ann}), 1);
	ck_assert_int_eq(total((struct ws_query){.which = WS_DELETED}), 1);
	ck_assert_int_eq(total((struct ws_query){.which = WS_ALL}), 3);
	/* Gone for good: the trash holds nothing of it. */
	raw(arena_printf(&cx->arena,
			 "UPDATE workspace SET status = 'DELETED', rev = rev +"
			 " 1 WHERE id = '%s'",
			 b.id));
	ck_assert_int_eq(total((struct ws_query){.which = WS_DELETED}), 0);
	ck_assert_int_eq(total((struct ws_query){.which = WS_ALL,
						 .phase = "DELETED"}),
			 1);
	ck_assert_int_eq(c.owner_id, bob);
}
END_TEST

/* Walks all pages by cursor; every row comes once, in the order of one big
 * page. */
static void
walk(struct ws_query q)
{
	struct ws_page all, p;
	size_t at = 0, i;

	q.limit = 1000;
	all = page_of(q);
	ck_assert_ptr_null(all.next);
	q.limit = all.n > 7 ? 7 : 2;
	do {
		p = page_of(q);
		ck_assert_int_eq(p.total, all.total);
		for (i = 0; i < p.n; i++, at++)
			ck_assert_str_eq(p.v[i].id, all.v[at].id);
		q.cursor = p.next;
	} while (q.cursor);
	ck_assert_uint_eq(at, all.n);
	/* The same by offset. */
	q.cursor = NULL;
	q.offset = (int64_t)all.n / 2;
	p = page_of(q);
	ck_assert_str_eq(p.v[0].id, all.v[q.offset].id);
}

static int64_t
key_of(const struct workspace *w, enum ws_sort s)
{
	return s == WS_BY_CREATED   ? w->created_ms
	       : s == WS_BY_UPDATED ? w->updated_ms
				    : w->last_access_ms;
}

static int
compared(const struct workspace *a, const struct workspace *b, enum ws_sort s)
{
	int64_t x = key_of(a, s), y = key_of(b, s);

	if (s == WS_BY_NAME)
		return strcasecmp(a->name, b->name);
	return x < y ? -1 : x > y;
}

/* What is read from an index of its own is the same as what all are. */
START_TEST(phases_trash_and_apps)
{
	struct ws_query q = {.owner_id = ann, .phase = "ARCHIVED"};
	const char *ids[12];

	for (size_t i = 0; i < 12; i++) {
		cx->now_ms += 10;
		ids[i] = new_ws(ann, i % 2 ? "odd" : "even", STATUS_PENDING).id;
		if (i % 3 == 0)
			raw(arena_printf(&cx->arena,
					 "UPDATE workspace SET rev = rev + 1, "
					 "archive_key = 'k' WHERE id = '%s'",
					 ids[i]));
		if (i >= 9)
			ok(workspace_delete(cx, db, ids[i], 0, NULL));
	}
	for (q.sort = WS_BY_NAME; q.sort <= WS_BY_ACCESS; q.sort++)
		for (q.desc = 0;; q.desc = 1) {
			ck_assert_int_eq(total(q), 3);
			walk(q);
			if (q.desc)
				break;
		}
	q.sort = WS_BY_UPDATED;
	q.q = "odd";
	ck_assert_int_eq(total(q), 1);
	q.q = NULL;
	q.which = WS_DELETED;
	ck_assert_int_eq(total(q), 1);
	q.phase = NULL;
	ck_assert_int_eq(total(q), 3);
	walk(q);
	q = (struct ws_query){.owner_id = ann, .app = "shell"};
	ck_assert_int_eq(total(q), 9);
	walk(q);
	q.app = "other";
	ck_assert_int_eq(total(q), 0);
	q.app = NULL;
	q.unused_since_ms = cx->now_ms - 100;
	ck_assert_int_eq(total(q), 1);
}
END_TEST

START_TEST(sorts_and_cursors)
{
	static const char *const names[] = {"b", "A", "a", "Z", "c"};
	const char *ids[50];
	struct ws_query q = {.owner_id = 0};
	struct ws_page p;
	size_t i;

	for (i = 0; i < 50; i++) {
		cx->now_ms += (int64_t)(i % 3);
		ids[i] = new_ws(ann, names[i % 5], STATUS_PENDING).id;
	}
	for (i = 0; i < 50; i += 3) {
		cx->now_ms += (int64_t)(i % 2);
		ok(workspace_wish(cx, db, ids[49 - i], 0, STATUS_STANDBY,
				  NULL));
	}
	for (q.owner_id = 0; q.owner_id <= ann; q.owner_id += ann)
		for (q.sort = WS_BY_NAME; q.sort <= WS_BY_ACCESS; q.sort++)
			for (q.desc = 0;; q.desc = 1) {
				walk(q);
				q.limit = 1000;
				p = page_of(q);
				ck_assert_uint_eq(p.n, 50);
				for (i = 1; i < p.n; i++)
					ck_assert_int_ge(
						(q.desc ? -1 : 1) *
							compared(&p.v[i],
								 &p.v[i - 1],
								 q.sort),
						0);
				if (q.desc)
					break;
			}
}
END_TEST

START_TEST(bad_cursors_are_refused)
{
	static const char *const bad[] = {
		"",
		"x",
		"1",
		"1.",
		".1",
		"1.x",
		"-1.1",
		"1.1.1",
		" 1.1",
		"99.0",
		"99999999999999999999.1",
		"1.99999999999999999999",
	};
	struct ws_query q = {.sort = WS_BY_NAME};
	struct ws_page p;
	size_t i;

	new_ws(ann, "a", STATUS_PENDING);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		q.cursor = bad[i];
		ck_assert_msg(workspace_list(cx, db, &q, &p) == ERR_INVALID,
			      "%s", bad[i]);
		ck_assert_str_eq(cx->field, "cursor");
		cx_clear(cx);
	}
}
END_TEST

START_TEST(sort_words)
{
	enum ws_sort s = WS_BY_NAME;
	bool desc = false;

	ck_assert(ws_sort_parse("-last_access", &s, &desc));
	ck_assert(s == WS_BY_ACCESS && desc);
	ck_assert(ws_sort_parse("name", &s, &desc));
	ck_assert(s == WS_BY_NAME && !desc);
	ck_assert(!ws_sort_parse("--name", &s, &desc));
	ck_assert(!ws_sort_parse("", &s, &desc));
	ck_assert(!ws_sort_parse(NULL, &s, &desc));
	ck_assert(!ws_sort_parse("size", &s, &desc));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_new_one_has_what_it_was_given,
		limits_of_the_schema_hold,
		a_patch_changes_what_it_names,
		wishes,
		kept_until_it_is_stopped,
		a_ttl_counts_what_was_kept,
		a_ttl_never_overwrites_a_newer_wish,
		delete_and_undo,
		recover_forgets_the_error,
		limits_are_exact_at_the_same_moment,
		counting_ones_are_listed,
		filters,
		sorts_and_cursors,
		phases_trash_and_apps,
		bad_cursors_are_refused,
		sort_words,
		NULL,
	};

	return run_suite("store_workspace", tests);
}
