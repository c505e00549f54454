/* From a session to a workspace's own host: codes and tickets. */
#include "support/servicefix.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/id.h"
#include "service/enter.h"
#include "store/session.h"
#include "store/ticket.h"

static char key[ID_SECRET_LEN + 1], state[ID_HASH_LEN + 1];
static struct workspace mine;

/* Somebody with a session of an hour. */
static struct who
logged_in(const struct who *who)
{
	char secret[ID_SECRET_LEN + 1], hash[ID_HASH_LEN + 1];
	struct who with;

	id_secret(secret);
	id_hash(secret, strlen(secret), hash);
	ok(session_add(cx, db, hash, who->user_id, "c", "", "",
		       cx->now_ms + 3600000));
	ok(auth_load(cx, db, secret, NULL, &with));
	return with;
}

static void
begin(void)
{
	service_open();
	ann_who = logged_in(&ann_who);
	bob_who = logged_in(&bob_who);
	mine = create(&ann_who, "mine");
	enter_key(key);
	enter_state(key, state);
}

static const char *
code_for(const char *id)
{
	const char *code;

	ok(enter_code(cx, db, &ann_who, id, state, &code));
	ck_assert_uint_eq(strlen(code), ID_SECRET_LEN);
	return code;
}

static const char *
ticket_for(const char *id)
{
	const char *ticket;
	struct who who;

	ok(enter_ticket(cx, db, code_for(id), id, key, &who, &ticket));
	ck_assert_int_eq(who.user_id, ann);
	return ticket;
}

static enum err
try(const char *code, const char *id, const char *with)
{
	const char *ticket;
	struct who who;

	return enter_ticket(cx, db, code, id, with, &who, &ticket);
}

static enum err
shown(const char *ticket, const char *id)
{
	struct who who = {0};
	enum err e = enter_load(cx, db, ticket, id, &who);

	ck_assert(e || who.user_id == ann);
	return e;
}

START_TEST(a_code_becomes_a_ticket_once)
{
	const char *code = code_for(mine.id), *ticket = NULL;
	struct who who;

	ok(enter_ticket(cx, db, code, mine.id, key, &who, &ticket));
	ck_assert_str_eq(who.username, "ann");
	ck_assert_str_eq(audited(), "ann workspace.enter ");
	ok(shown(ticket, mine.id));
	fails(ERR_UNAUTHORIZED, try(code, mine.id, key));
	/* what was there before goes on */
	ok(shown(ticket, mine.id));
}
END_TEST

START_TEST(a_code_is_good_in_one_place_only)
{
	struct workspace other = create(&ann_who, "other");
	char key2[ID_SECRET_LEN + 1];
	const char *code;

	enter_key(key2);
	code = code_for(mine.id);
	fails(ERR_UNAUTHORIZED, try(code, other.id, key));
	fails(ERR_UNAUTHORIZED, try(code, mine.id, key)); /* used up */
	code = code_for(mine.id);
	fails(ERR_UNAUTHORIZED, try(code, mine.id, key2));
	fails(ERR_UNAUTHORIZED, try(code, mine.id, key));
	code = code_for(mine.id);
	fails(ERR_UNAUTHORIZED, try(code, mine.id, NULL));
	fails(ERR_UNAUTHORIZED, try(code, mine.id, ""));
	fails(ERR_UNAUTHORIZED, try(NULL, mine.id, key));
	fails(ERR_UNAUTHORIZED, try("", mine.id, key));
	fails(ERR_UNAUTHORIZED, try(key2, mine.id, key));
	ok(try(code, mine.id, key)); /* nobody has shown it yet */
}
END_TEST

START_TEST(a_code_expires)
{
	const char *code = code_for(mine.id);

	cx->now_ms += ENTER_CODE_MS - 1;
	ok(try(code, mine.id, key));
	code = code_for(mine.id);
	cx->now_ms += ENTER_CODE_MS;
	fails(ERR_UNAUTHORIZED, try(code, mine.id, key));
	code_for(mine.id);
	cx->now_ms += ENTER_CODE_MS;
	ok(code_expire(cx, db));
	raw("CREATE TEMP TABLE none (n CHECK (n = 0));"
	    "INSERT INTO none SELECT count(*) FROM code");
}
END_TEST

START_TEST(a_code_is_for_owners_with_a_session)
{
	struct who token = ann_who;
	const char *code;

	fails(ERR_FORBIDDEN,
	      enter_code(cx, db, &bob_who, mine.id, state, &code));
	admin_who = logged_in(&admin_who);
	fails(ERR_FORBIDDEN,
	      enter_code(cx, db, &admin_who, mine.id, state, &code));
	token.session = NULL;
	fails(ERR_FORBIDDEN, enter_code(cx, db, &token, mine.id, state, &code));
	fails(ERR_WS_NOT_FOUND,
	      enter_code(cx, db, &ann_who, new_id(), state, &code));
}
END_TEST

START_TEST(a_ticket_opens_one_workspace)
{
	struct workspace other = create(&ann_who, "other");
	const char *ticket = ticket_for(mine.id);

	ok(shown(ticket, mine.id));
	fails(ERR_UNAUTHORIZED, shown(ticket, other.id));
	fails(ERR_UNAUTHORIZED, shown(NULL, mine.id));
	fails(ERR_UNAUTHORIZED, shown("", mine.id));
	fails(ERR_UNAUTHORIZED, shown(key, mine.id));
	ok(shown(ticket_for(other.id), other.id));
	ok(shown(ticket, mine.id));
}
END_TEST

