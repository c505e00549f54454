/* What administrators do about people. service/people.h. */
#include "support/servicefix.h"

#include "base/fault.h"
#include "service/people.h"
#include "store/session.h"

static const struct people_edit off = {.set_disabled = true, .disabled = true};
static const struct people_edit demote = {.set_role = true, .role = ROLE_USER};

static struct user
user_of(int64_t id)
{
	struct user u;

	ok(user_by_id(cx, db, id, &u));
	return u;
}

static void
log_in(int64_t id, const char *hash)
{
	ok(session_add(cx, db, hash, id, "csrf", "", "", cx->now_ms + 3600000));
}

static size_t
sessions_of(int64_t id)
{
	struct sessions s;

	ok(session_list(cx, db, id, &s));
	return s.n;
}

START_TEST(one_administrator_stays)
{
	struct who second = new_who("second", ROLE_ADMIN);
	struct user u;

	/* roostctl is nobody: only the last one is spared */
	ok(people_edit(cx, db, &who_ctl, second.user_id, &off, &u));
	ck_assert(u.disabled_ms != 0);
	fails(ERR_LAST_ADMIN,
	      people_edit(cx, db, &who_ctl, admin_who.user_id, &off, &u));
	fails(ERR_LAST_ADMIN,
	      people_edit(cx, db, &who_ctl, admin_who.user_id, &demote, &u));
	fails(ERR_LAST_ADMIN, people_delete(cx, db, &who_ctl, admin_who.user_id,
					    NULL, -1, &(struct leave){0}));
	/* one who is disabled counts for nothing, and may go */
	ok(people_delete(cx, db, &who_ctl, second.user_id, NULL, -1,
			 &(struct leave){0}));
	ck_assert_int_eq(user_of(admin_who.user_id).role, ROLE_ADMIN);
	ck_assert_int_eq(user_of(admin_who.user_id).disabled_ms, 0);
}
END_TEST

START_TEST(nobody_locks_out_themself)
{
	struct who second = new_who("second", ROLE_ADMIN);
	const char *secret;
	struct user u;

	fails(ERR_YOURSELF,
	      people_edit(cx, db, &second, second.user_id, &off, &u));
	fails(ERR_YOURSELF,
	      people_edit(cx, db, &second, second.user_id, &demote, &u));
	fails(ERR_YOURSELF, people_delete(cx, db, &second, second.user_id, NULL,
					  -1, &(struct leave){0}));
	fails(ERR_YOURSELF,
	      people_password(cx, db, &second, second.user_id, NULL, &secret));
	/* but limits are no lock */
	ok(people_edit(cx, db, &second, second.user_id,
		       &(struct people_edit){.set_limit = true,
					     .max_running = 7},
		       &u));
	ck_assert_int_eq(u.max_running, 7);
}
END_TEST

START_TEST(all_of_an_edit_or_nothing)
{
	struct people_edit w = {.set_role = true,
				.role = ROLE_USER,
				.set_limit = true,
				.max_running = 9};
	size_t n = audits();
	struct user u;

	fails(ERR_LAST_ADMIN,
	      people_edit(cx, db, &who_ctl, admin_who.user_id, &w, &u));
	ck_assert_int_eq(user_of(admin_who.user_id).max_running, -1);
	ck_assert_uint_eq(audits(), n);
	/* the same again is nothing, and is not told */
	ok(people_edit(cx, db, &who_ctl, ann, &w, &u));
	ck_assert_uint_eq(audits(), n + 1);
	ck_assert_str_eq(audited(), "roostctl user.edit ");
	ok(people_edit(cx, db, &who_ctl, ann, &w, &u));
	ck_assert_uint_eq(audits(), n + 1);
}
END_TEST

START_TEST(disabling_ends_sessions)
{
	struct user u;

	log_in(ann, "one");
	log_in(bob_who.user_id, "two");
	ok(people_edit(cx, db, &admin_who, ann, &off, &u));
	ck_assert_uint_eq(sessions_of(ann), 0);
	ck_assert_uint_eq(sessions_of(bob_who.user_id), 1);
}
END_TEST

