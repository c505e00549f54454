/* links: docker */
/*
 * The contract of engine.h, run on every engine: a row of `subjects` each.
 * What only the world of one engine has (processes, containers) stands in
 * that engine's own tests.
 */
#include <check.h>
#include <sys/stat.h>

#include "support/dockerfix.h"
#include "support/engsite.h"
#include "support/fake_engine.h"

/* Container engines that were begun. */
static struct dockerfix engines[2] = {{.kind = "docker"}, {.kind = "podman"}};

/* An engine, and how to make its world misbehave. */
struct subject {
	const struct engine_ops *ops;
	struct dockerfix *in; /* where it makes its containers; NULL */
	bool tcp;	      /* its applications listen on ports */
	void (*reset)(void);
	/* Looks fail from now on; and no more. */
	void (*break_look)(struct engsite *s);
	void (*mend_look)(struct engsite *s);
	/* One more connection of somebody; how it ends. */
	int (*connect)(const char *id, const char *address);
	void (*hang_up)(const char *id, int fd);
};

static void
process_reset(void)
{
}

static const char *
ws_dir(struct engsite *s, const char *more)
{
	return arena_printf(&s->t.cx.arena, "%s/run/ws%s", s->t.dir, more);
}

static void
process_break(struct engsite *s)
{
	FILE *f;

	ck_assert(!rename(ws_dir(s, ""), ws_dir(s, ".aside")));
	f = fopen(ws_dir(s, ""), "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
}

static void
process_mend(struct engsite *s)
{
	ck_assert(!unlink(ws_dir(s, "")));
	ck_assert(!rename(ws_dir(s, ".aside"), ws_dir(s, "")));
}

static int
process_connect(const char *id, const char *address)
{
	int fd = engsite_connect(address);

	(void)id;
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
process_hang_up(const char *id, int fd)
{
	(void)id;
	close(fd);
}

static void
fake_break(struct engsite *s)
{
	(void)s;
	fake_engine_break_look(true);
}

static void
fake_mend(struct engsite *s)
{
	(void)s;
	fake_engine_break_look(false);
}

static int
fake_connect(const char *id, const char *address)
{
	(void)address;
	fake_engine_connect(id, 1);
	return 0;
}

static void
fake_hang_up(const char *id, int fd)
{
	(void)fd;
	fake_engine_connect(id, -1);
}

static struct dockerfix *in_use;

static void
container_break(struct engsite *s)
{
	(void)s;
	dockerfix_verb(in_use, "kill");
}

static void
container_mend(struct engsite *s)
{
	(void)s;
	dockerfix_verb(in_use, "up");
}

static const struct subject subjects[] = {
	{&engine_process, NULL, false, process_reset, process_break,
	 process_mend, process_connect, process_hang_up},
	{&engine_process, NULL, true, process_reset, process_break,
	 process_mend, process_connect, process_hang_up},
	{&engine_fake, NULL, false, fake_engine_reset, fake_break, fake_mend,
	 fake_connect, fake_hang_up},
	{&engine_docker, &engines[0], false, process_reset, container_break,
	 container_mend, process_connect, process_hang_up},
	{&engine_docker, &engines[0], true, process_reset, container_break,
	 container_mend, process_connect, process_hang_up},
	{&engine_docker, &engines[1], false, process_reset, container_break,
	 container_mend, process_connect, process_hang_up},
};
#define SUBJECTS ((int)(sizeof(subjects) / sizeof(subjects[0])))

static struct engsite s;

static const struct subject *
begin(int i)
{
	char keys[512] = "";
	size_t n;

	subjects[i].reset();
	in_use = subjects[i].in;
	if (in_use)
		dockerfix_keys(in_use, keys, sizeof(keys));
	n = strlen(keys);
	snprintf(keys + n, sizeof(keys) - n, "slots = 2\nport_base = %d%s",
		 engsite_ports(2), subjects[i].tcp ? "\nnetwork = host" : "");
	if (subjects[i].tcp)
		engsite_open_at(&s, subjects[i].ops, keys, NULL,
				"--port {port}");
	else
		engsite_open(&s, subjects[i].ops, keys, NULL);
	return &subjects[i];
}

static bool
quit_at_third(void *arg)
{
	int *n = arg;

	return ++*n >= 3;
}

static void
is_absent(const char *id)
{
	struct instances list = engsite_list(&s);

	ck_assert(!engsite_alive(&s, id));
	ck_assert_ptr_null(instances_find(&list, id));
}

START_TEST(started_is_alive_and_listed)
{
	const char *id = engsite_id(1);
	struct instances list;
	struct endpoint to;

	begin(_i);
	is_absent(id);
	to = engsite_start(&s, id, "good");
	ck_assert_str_ne(to.address, "");
	ck_assert_int_ge(to.slot, 0);
	ck_assert(engsite_alive(&s, id));
	list = engsite_list(&s);
	ck_assert_uint_eq(list.n, 1);
	ck_assert_str_eq(list.v[0].id, id);
	ck_assert_int_eq(list.v[0].slot, to.slot);
	ck_assert_int_gt(list.v[0].started_ms, 0);
	ck_assert_int_le(list.v[0].started_ms, clock_now_ms());
	ck_assert_int_eq(engsite_connections(&s, id, 0), 0);
	engsite_close(&s);
}
END_TEST

START_TEST(start_again_changes_nothing)
{
	const char *id = engsite_id(1);
	struct endpoint a, b;
	int64_t started;

	begin(_i);
	a = engsite_start(&s, id, "good");
	started = engsite_list(&s).v[0].started_ms;
	b = engsite_start(&s, id, "good");
	ck_assert_str_eq(a.address, b.address);
	ck_assert_int_eq(a.slot, b.slot);
	ck_assert_int_eq(engsite_list(&s).v[0].started_ms, started);
	engsite_close(&s);
}
END_TEST

START_TEST(stop_ends_it_and_may_be_repeated)
{
	const char *id = engsite_id(1);

	begin(_i);
	engsite_stop(&s, id); /* never there */
	engsite_start(&s, id, "good");
	engsite_stop(&s, id);
	is_absent(id);
	engsite_stop(&s, id);
	engsite_start(&s, id, "good");
	ck_assert(engsite_alive(&s, id));
	engsite_close(&s);
}
END_TEST

START_TEST(instances_do_not_touch_each_other)
{
	struct endpoint a, b;
	struct instances list;

	begin(_i);
	b = engsite_start(&s, engsite_id(2), "good");
	a = engsite_start(&s, engsite_id(1), "good");
	ck_assert_str_ne(a.address, b.address);
	ck_assert_int_ne(a.slot, b.slot);
	list = engsite_list(&s);
	ck_assert_uint_eq(list.n, 2);
	ck_assert_str_eq(list.v[0].id, engsite_id(1));
	ck_assert_str_eq(list.v[1].id, engsite_id(2));
	engsite_stop(&s, engsite_id(1));
	is_absent(engsite_id(1));
	ck_assert(engsite_alive(&s, engsite_id(2)));
	engsite_close(&s);
}
END_TEST

static enum err
start(const char *id, const char *app, int64_t ms, int *quit)
{
	struct instance_spec spec = engsite_spec(&s, id, app);
	struct endpoint out = {.address = "untouched", .slot = -7};
	enum err e;

	spec.deadline_ms = clock_mono_ms() + ms;
	spec.quit = quit ? quit_at_third : NULL;
	spec.arg = quit;
	e = s.ops->start(&s.t.cx, &spec, &out);
	ck_assert_int_ne(e, OK);
	ck_assert_str_eq(out.address, "untouched");
	ck_assert_int_eq(out.slot, -7);
	ck_assert_str_ne(s.t.cx.why, "");
	is_absent(id);
	return e;
}

START_TEST(failed_starts_leave_nothing)
{
	const char *id = engsite_id(1);
	int quit = 0;

	begin(_i);
	ck_assert_int_eq(start(id, "crash", 20000, NULL), ERR_ACTION);
	ck_assert_ptr_nonnull(strstr(s.t.cx.why, "exit code 7"));
	ck_assert_ptr_nonnull(strstr(s.t.cx.why, "it broke"));
	ck_assert_int_eq(start(id, "missing", 20000, NULL), ERR_IMAGE);
	ck_assert_int_eq(start(id, "slow", 20000, &quit), ERR_ABANDONED);
	ck_assert_int_eq(start(id, "slow", 200, NULL), ERR_TIMEOUT);
	engsite_start(&s, id, "good");
	engsite_close(&s);
}
END_TEST

START_TEST(slots_are_given_back)
{
	struct endpoint a;

	begin(_i);
	engsite_start(&s, engsite_id(1), "good");
	a = engsite_start(&s, engsite_id(2), "good");
	ck_assert_int_eq(start(engsite_id(3), "good", 20000, NULL), ERR_BUSY);
	engsite_stop(&s, engsite_id(2));
	ck_assert_int_eq(engsite_start(&s, engsite_id(3), "good").slot, a.slot);
	/* failures take none for good */
	engsite_stop(&s, engsite_id(3));
	start(engsite_id(2), "crash", 20000, NULL);
	start(engsite_id(4), "crash", 20000, NULL);
	engsite_start(&s, engsite_id(3), "good");
	engsite_close(&s);
}
END_TEST

START_TEST(a_failed_look_is_an_error)
{
	const struct subject *sub = begin(_i);
	struct instances list = {.n = 77};

	engsite_start(&s, engsite_id(1), "good");
	sub->break_look(&s);
	ck_assert_int_ne(s.ops->list(&s.t.cx, &list), OK);
	ck_assert_uint_eq(list.n, 77);
	ck_assert_str_ne(s.t.cx.why, "");
	sub->mend_look(&s);
	ck_assert_uint_eq(engsite_list(&s).n, 1);
	engsite_close(&s);
}
END_TEST

START_TEST(connections_are_counted)
{
	const struct subject *sub = begin(_i);
	const char *id = engsite_id(1);
	struct endpoint to = engsite_start(&s, id, "good");
	int a, b;

	engsite_start(&s, engsite_id(2), "good");
	ck_assert_int_eq(engsite_connections(&s, id, 0), 0);
	a = sub->connect(id, to.address);
	ck_assert_int_eq(engsite_connections(&s, id, 1), 1);
	b = sub->connect(id, to.address);
	ck_assert_int_eq(engsite_connections(&s, id, 2), 2);
	ck_assert_int_eq(engsite_connections(&s, engsite_id(2), 0), 0);
	sub->hang_up(id, a);
	ck_assert_int_eq(engsite_connections(&s, id, 1), 1);
	sub->hang_up(id, b);
	ck_assert_int_eq(engsite_connections(&s, id, 0), 0);
	engsite_close(&s);
}
END_TEST

START_TEST(cut_ends_what_is_open_and_no_more)
{
	const struct subject *sub = begin(_i);
	const char *id = engsite_id(1), *other = engsite_id(2);
	struct endpoint to, too;
	int b, c;

	if (!sub->ops->cut) { /* it may not be able to */
		engsite_close(&s);
		return;
	}
	to = engsite_start(&s, id, "good");
	too = engsite_start(&s, other, "good");
	MUST(&s, sub->ops->cut(&s.t.cx, engsite_id(3)));
	MUST(&s, sub->ops->cut(&s.t.cx, id));
	(void)sub->connect(id, to.address);
	(void)sub->connect(id, to.address);
	b = sub->connect(other, too.address);
	ck_assert_int_eq(engsite_connections(&s, id, 2), 2);
	MUST(&s, sub->ops->cut(&s.t.cx, id));
	ck_assert_int_eq(engsite_connections(&s, id, 0), 0);
	ck_assert_int_eq(engsite_connections(&s, other, 1), 1);
	ck_assert(engsite_alive(&s, id));
	c = sub->connect(id, to.address);
	ck_assert_int_eq(engsite_connections(&s, id, 1), 1);
	sub->hang_up(id, c);
	sub->hang_up(other, b);
	engsite_close(&s);
}
END_TEST

static void
add(TCase *c, int i)
{
	tcase_add_loop_test(c, started_is_alive_and_listed, i, i + 1);
	tcase_add_loop_test(c, start_again_changes_nothing, i, i + 1);
	tcase_add_loop_test(c, stop_ends_it_and_may_be_repeated, i, i + 1);
	tcase_add_loop_test(c, instances_do_not_touch_each_other, i, i + 1);
	tcase_add_loop_test(c, failed_starts_leave_nothing, i, i + 1);
	tcase_add_loop_test(c, slots_are_given_back, i, i + 1);
	tcase_add_loop_test(c, a_failed_look_is_an_error, i, i + 1);
	tcase_add_loop_test(c, connections_are_counted, i, i + 1);
	tcase_add_loop_test(c, cut_ends_what_is_open_and_no_more, i, i + 1);
}

/* One whose engine does not begin fails in each of its tests, loudly. */
static bool
is_wanted(const struct subject *sub)
{
	struct dockerfix *d = sub->in;

	if (!d)
		return true;
	if (!dockerfix_wanted(d->kind))
		return false;
	if (!d->dir[0] && !dockerfix_begin(d, d->kind))
		fprintf(stderr, "%s could not be begun\n", d->kind);
	return true;
}

int
main(void)
{
	Suite *suite = suite_create("contract_engine");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed, i;

	for (i = 0; i < SUBJECTS; i++)
		if (is_wanted(&subjects[i]))
			add(c, i);
	tcase_set_timeout(c, 120);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	dockerfix_end(&engines[0]);
	dockerfix_end(&engines[1]);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
