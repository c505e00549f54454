/* A backup is one whole file, made while the database is in use. */
#include "support/storefix.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/change.h"

START_TEST(a_backup_is_one_whole_file)
{
	const char *to = arena_printf(&cx->arena, "%s/copy.db", t.dir);
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING), back;
	struct db *copy = NULL;
	struct tmpsite there = t;
	struct stat st;
	int64_t seq = 0, seq2 = 0;

	ok(change_newest(cx, db, &seq));
	ok(db_backup(cx, db, to));
	ok(workspace_wish(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	ck_assert_int_eq(stat(to, &st), 0);
	ck_assert_int_eq(st.st_mode & 077, 0);
	ck_assert(access(arena_printf(&cx->arena, "%s-wal", to), F_OK) != 0);
	there.site.db_path = to;
	cx->site = &there.site;
	ok(db_open(cx, DB_WRITE, &copy));
	ok(db_check(cx, copy));
	ok(workspace_get(cx, copy, w.id, &back));
	ck_assert_int_eq(back.desired, STATUS_RUNNING);
	ok(change_newest(cx, copy, &seq2));
	ck_assert_int_eq(seq, seq2);
	db_close(copy);
	cx->site = &t.site;
	/* Over an older one; and to where nothing can be. */
	ok(db_backup(cx, db, to));
	ck_assert_int_ne(db_backup(cx, db,
				   arena_printf(&cx->arena, "%s/no/x.db",
						t.dir)),
			 OK);
	cx_clear(cx);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {a_backup_is_one_whole_file, NULL};

	return run_suite("store_backup", tests);
}