START_TEST(a_password_that_is_made_up_is_to_be_changed)
{
	const char *secret = NULL;
	struct user u;

	ok(people_add(cx, db, &admin_who, "kim", NULL, ROLE_USER, &u, &secret));
	ck_assert_uint_ge(strlen(secret), 20);
	ck_assert(u.given_ms != 0);
	ck_assert(password_fits(cx, secret, u.password_hash));
	fails(ERR_EXISTS, people_add(cx, db, &admin_who, "KIM", NULL, ROLE_USER,
				     &u, &secret));
	ck_assert_int_eq(people_add(cx, db, &admin_who, "lee", "short",
				    ROLE_USER, &u, &secret),
			 ERR_INVALID);
	ck_assert_str_eq(cx->field, "password");
	log_in(u.id, "kims");
	ok(people_password(cx, db, &admin_who, u.id, "battery staple",
			   &secret));
	ck_assert_ptr_null(secret);
	ck_assert_uint_eq(sessions_of(u.id), 0);
	ck_assert(user_of(u.id).given_ms != 0);
	ck_assert(password_fits(cx, "battery staple",
				user_of(u.id).password_hash));
	ck_assert_str_eq(audited(), "root user.passwd ");
}
END_TEST

/* ---- Leaving ---- */

/* Ann's: one that runs, one asleep, one packed, one in the trash. */
struct estate {
	struct workspace runs, sleeps, packed, trashed;
};

static struct estate
estate(void)
{
	struct estate e;

	ok(user_set_limit(cx, db, ann, 10));
	e.runs = becomes(create(&ann_who, "runs").id, STATUS_RUNNING);
	e.sleeps = becomes(create(&ann_who, "sleeps").id, STATUS_STANDBY);
	ok(wish_stop(cx, db, &ann_who, e.sleeps.id, 0, &e.sleeps));
	e.packed = create(&ann_who, "packed");
	ok(wish_archive(cx, db, &ann_who, e.packed.id, 0, &e.packed));
	e.packed = packed(e.packed.id);
	e.trashed = becomes(create(&ann_who, "trashed").id, STATUS_STANDBY);
	ok(wish_delete(cx, db, &ann_who, e.trashed.id, 0, &e.trashed));
	return e;
}

/* A wish of who leaves: to run on for a while, and from another archive. */
static const char *
wish_on(const char *id)
{
	return arena_printf(&cx->arena,
			    "UPDATE workspace SET rev = rev + 1,"
			    " keep_until_ms = %lld, restore_key = 'a/b'"
			    " WHERE id = '%s'",
			    (long long)cx->now_ms + 3600000, id);
}

static void
wishes_nothing(const char *id)
{
	ck_assert_int_eq(get(id).keep_until_ms, 0);
	ck_assert_ptr_null(get(id).restore_key);
}

START_TEST(wishes_leave_with_who_had_them)
{
	struct estate e = estate();
	struct workspace w;
	struct leave l;

	raw(wish_on(e.runs.id));
	raw(wish_on(e.trashed.id));
	ok(people_delete(cx, db, &admin_who, ann, "bob", -1, &l));
	wishes_nothing(e.runs.id);
	wishes_nothing(e.trashed.id);
	raw(wish_on(e.runs.id));
	ok(people_delete(cx, db, &admin_who, bob_who.user_id, NULL, -1, &l));
	wishes_nothing(e.runs.id);
	/* as older versions have left it in the trash */
	raw(wish_on(e.runs.id));
	ok(wish_undelete(cx, db, &admin_who, e.runs.id, 0, &w));
	wishes_nothing(e.runs.id);
}
END_TEST

START_TEST(workspaces_are_handed_over_asleep)
{
	struct estate e = estate();
	struct leave l;

	log_in(ann, "one");
	ok(people_delete_look(cx, db, &admin_who, ann, "bob", &l));
	ck_assert_int_eq(l.living, 3);
	ck_assert_int_eq(l.running, 1);
	ck_assert_int_eq(l.archived, 1);
	ck_assert_int_eq(l.trashed, 1);
	ok(people_delete(cx, db, &admin_who, ann, "bob", l.living, &l));
	ck_assert_int_eq(get(e.runs.id).owner_id, bob_who.user_id);
	ck_assert_int_eq(get(e.runs.id).desired, STATUS_STANDBY);
	ck_assert_int_eq(get(e.runs.id).status, STATUS_RUNNING);
	ck_assert_int_eq(get(e.sleeps.id).owner_id, bob_who.user_id);
	ck_assert_int_eq(get(e.packed.id).desired, STATUS_PENDING);
	ck_assert_int_eq(get(e.trashed.id).owner_id, bob_who.user_id);
	ck_assert(get(e.trashed.id).deleted_ms != 0);
	/* nothing names them any more: the row is gone for good */
	fails(ERR_NOT_FOUND, user_by_id(cx, db, ann, &(struct user){0}));
	ck_assert_str_eq(audited(), "root user.delete 3 workspaces to bob");
	/* another one may be called so */
	ok(user_add(cx, db, "ann", "$y$hash", ROLE_USER, NULL));
}
END_TEST

