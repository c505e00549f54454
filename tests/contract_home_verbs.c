/* links: docker */
/*
 * What every kind of homes promises (home.h), put to each of them: another
 * kind is one more row of subjects[].
 */
#include <sys/stat.h>

#include "base/fs.h"
#include "support/fake_home.h"
#include "support/homefix.h"
#include "support/volumefix.h"

static struct dockerfix docker = {.kind = "docker"};

static const struct subject {
	const struct home_ops *ops;
	struct dockerfix *in; /* where it has its volumes; NULL */
} subjects[] = {
	{&home_dir, NULL},
	{&home_fake, NULL},
	{&home_volume, &docker},
};
#define N_SUBJECTS ((int)(sizeof(subjects) / sizeof(subjects[0])))

static const struct subject *subject;
static const struct home_ops *h;

static void
begin(int i)
{
	char keys[512] = "";

	subject = &subjects[i];
	h = subject->ops;
	if (subject->in)
		volumefix_keys(subject->in, keys, sizeof(keys));
	tmpsite_open(&t, keys);
	cx = &t.cx;
	ok(h->probe(cx));
	ok(h->probe(cx));
}

static void
teardown(void)
{
	fake_home_clear();
	if (h == &home_volume)
		volumefix_clear(cx);
	fix_close();
}

static const char *
files_of(const struct tree *where)
{
	return where->path ? where->path
			   : volumefix_files(subject->in, cx, where->volume);
}

static void
lists(const char *const want[], size_t n)
{
	struct home_names l;
	size_t i;

	ok(h->list(cx, &l));
	ck_assert_uint_eq(l.n, n);
	for (i = 0; i < n; i++)
		ck_assert_str_eq(l.v[i], want[i]);
}

static void
trash_has(const char *const want[], size_t n)
{
	struct home_names l;
	size_t i;

	ok(h->trash_list(cx, &l));
	ck_assert_uint_eq(l.n, n);
	for (i = 0; i < n; i++)
		ck_assert_str_eq(l.v[i], want[i]);
}

START_TEST(create_may_be_repeated)
{
	const char *const both[] = {ID, ID2};
	bool there[2] = {false, false};

	begin(_i);
	lists(NULL, 0);
	ok(h->look(cx, both, 2, there));
	ck_assert(!there[0] && !there[1]);
	ok(h->create(cx, ID2, -1));
	ok(h->create(cx, ID2, -1));
	ok(h->look(cx, both, 2, there));
	ck_assert(!there[0] && there[1]);
	ok(h->create(cx, ID, -1));
	lists(both, 2);
	ok(h->look(cx, NULL, 0, NULL));
	ck_assert(strstr(h->path(cx, ID), ID));
}
END_TEST

START_TEST(ids_are_checked)
{
	static const char *const bad[] = {"", "x", "../" ID, ID "/", ID "x"};
	struct tree stage;
	bool there;
	size_t i;

	begin(_i);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fails(ERR_INVALID, h->look(cx, &bad[i], 1, &there));
		fails(ERR_INVALID, h->create(cx, bad[i], -1));
		fails(ERR_INVALID, h->stage(cx, bad[i], OP, &stage));
		fails(ERR_INVALID, h->stage(cx, ID, bad[i], &stage));
		fails(ERR_INVALID, h->publish(cx, ID, bad[i]));
		fails(ERR_INVALID, h->unstage(cx, bad[i], OP));
		fails(ERR_INVALID, h->trash(cx, bad[i], OP));
		fails(ERR_INVALID, h->trash(cx, ID, bad[i]));
		fails(ERR_INVALID, h->untrash(cx, ID, bad[i]));
		fails(ERR_INVALID, h->purge(cx, bad[i], NULL, NULL));
	}
	fails(ERR_INVALID, h->purge(cx, ENTRY "/../x", NULL, NULL));
	lists(NULL, 0);
}
END_TEST

