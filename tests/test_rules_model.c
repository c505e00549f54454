/*
 * The model and the code are the same thing: spin wanders through
 * tests/model/workspace.pml at random, and at each step that the model
 * decides, the real judge() and plan() decide it again.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cx.h"
#include "base/fs.h"
#include "base/proc.h"
#include "rules/judge.h"
#include "rules/plan.h"
#include "support/suite.h"

#define ID "11111111-1111-4111-8111-111111111111"
#define OP "22222222-2222-4222-8222-222222222222"
#define WALKS 40
#define STEPS "2500"

static size_t judged, planned, chosen, quit_asked, ops_met;

/* The row as the model prints it. */
static struct workspace
row(const char *status, const char *desired, const char *op, int deleted)
{
	struct workspace w = {.id = ID, .op_id = OP, .deleted_ms = deleted};

	ck_assert_msg(status_parse(status, &w.status), "%s", status);
	ck_assert_msg(!desired || status_parse(desired, &w.desired), "%s",
		      desired);
	ck_assert_msg(!op || operation_parse(op, &w.operation), "%s", op);
	return w;
}

static void
same_judgement(const char *asked, const char *said)
{
	char status[16], op[16], seen[16];
	int deleted, of_op, home, instance, lost;
	struct workspace w;
	struct judgement j;

	ck_assert_int_eq(sscanf(asked, " JUDGE %15s %15s %d %d %d %d", status,
				op, &deleted, &of_op, &home, &instance),
			 6);
	ck_assert_msg(sscanf(said, " SEES %15s %d", seen, &lost) == 2, "%s",
		      said);
	w = row(status, NULL, op, deleted);
	w.archive_key = of_op ? ID "/" OP : NULL;
	j = judge(&w, &(struct seen){home ? LOOK_PRESENT : LOOK_ABSENT,
				     instance ? LOOK_PRESENT : LOOK_ABSENT,
				     LOOK_ABSENT});
	judged++;
	/* The model calls an absent home PENDING, and looks at DELETED in the
	 * row; the code has it in the judgement. */
	if (j.known && j.status == STATUS_DELETED)
		j.status = STATUS_PENDING;
	ck_assert_msg(j.known && !lost && !strcmp(status_name(j.status), seen),
		      "%sthe model: %sthe code: %s\n", asked, said,
		      status_name(j.status));
}

static void
same_plan(const char *asked, const char *said)
{
	char status[16], desired[16], seen[16], op[16];
	enum status sees;
	struct workspace w;
	int deleted, key, rkey;

	ck_assert_int_eq(sscanf(asked, " PLAN %15s %15s %d %d %d %15s", status,
				desired, &deleted, &key, &rkey, seen),
			 6);
	ck_assert_msg(sscanf(said, " THEN %15s", op) == 1, "%s", said);
	w = row(status, desired, NULL, deleted);
	w.archive_key = key ? ID "/" OP : NULL;
	w.restore_key = rkey ? ID "/" ID : NULL;
	chosen += rkey != 0;
	ck_assert(status_parse(seen, &sees));
	if (w.status == STATUS_DELETED)
		sees = STATUS_DELETED;
	planned++;
	ops_met |= (size_t)1 << plan(&w, sees);
	ck_assert_msg(!strcmp(operation_name(plan(&w, sees)), op),
		      "%sthe model: %sthe code: %s\n", asked, said,
		      operation_name(plan(&w, sees)));
}

static void
same_quit(const char *asked, const char *said)
{
	char op[16], desired[16];
	int deleted, rkey, quits;
	struct workspace w;

	ck_assert_int_eq(sscanf(asked, " QUIT %15s %15s %d %d", op, desired,
				&deleted, &rkey),
			 4);
	ck_assert_msg(sscanf(said, " QUITS %d", &quits) == 1, "%s", said);
	w = row("STANDBY", desired, op, deleted);
	w.restore_key = rkey ? ID "/" ID : NULL;
	quit_asked++;
	ck_assert_msg(plan_abandons(&w) == (quits != 0),
		      "%sthe model: %sthe code: %d\n", asked, said,
		      plan_abandons(&w));
}

static const struct {
	const char *asks, *says;
	void (*same)(const char *asked, const char *said);
} questions[] = {
	{"JUDGE ", "SEES ", same_judgement},
	{"PLAN ", "THEN ", same_plan},
	{"QUIT ", "QUITS ", same_quit},
};

/* Each question is followed by its answer: both are in one atomic step. */
static void
walk(char *text)
{
	const size_t n = sizeof questions / sizeof *questions;
	char *asked = NULL;

	for (char *line = text, *end; *line; line = end) {
		end = strchrnul(line, '\n');
		if (*end)
			*end++ = '\0';
		line += strspn(line, " \t");
		for (size_t i = 0; i < n; i++) {
			const char *says = questions[i].says;

			if (!strncmp(line, questions[i].asks,
				     strlen(questions[i].asks))) {
				ck_assert_ptr_null(asked);
				asked = line;
			} else if (!strncmp(line, says, strlen(says))) {
				ck_assert_ptr_nonnull(asked);
				questions[i].same(asked, line);
				asked = NULL;
			}
		}
	}
}

/* tests/model/workspace.pml, from build/FLAVOUR/tests/. */
static const char *
model(struct cx *cx)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	for (int i = 0; i < 4; i++)
		*strrchr(self, '/') = '\0';
	return arena_printf(&cx->arena, "%s/tests/model/workspace.pml", self);
}

START_TEST(the_rules_are_the_models)
{
	struct cx cx = {0};
	struct buf out;

	cx_begin(&cx, NULL);
	buf_init(&out, 16 << 20);
	for (int i = 1; i <= WALKS; i++) {
		const char *const argv[] =
			{"spin",	  "-T",
			 "-DWALK",	  "-DCHOOSE",
			 "-DINTENTS=200", "-DOPS=250",
			 "-u" STEPS,	  arena_printf(&cx.arena, "-n%d", i),
			 model(&cx),	  NULL};
		int status = -1;
		enum err e = proc_run(&cx, argv, 60000, &out, &status);

		ck_assert_msg(!e && status == 0, "spin: %s %d\n%s", cx.why,
			      status, buf_str(&out));
		walk(out.data);
		buf_clear(&out);
	}
	buf_free(&out);
	cx_end(&cx);
	printf("%zu judgements, %zu plans (%zu with a chosen archive), "
	       "%zu looks of workers\n",
	       judged, planned, chosen, quit_asked);
	ck_assert_uint_gt(chosen, 50);
	ck_assert_uint_gt(quit_asked, 200);
	ck_assert_uint_gt(judged, 1000);
	ck_assert_uint_gt(planned, 1000);
	/* every operation, and none, was planned by some walk */
	ck_assert_uint_eq(ops_met, ((size_t)1 << OPERATION__MAX) - 1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {the_rules_are_the_models};

	return SUITE_RUN("rules_model", tests);
}