START_TEST(workspaces_go_to_the_trash)
{
	struct estate e = estate();
	struct workspace w;
	struct leave l;

	log_in(ann, "one");
	ok(people_delete(cx, db, &admin_who, ann, NULL, -1, &l));
	ck_assert_int_eq(l.living, 3);
	ck_assert(get(e.runs.id).deleted_ms != 0);
	ck_assert(get(e.packed.id).deleted_ms != 0);
	ck_assert_uint_eq(sessions_of(ann), 0);
	/* its rows name it: it stays as one that is gone */
	ck_assert(user_of(ann).gone_ms != 0);
	fails(ERR_NOT_FOUND, user_by_name(cx, db, "ann", &(struct user){0}));
	fails(ERR_NOT_FOUND, people_get(cx, db, ann, &(struct user){0}));
	fails(ERR_NOT_FOUND,
	      people_edit(cx, db, &admin_who, ann, &(struct people_edit){0},
			  &(struct user){0}));
	fails(ERR_NOT_FOUND,
	      people_delete(cx, db, &admin_who, ann, NULL, -1, &l));
	ok(user_add(cx, db, "ann", "$y$hash", ROLE_USER, NULL));
	/* who brings one back gets it; roostctl is nobody who could */
	fails(ERR_STATE, wish_undelete(cx, db, &who_ctl, e.sleeps.id, 0, &w));
	ok(wish_undelete(cx, db, &admin_who, e.sleeps.id, 0, &w));
	ck_assert_int_eq(w.owner_id, admin_who.user_id);
	ck_assert_int_eq(w.deleted_ms, 0);
	ck_assert_int_eq(w.desired, STATUS_STANDBY);
}
END_TEST

START_TEST(an_heir_who_can_come_in)
{
	struct leave l;
	struct user u;

	ok(people_edit(cx, db, &admin_who, bob_who.user_id, &off, &u));
	fails(ERR_INVALID,
	      people_delete(cx, db, &admin_who, ann, "bob", -1, &l));
	fails(ERR_INVALID,
	      people_delete(cx, db, &admin_who, ann, "ann", -1, &l));
	ck_assert_int_eq(people_delete(cx, db, &admin_who, ann, "nobody", -1,
				       &l),
			 ERR_INVALID);
	ck_assert_str_eq(cx->field, "to");
	fails(ERR_CONFLICT,
	      people_delete(cx, db, &admin_who, ann, NULL, 1, &l));
	ck_assert_int_eq(user_of(ann).gone_ms, 0);
}
END_TEST

static bool
is_gone(int64_t id)
{
	enum err e = people_get(cx, db, id, &(struct user){0});

	cx_clear(cx);
	return e == ERR_NOT_FOUND;
}

/* Wherever it fails there is all of it or nothing, and it can be repeated. */
START_TEST(a_delete_that_fails_is_repeated)
{
	struct estate e = estate();
	struct leave l;
	int failed = 0;
	enum err err;

	for (long n = 1; !is_gone(ann); n++) {
		ck_assert_int_eq(get(e.runs.id).owner_id, ann);
		ck_assert_int_eq(get(e.trashed.id).owner_id, ann);
		fault_arm(n);
		err = people_delete(cx, db, &admin_who, ann, "bob", 3, &l);
		ck_assert_int_eq(err == OK, !fault_fired());
		failed += err != OK;
		fault_arm(0);
		cx_clear(cx);
	}
	ck_assert_int_eq(failed, 2); /* before the commit, and after it */
	ck_assert_int_eq(get(e.runs.id).owner_id, bob_who.user_id);
	ck_assert_int_eq(get(e.trashed.id).owner_id, bob_who.user_id);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		one_administrator_stays,
		nobody_locks_out_themself,
		all_of_an_edit_or_nothing,
		disabling_ends_sessions,
		a_password_that_is_made_up_is_to_be_changed,
		wishes_leave_with_who_had_them,
		workspaces_are_handed_over_asleep,
		workspaces_go_to_the_trash,
		an_heir_who_can_come_in,
		a_delete_that_fails_is_repeated,
		NULL,
	};

	return run_service("service_people", tests);
}