START_TEST(a_stage_is_no_home_until_published)
{
	struct tree stage;

	begin(_i);
	ok(h->stage(cx, ID, OP, &stage));
	ck_assert(fs_exists(files_of(&stage)));
	ck_assert(!is_there(h, ID));
	lists(NULL, 0);
	ok(h->publish(cx, ID, OP));
	ck_assert(is_there(h, ID));
	ok(h->publish(cx, ID, OP));
	ck_assert(is_there(h, ID));
}
END_TEST

START_TEST(a_stage_begins_fresh)
{
	struct tree stage, again;
	const char *file;

	begin(_i);
	ok(h->stage(cx, ID, OP, &stage));
	file = arena_printf(&cx->arena, "%s/left", files_of(&stage));
	ok(fs_write_sync(cx, file, "x", 1, 0600));
	ok(h->stage(cx, ID, OP, &again));
	ck_assert(fs_exists(files_of(&again)));
	ck_assert(!fs_exists(
		arena_printf(&cx->arena, "%s/left", files_of(&again))));
	ok(h->unstage(cx, ID, OP));
	ok(h->unstage(cx, ID, OP));
	ck_assert(!fs_exists(files_of(&again)));
	fails(ERR_NOT_FOUND, h->publish(cx, ID, OP));
	ck_assert(!is_there(h, ID));
}
END_TEST

START_TEST(nothing_is_published_over_a_home)
{
	struct tree stage;

	begin(_i);
	ok(h->create(cx, ID, -1));
	ok(h->stage(cx, ID, OP, &stage));
	fails(ERR_EXISTS, h->publish(cx, ID, OP));
	ck_assert(is_there(h, ID));
	ok(h->unstage(cx, ID, OP));
	ck_assert(is_there(h, ID));
}
END_TEST

START_TEST(trash_and_back)
{
	const char *const entry[] = {ENTRY};

	begin(_i);
	trash_has(NULL, 0);
	ok(h->trash(cx, ID, OP)); /* absent */
	trash_has(NULL, 0);
	fails(ERR_NOT_FOUND, h->untrash(cx, ID, OP));
	ok(h->create(cx, ID, -1));
	ok(h->trash(cx, ID, OP));
	ok(h->trash(cx, ID, OP));
	ck_assert(!is_there(h, ID));
	trash_has(entry, 1);
	fails(ERR_NOT_FOUND, h->untrash(cx, ID, OP2));
	ok(h->untrash(cx, ID, OP));
	ck_assert(is_there(h, ID));
	trash_has(NULL, 0);
	ok(h->untrash(cx, ID, OP));
	ck_assert(is_there(h, ID));
}
END_TEST

START_TEST(neither_trash_nor_home_is_replaced)
{
	const char *const entries[] = {ENTRY, "ws-" ID "-home~" OP2};

	begin(_i);
	ok(h->create(cx, ID, -1));
	ok(h->trash(cx, ID, OP));
	ok(h->create(cx, ID, -1));
	fails(ERR_EXISTS, h->trash(cx, ID, OP));
	fails(ERR_EXISTS, h->untrash(cx, ID, OP));
	ck_assert(is_there(h, ID));
	ok(h->trash(cx, ID, OP2));
	trash_has(entries, 2);
}
END_TEST

static bool
say(void *answer)
{
	return *(bool *)answer;
}

START_TEST(purge_may_be_repeated_and_given_up)
{
	const char *const entry[] = {ENTRY};
	bool quit = true;

	begin(_i);
	ok(h->purge(cx, ENTRY, NULL, NULL)); /* absent */
	ok(h->create(cx, ID, -1));
	if (h == &home_dir)
		ok(fs_mkdir(cx,
			    arena_printf(&cx->arena, "%s/d", h->path(cx, ID)),
			    0700));
	ok(h->trash(cx, ID, OP));
	fails(ERR_ABANDONED, h->purge(cx, ENTRY, say, &quit));
	trash_has(entry, 1);
	quit = false;
	ok(h->purge(cx, ENTRY, say, &quit));
	trash_has(NULL, 0);
	ok(h->purge(cx, ENTRY, say, &quit));
}
END_TEST