START_TEST(a_ticket_slides_its_session_and_ends_with_it)
{
	const char *ticket = ticket_for(mine.id), *code;
	struct who who;

	ok(enter_load(cx, db, ticket, mine.id, &who));
	ck_assert(!who.renew);
	cx->now_ms += 3590000;
	ok(enter_load(cx, db, ticket, mine.id, &who));
	ck_assert(who.renew);
	ok(auth_renew(cx, db, &who));
	cx->now_ms += 3600000;
	ok(enter_load(cx, db, ticket, mine.id, &who));
	cx->now_ms += INT64_C(24) * 3600000;
	fails(ERR_UNAUTHORIZED, shown(ticket, mine.id));

	ann_who = logged_in(&ann_who);
	ticket = ticket_for(mine.id);
	code = code_for(mine.id);
	ok(session_delete(cx, db, ann_who.session));
	fails(ERR_UNAUTHORIZED, shown(ticket, mine.id));
	fails(ERR_UNAUTHORIZED, try(code, mine.id, key));
}
END_TEST

START_TEST(whoever_may_not_come_has_no_ticket)
{
	const char *ticket = ticket_for(mine.id), *code = code_for(mine.id);

	raw("UPDATE user SET disabled_ms = 1"); /* sessions are still there */
	fails(ERR_UNAUTHORIZED, shown(ticket, mine.id));
	fails(ERR_UNAUTHORIZED, try(code, mine.id, key));
	raw("UPDATE user SET disabled_ms = 0");
	ok(shown(ticket, mine.id));
	ok(auth_passwd(cx, db, &who_ctl, ann, "another horse"));
	fails(ERR_UNAUTHORIZED, shown(ticket, mine.id));
	raw("CREATE TEMP TABLE none (n CHECK (n = 0));"
	    "INSERT INTO none SELECT count(*) FROM ticket;"
	    "INSERT INTO none SELECT count(*) FROM code");
}
END_TEST

/* Tabs that are opened at once get one each; later ones take their place. */
START_TEST(tickets_do_not_pile_up)
{
	const char *first = ticket_for(mine.id), *second = ticket_for(mine.id);

	ok(shown(first, mine.id));
	ok(shown(second, mine.id));
	cx->now_ms += 60001;
	ok(shown(ticket_for(mine.id), mine.id));
	fails(ERR_UNAUTHORIZED, shown(first, mine.id));
	fails(ERR_UNAUTHORIZED, shown(second, mine.id));
}
END_TEST

START_TEST(nothing_secret_is_stored)
{
	const char *code = code_for(mine.id), *ticket = ticket_for(mine.id);

	raw("CREATE TEMP TABLE none (n CHECK (n = 0))");
	raw(arena_printf(&cx->arena,
			 "INSERT INTO none SELECT count(*) FROM code, ticket "
			 "WHERE '%s' IN (code.hash, state) OR "
			 "'%s' IN (code.hash, state) OR "
			 "ticket.hash = '%s' OR '%s' IN (code.hash, state)",
			 code, key, ticket, ticket));
	raw("CREATE TEMP TABLE some (n CHECK (n = 1));"
	    "INSERT INTO some SELECT count(*) FROM code, ticket");
}
END_TEST

/* One code, many who show it at the same moment: exactly one gets in. */
START_TEST(two_at_once_one_wins)
{
	const char *code = code_for(mine.id);
	int status, won = 0;

	db_close(db);
	db = NULL;
	for (int i = 0; i < 12; i++)
		if (!fork()) {
			enum err e = db_open(cx, DB_WRITE, &db);

			e = e ? e : try(code, mine.id, key);
			_exit(e == OK ? 1 : e == ERR_UNAUTHORIZED ? 0 : 2);
		}
	for (int i = 0; i < 12; i++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 2);
		won += WEXITSTATUS(status);
	}
	ck_assert_int_eq(won, 1);
	ok(db_open(cx, DB_WRITE, &db));
}
END_TEST

START_TEST(shapes_are_checked)
{
	ck_assert(enter_key_shaped(key));
	ck_assert(!enter_key_shaped(NULL));
	ck_assert(!enter_key_shaped("x"));
	ck_assert(enter_state_shaped(state));
	state[0] = 'G';
	ck_assert(!enter_state_shaped(state));
	ck_assert(!enter_state_shaped("ab"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] =
		{a_code_becomes_a_ticket_once,
		 a_code_is_good_in_one_place_only,
		 a_code_expires,
		 a_code_is_for_owners_with_a_session,
		 a_ticket_opens_one_workspace,
		 a_ticket_slides_its_session_and_ends_with_it,
		 whoever_may_not_come_has_no_ticket,
		 tickets_do_not_pile_up,
		 nothing_secret_is_stored,
		 two_at_once_one_wins,
		 shapes_are_checked};

	return suite_run(&(struct suite){"service_enter", begin, fix_close,
					 120},
			 tests, sizeof(tests) / sizeof(*tests));
}
