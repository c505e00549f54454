/* The feed of changes: what a client that asks "after SEQ" is told. */
#include "support/storefix.h"

#include "store/change.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static struct changes
after(int64_t owner, int64_t seq)
{
	struct changes c;

	ok(change_after(cx, db, owner, seq, 0, &c));
	return c;
}

START_TEST(the_feed_misses_nothing)
{
	int64_t bob = new_user("bob"), seq;
	struct workspace a = new_ws(ann, "a", STATUS_RUNNING),
			 b = new_ws(bob, "b", STATUS_RUNNING);
	struct changes c = after(ann, 0);

	ck_assert_uint_eq(c.n, 1);
	ck_assert_str_eq(c.v[0].workspace.id, a.id);
	ck_assert(!c.reload);
	seq = c.next;
	ck_assert_uint_eq(after(ann, seq).n, 0);
	/* Several changes of one come as one, the newest. */
	ok(workspace_wish(cx, db, a.id, 0, STATUS_STANDBY, NULL));
	ok(workspace_wish(cx, db, b.id, 0, STATUS_STANDBY, NULL));
	ok(workspace_wish(cx, db, a.id, 0, STATUS_PENDING, NULL));
	c = after(ann, seq);
	ck_assert_uint_eq(c.n, 1);
	ck_assert_int_eq(c.v[0].workspace.desired, STATUS_PENDING);
	ck_assert_int_eq(c.v[0].seq, seq + 3);
	c = after(0, seq);
	ck_assert_uint_eq(c.n, 2);
	ck_assert_str_eq(c.v[0].workspace.id, b.id);
	/* A delete is a change like another. */
	seq = c.next;
	ok(workspace_delete(cx, db, a.id, 0, NULL));
	c = after(ann, seq);
	ck_assert_uint_eq(c.n, 1);
	ck_assert_int_ne(c.v[0].workspace.deleted_ms, 0);
}
END_TEST

/* Read a page at a time, with changes in between: no workspace is missed and
 * the last version of each is seen. */
START_TEST(the_feed_in_pages)
{
	struct changes c = {0};
	struct workspace w[30];
	int64_t seen[30] = {0}, seq = 0;
	size_t i, k, more = 0;

	for (i = 0; i < 30; i++)
		w[i] = new_ws(ann, "x", STATUS_STANDBY);
	do {
		ok(change_after(cx, db, ann, seq, 4, &c));
		ck_assert(c.n <= 4 && !c.reload);
		for (i = 0; i < c.n; i++)
			for (k = 0; k < 30; k++)
				if (!strcmp(c.v[i].workspace.id, w[k].id))
					seen[k] = c.v[i].workspace.rev;
		ck_assert(c.next >= seq);
		seq = c.next;
		if (more < 30)
			ok(workspace_wish(cx, db, w[more++].id, 0,
					  STATUS_PENDING, NULL));
	} while (c.n);
	for (k = 0; k < 30; k++)
		ck_assert_int_eq(seen[k], get(w[k].id).rev);
}
END_TEST

START_TEST(a_gap_in_the_feed_is_said)
{
	struct workspace w = new_ws(ann, "a", STATUS_STANDBY);
	struct changes c;
	int64_t newest = 0;
	int i;

	for (i = 0; i < 20; i++) {
		cx->now_ms += DAY_MS;
		ok(workspace_wish(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	}
	ok(change_trim(cx, db));
	ok(change_newest(cx, db, &newest));
	ck_assert_int_eq(newest, 21);
	/* 7 days and today are kept: 14 to 21. */
	c = after(ann, 12);
	ck_assert(c.reload);
	ck_assert_uint_eq(c.n, 0);
	ck_assert_int_eq(c.next, 21);
	c = after(ann, 13);
	ck_assert(!c.reload);
	ck_assert_uint_eq(c.n, 1);
	ck_assert(after(ann, 0).reload);
	ck_assert(after(ann, 22).reload);
	ck_assert(after(ann, -1).reload);
	/* All too old: the newest stays, so that nobody starts from 0. */
	cx->now_ms += 400 * DAY_MS;
	ok(change_trim(cx, db));
	ok(change_trim(cx, db));
	ck_assert(after(ann, 19).reload);
	ck_assert(!after(ann, 20).reload);
	ck_assert(!after(ann, 21).reload);
	ok(workspace_wish(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	c = after(ann, 21);
	ck_assert(!c.reload && c.n == 1 && c.next == 22);
}
END_TEST

START_TEST(many_changes_are_trimmed)
{
	int64_t newest = 0;

	new_ws(ann, "a", STATUS_STANDBY);
	raw("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c"
	    " WHERE x < 100500) INSERT INTO change (workspace_n, owner_id,"
	    " rev, at_ms) SELECT 1, 1, 1, 1700000000000 FROM c");
	ok(change_newest(cx, db, &newest));
	ok(change_trim(cx, db));
	ck_assert(after(ann, newest - 100001).reload);
	ck_assert(!after(ann, newest - 100000).reload);
}
END_TEST

START_TEST(marks_say_whom_it_concerns)
{
	int64_t bob = new_user("bob");
	struct workspace a = new_ws(ann, "a", STATUS_STANDBY);
	struct change_marks m;

	new_ws(bob, "b", STATUS_STANDBY);
	ok(workspace_wish(cx, db, a.id, 0, STATUS_PENDING, NULL));
	ok(change_marks(cx, db, 1, 0, &m));
	ck_assert_uint_eq(m.n, 2);
	ck_assert_int_eq(m.v[0].owner_id, bob);
	ck_assert_int_eq(m.v[1].owner_id, ann);
	ck_assert_str_eq(m.v[1].workspace_id, a.id);
	ck_assert_int_eq(m.v[1].rev, 2);
	ck_assert_int_eq(m.v[1].seq, 3);
	ok(change_marks(cx, db, 0, 1, &m));
	ck_assert_uint_eq(m.n, 1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		the_feed_misses_nothing,    the_feed_in_pages,
		a_gap_in_the_feed_is_said,  many_changes_are_trimmed,
		marks_say_whom_it_concerns, NULL,
	};

	return run_suite("store_change", tests);
}