START_TEST(sweep_leaves_what_is_at_work)
{
	const char *keep[] = {OP2};
	struct tree one, two, aside;

	begin(_i);
	ok(h->stage(cx, ID, OP, &one));
	ok(h->stage(cx, ID2, OP2, &aside));
	ok(h->stage(cx, ID2, OP2, &two));
	ok(h->create(cx, ID, -1));
	ok(h->sweep_stages(cx, keep, 1));
	ck_assert(!fs_exists(files_of(&one)));
	ck_assert(fs_exists(files_of(&two)));
	ck_assert(is_there(h, ID));
	ok(h->publish(cx, ID2, OP2));
	ok(h->sweep_stages(cx, NULL, 0));
	ck_assert(is_there(h, ID2));
}
END_TEST

/* An empty home is its owner's alone, whoever that is. */
START_TEST(an_empty_home_belongs_to_its_owner)
{
	const int64_t uids[] = {-1, 4321, 1900000123};
	struct tree home;
	struct stat st;
	size_t i;

	begin(_i);
	if (h == &home_fake) /* has no files */
		return;
	for (i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		ok(h->create(cx, ID, uids[i]));
		ok(h->tree(cx, ID, &home));
		ck_assert(!stat(files_of(&home), &st));
		ck_assert_int_eq(st.st_mode & 07777, 0700);
		ck_assert_int_eq(st.st_uid, uids[i] < 0 ? geteuid() : uids[i]);
		ck_assert_int_eq(st.st_gid, uids[i] < 0 ? getegid() : uids[i]);
		ok(h->trash(cx, ID, OP));
		ok(h->purge(cx, ENTRY, NULL, NULL));
	}
}
END_TEST

/* Trash and back are moves: what is in it stays. */
START_TEST(its_files_move_with_it)
{
	struct tree home;
	const char *file;

	begin(_i);
	if (h == &home_fake)
		return;
	ok(h->create(cx, ID, -1));
	ok(h->tree(cx, ID, &home));
	file = arena_printf(&cx->arena, "%s/f", files_of(&home));
	ok(fs_write_sync(cx, file, "x", 1, 0600));
	ok(h->create(cx, ID, -1));
	ok(h->trash(cx, ID, OP));
	ok(h->untrash(cx, ID, OP));
	ok(h->tree(cx, ID, &home));
	ck_assert(fs_exists(arena_printf(&cx->arena, "%s/f", files_of(&home))));
	ok(h->trash(cx, ID, OP));
	ok(h->purge(cx, ENTRY, NULL, NULL));
	ck_assert(!fs_exists(files_of(&home)));
}
END_TEST

static void
add(TCase *c, int i)
{
	tcase_add_loop_test(c, create_may_be_repeated, i, i + 1);
	tcase_add_loop_test(c, ids_are_checked, i, i + 1);
	tcase_add_loop_test(c, a_stage_is_no_home_until_published, i, i + 1);
	tcase_add_loop_test(c, a_stage_begins_fresh, i, i + 1);
	tcase_add_loop_test(c, nothing_is_published_over_a_home, i, i + 1);
	tcase_add_loop_test(c, trash_and_back, i, i + 1);
	tcase_add_loop_test(c, neither_trash_nor_home_is_replaced, i, i + 1);
	tcase_add_loop_test(c, purge_may_be_repeated_and_given_up, i, i + 1);
	tcase_add_loop_test(c, sweep_leaves_what_is_at_work, i, i + 1);
	tcase_add_loop_test(c, an_empty_home_belongs_to_its_owner, i, i + 1);
	tcase_add_loop_test(c, its_files_move_with_it, i, i + 1);
}

int
main(void)
{
	Suite *s = suite_create("home_contract");
	TCase *c = tcase_create("all");
	int failed, i;

	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_set_timeout(c, 120);
	for (i = 0; i < N_SUBJECTS; i++)
		if (!subjects[i].in || volumefix_begin(subjects[i].in))
			add(c, i);
	suite_add_tcase(s, c);
	failed = run_suite(s);
	dockerfix_end(&docker);
	return failed;
}
