/* What JSON clients get, through the whole program. SPEC section 7. */
#include "support/cgifix.h"

#include <json-c/json.h>

#include "base/clock.h"
#include "base/fault.h"

/* The answer as JSON; lives until the next one. */
static struct json_object *answer;

static int
call(const char *method, const char *path, const char *text)
{
	ask(method, arena_printf(&t.cx.arena, "/api/v1%s", path));
	as(ann_cookie);
	if (text)
		json(text);
	return answered();
}

static struct json_object *
parsed(void)
{
	json_object_put(answer);
	answer = json_tokener_parse(body_of());
	ck_assert_msg(answer != NULL, "%s", body_of());
	return answer;
}

static const char *
at(const char *path)
{
	struct json_object *o = NULL;

	if (json_pointer_get(parsed(), path, &o))
		return "absent";
	return o ? arena_strdup(&t.cx.arena, json_object_get_string(o))
		 : "null";
}

START_TEST(a_workspace_has_the_shape_of_the_contract)
{
	static const char *const keys[] = {"id",
					   "owner_user_id",
					   "name",
					   "description",
					   "memo",
					   "app",
					   "status",
					   "phase",
					   "operation",
					   "desired_state",
					   "archive_key",
					   "op_progress",
					   "error_reason",
					   "error_message",
					   "error_count",
					   "next_retry_at",
					   "last_access_at",
					   "idle_since",
					   "connections",
					   "keep_until",
					   "runs_because",
					   "restore_key",
					   "stops_at",
					   "archives_at",
					   "standby_ttl_seconds",
					   "archive_ttl_seconds",
					   "status_changed_at",
					   "created_at",
					   "updated_at",
					   "rev",
					   "path"};
	struct workspace w = create(&ann_who, "a");
	size_t n = sizeof(keys) / sizeof(keys[0]);

	ck_assert_int_eq(call("GET", fmt("/workspaces/%s", w.id), NULL), 200);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(json_object_object_get_ex(parsed(), keys[i],
							NULL),
			      "%s is missing", keys[i]);
	ck_assert_int_eq(json_object_object_length(answer), (int)n);
	ck_assert_str_eq(at("/id"), w.id);
	ck_assert_str_eq(at("/phase"), "PENDING");
	ck_assert_str_eq(at("/op_progress"), "null");
	ck_assert_str_eq(at("/path"), fmt("/w/%s/", w.id));
	ck_assert_uint_eq(strlen(at("/created_at")), 24);
	ok(wish_delete(cx, db, &ann_who, w.id, 0, &w));
	ck_assert_int_eq(call("GET", fmt("/workspaces/%s", w.id), NULL), 200);
	ck_assert_str_ne(at("/deleted_at"), "absent");
}
END_TEST

START_TEST(progress_and_phase_are_told)
{
	struct workspace w = create(&ann_who, "a");
	const char *op = new_id();

	ok(op_begin(cx, db, w.id, w.rev, STATUS_STANDBY, OPERATION_ARCHIVING,
		    op, &w));
	ok(op_progress(cx, db, w.id, op, 5, 0, "bytes", &w));
	ck_assert_int_eq(call("GET", fmt("/workspaces/%s", w.id), NULL), 200);
	ck_assert_str_eq(at("/operation"), "ARCHIVING");
	ck_assert_str_eq(at("/op_progress/done"), "5");
	ck_assert_str_eq(at("/op_progress/total"), "null");
	ck_assert_str_eq(at("/op_progress/unit"), "bytes");
	w = create(&ann_who, "b");
	packed(w.id);
	ck_assert_int_eq(call("GET", fmt("/workspaces/%s", w.id), NULL), 200);
	ck_assert_str_eq(at("/phase"), "ARCHIVED");
	ck_assert_str_eq(at("/status"), "PENDING");
}
END_TEST

START_TEST(create_answers_201_once_per_key)
{
	const char *first;

	ask("POST", "/api/v1/workspaces");
	as(ann_cookie);
	set("HTTP_IDEMPOTENCY_KEY", "k");
	json("{\"name\":\"a\",\"standby_ttl_seconds\":0}");
	ck_assert_int_eq(answered(), 201);
	first = at("/id");
	ck_assert_str_eq(header_of("Location"),
			 fmt("/api/v1/workspaces/%s", first));
	ck_assert_str_eq(at("/standby_ttl_seconds"), "0");
	ck_assert_str_eq(at("/desired_state"), "RUNNING");
	ck_assert_ptr_nonnull(header_of("ETag"));
	/* the same in another order of fields */
	ask("POST", "/api/v1/workspaces");
	as(ann_cookie);
	set("HTTP_IDEMPOTENCY_KEY", "k");
	json("{\"standby_ttl_seconds\": 0, \"name\": \"a\"}");
	ck_assert_int_eq(answered(), 201);
	ck_assert_str_eq(at("/id"), first);
	ask("POST", "/api/v1/workspaces");
	as(ann_cookie);
	set("HTTP_IDEMPOTENCY_KEY", "k");
	json("{\"name\":\"b\"}");
	ck_assert_int_eq(answered(), 409);
}
END_TEST

/* The intent is committed: cron will see it. */
START_TEST(a_kick_that_fails_fails_no_request)
{
	long points = 1;

	do {
		ok(setting_put(cx, db, SETTING_MAX_RUNNING_PER_USER, 100));
		fault_arm(points);
		call("POST", "/workspaces", "{\"name\":\"a\"}");
	} while (fault_fired() && ++points);
	fault_arm(0);
	/* the last point is the kick's */
	ck_assert_int_ge(--points, 2);
	fault_arm(points);
	ck_assert_int_eq(call("POST", "/workspaces", "{\"name\":\"a\"}"), 201);
	ck_assert(fault_fired());
	fault_arm(0);
	ck_assert_int_eq(get(at("/id")).desired, STATUS_RUNNING);
}
END_TEST

START_TEST(create_at_the_limit_lists_the_running)
{
	struct workspace a = create(&ann_who, "first");

	create(&ann_who, "second");
	ck_assert_int_eq(call("POST", "/workspaces", "{\"name\":\"c\"}"), 429);
	ck_assert_str_eq(at("/error/code"), "RUNNING_LIMIT_EXCEEDED");
	ck_assert_str_eq(at("/error/limit"), "2");
	ck_assert_uint_eq(json_object_array_length(json_object_object_get(
				  json_object_object_get(answer, "error"),
				  "running")),
			  2);
	ck_assert(says(a.id));
}
END_TEST

START_TEST(lists_are_filtered_and_paged_with_a_true_total)
{
	const char *cursor, *ids[3];

	ok(setting_put(cx, db, SETTING_MAX_RUNNING_PER_USER, 10));
	for (int i = 0; i < 3; i++) {
		cx->now_ms++;
		ids[i] = create(&ann_who, i == 1 ? "needle" : "hay").id;
	}
	create(&bob_who, "not mine");
	ck_assert_int_eq(call("GET", "/workspaces?limit=2", NULL), 200);
	ck_assert_str_eq(at("/total"), "3");
	ck_assert_str_eq(at("/items/0/id"), ids[2]);
	ck_assert_str_eq(at("/items/2/id"), "absent");
	cursor = at("/next_cursor");
	ck_assert_int_eq(call("GET",
			      fmt("/workspaces?limit=2&cursor=%s", cursor),
			      NULL),
			 200);
	ck_assert_str_eq(at("/total"), "3");
	ck_assert_str_eq(at("/items/0/id"), ids[0]);
	ck_assert_str_eq(at("/next_cursor"), "null");
	ck_assert_int_eq(call("GET", "/workspaces?q=NEEDLE", NULL), 200);
	ck_assert_str_eq(at("/total"), "1");
	ck_assert_str_eq(at("/items/0/id"), ids[1]);
	becomes(ids[0], STATUS_STANDBY);
	ck_assert_int_eq(call("GET", "/workspaces?phase=STANDBY", NULL), 200);
	ck_assert_str_eq(at("/items/0/id"), ids[0]);
	ck_assert_str_eq(at("/total"), "1");
	ck_assert_int_eq(call("GET", "/workspaces?sort=name", NULL), 200);
	ck_assert_str_eq(at("/items/2/name"), "needle");
}
END_TEST

START_TEST(bad_questions_are_400_with_the_field)
{
	static const char *const bad[][2] = {{"phase=NONSENSE", "phase"},
					     {"sort=nonsense", "sort"},
					     {"limit=0", "limit"},
					     {"limit=1001", "limit"},
					     {"cursor=nonsense", "cursor"},
					     {"nonsense=1", "nonsense"}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(call("GET", fmt("/workspaces?%s", bad[i][0]),
				      NULL),
				 400);
		ck_assert_str_eq(at("/error/code"), "INVALID_REQUEST");
		ck_assert_str_eq(at("/error/field"), bad[i][1]);
	}
}
END_TEST

START_TEST(extend_is_for_a_while_within_the_limit)
{
	struct workspace w = create(&ann_who, "a");
	const char *path = fmt("/workspaces/%s:extend", w.id);

	becomes(w.id, STATUS_RUNNING);
	ck_assert_int_eq(call("POST", path, "{\"seconds\":3600}"), 200);
	ck_assert_int_ge(get(w.id).keep_until_ms, clock_now_ms() + 3590000);
	ck_assert_int_le(get(w.id).keep_until_ms, clock_now_ms() + 3600000);
	ck_assert_uint_eq(strlen(at("/keep_until")), 24);
	ck_assert_str_eq(at("/runs_because"), "KEPT");
	ck_assert_str_eq(at("/stops_at"), at("/keep_until"));
	ck_assert_uint_eq(strlen(at("/archives_at")), 24);
	ck_assert_int_eq(call("POST", path, "{\"seconds\":86401}"), 400);
	ck_assert_str_eq(at("/error/field"), "seconds");
	ck_assert_int_eq(call("POST", path, "{\"seconds\":-1}"), 400);
	ck_assert_int_eq(call("POST", path, "{}"), 400);
	ck_assert_int_eq(call("POST", path, "{\"seconds\":0}"), 200);
	ck_assert_str_eq(at("/keep_until"), "null");
	ck_assert_str_eq(at("/runs_because"), "USED");
	ok(wish_stop(cx, db, &ann_who, w.id, 0, &w));
	ck_assert_int_eq(call("POST", path, "{\"seconds\":60}"), 409);
	ask("POST", fmt("/api/v1%s", path));
	as(bob_cookie);
	json("{\"seconds\":60}");
	ck_assert_int_eq(answered(), 403);
}
END_TEST

START_TEST(patch_changes_what_it_names)
{
	struct workspace w = create(&ann_who, "a");
	const char *path = fmt("/workspaces/%s", w.id), *tag;

	ck_assert_int_eq(call("PATCH", path,
			      "{\"memo\":\"m\\nn\",\"archive_ttl_seconds\":9,"
			      "\"desired_state\":\"ARCHIVED\"}"),
			 200);
	ck_assert_str_eq(at("/memo"), "m\nn");
	ck_assert_str_eq(at("/name"), "a");
	ck_assert_str_eq(at("/archive_ttl_seconds"), "9");
	ck_assert_str_eq(at("/desired_state"), "PENDING");
	tag = header_of("ETag");
	ask("PATCH", fmt("/api/v1%s", path));
	as(ann_cookie);
	set("HTTP_IF_MATCH", tag);
	json("{\"description\":\"d\"}");
	ck_assert_int_eq(answered(), 200);
	ask("PATCH", fmt("/api/v1%s", path));
	as(ann_cookie);
	set("HTTP_IF_MATCH", tag);
	json("{\"description\":\"lost\"}");
	ck_assert_int_eq(answered(), 412);
	ck_assert_str_eq(get(w.id).description, "d");
	ck_assert_int_eq(call("PATCH", path, "{\"desired_state\":\"ERROR\"}"),
			 400);
	ck_assert_str_eq(at("/error/field"), "desired_state");
}
END_TEST

START_TEST(actions_answer_202)
{
	static const struct {
		const char *verb, *desired;
	} good[] = {{"stop", "STANDBY"},
		    {"archive", "PENDING"},
		    {"restore", "RUNNING"},
		    {"start", "RUNNING"}};
	struct workspace w = create(&ann_who, "a");

	packed(w.id);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(call("POST",
				      arena_printf(&t.cx.arena,
						   "/workspaces/%s:%s", w.id,
						   good[i].verb),
				      i % 2 ? "{}" : NULL),
				 202);
		ck_assert_str_eq(at("/desired_state"), good[i].desired);
	}
	ck_assert_int_eq(call("POST", fmt("/workspaces/%s:recover", w.id),
			      NULL),
			 409);
	ck_assert_str_eq(at("/error/code"), "INVALID_STATE");
	broken(w.id, REASON_TIMEOUT);
	ck_assert_int_eq(call("POST", fmt("/workspaces/%s:recover", w.id),
			      NULL),
			 202);
	ck_assert_str_eq(at("/error_count"), "0");
	broken(w.id, REASON_DATA_LOST);
	ck_assert_int_eq(call("POST", fmt("/workspaces/%s:recover", w.id),
			      NULL),
			 403);
}
END_TEST

START_TEST(delete_and_back)
{
	struct workspace w = create(&ann_who, "a");
	const char *path = fmt("/workspaces/%s", w.id);

	ck_assert_int_eq(call("DELETE", path, NULL), 204);
	ck_assert_str_eq(body_of(), "");
	ck_assert_int_eq(call("DELETE", path, NULL), 204);
	ck_assert_int_eq(call("POST", fmt("/workspaces/%s:start", w.id), NULL),
			 409);
	ck_assert_int_eq(call("GET", "/workspaces", NULL), 200);
	ck_assert_str_eq(at("/total"), "0");
	ck_assert_int_eq(call("POST", fmt("/workspaces/%s:undelete", w.id),
			      NULL),
			 202);
	ck_assert_str_eq(at("/deleted_at"), "absent");
}
END_TEST

START_TEST(history_is_told_newest_first)
{
	struct workspace w = create(&ann_who, "a");
	struct ws_outcome o = now_is(STATUS_STANDBY);
	const char *op = new_id();

	ok(op_begin(cx, db, w.id, w.rev, STATUS_PENDING, OPERATION_PROVISIONING,
		    op, &w));
	ok(op_end(cx, db, w.id, op, RESULT_OK, 7, &o, &w));
	ok(op_begin(cx, db, w.id, w.rev, STATUS_STANDBY, OPERATION_STARTING,
		    new_id(), &w));
	ck_assert_int_eq(call("GET", fmt("/workspaces/%s/operations", w.id),
			      NULL),
			 200);
	ck_assert_str_eq(at("/items/0/operation"), "STARTING");
	ck_assert_str_eq(at("/items/0/ended_at"), "null");
	ck_assert_str_eq(at("/items/1/operation"), "PROVISIONING");
	ck_assert_str_eq(at("/items/1/bytes"), "7");
	ck_assert_str_eq(at("/items/1/result"), result_name(RESULT_OK));
	ck_assert_int_eq(call("GET",
			      fmt("/workspaces/%s/operations?limit=1", w.id),
			      NULL),
			 200);
	ck_assert_str_ne(at("/next_before"), "null");
	ck_assert_str_eq(at("/items/1"), "absent");
}
END_TEST

START_TEST(log_in_and_out)
{
	const char *cookie;

	ok(auth_user_add(cx, db, &who_ctl, "eve", "correct horse", ROLE_ADMIN,
			 NULL));
	ask("POST", "/api/v1/login");
	json("{\"username\":\"eve\",\"password\":\"wrong horse\"}");
	ck_assert_int_eq(answered(), 401);
	ck_assert_ptr_null(header_of("Set-Cookie"));
	ask("POST", "/api/v1/login");
	json("{\"username\":\"eve\",\"password\":\"correct horse\"}");
	ck_assert_int_eq(answered(), 200);
	ck_assert_str_eq(at("/role"), "admin");
	ck_assert(!says("correct horse"));
	cookie = header_of("Set-Cookie");
	ck_assert_ptr_nonnull(strstr(cookie, "HttpOnly"));
	ck_assert_ptr_nonnull(strstr(cookie, "SameSite=Lax"));
	cookie = arena_strndup(&t.cx.arena, cookie, strcspn(cookie, ";"));
	ask("GET", "/api/v1/session");
	as(cookie);
	ck_assert_int_eq(answered(), 200);
	ck_assert_str_eq(at("/username"), "eve");
	ask("POST", "/api/v1/logout");
	as(cookie);
	json("{}");
	ck_assert_int_eq(answered(), 200);
	ck_assert_ptr_nonnull(strstr(header_of("Set-Cookie"), "Max-Age=0"));
	ask("GET", "/api/v1/session");
	as(cookie);
	ck_assert_int_eq(answered(), 401);
}
END_TEST

START_TEST(log_in_is_locked_with_retry_after)
{
	for (int i = 0; i < 6; i++) {
		ask("POST", "/api/v1/login");
		json("{\"username\":\"nobody\",\"password\":\"x\"}");
		ck_assert_int_eq(answered(), i < 5 ? 401 : 429);
	}
	ck_assert_str_eq(at("/error/code"), "TOO_MANY_REQUESTS");
	ck_assert_int_ge(strtol(header_of("Retry-After"), NULL, 10), 28);
}
END_TEST

START_TEST(health_is_for_all_and_metrics_are_not)
{
	ask("GET", "/healthz");
	browser();
	ck_assert_int_eq(answered(), 200);
	ck_assert_str_eq(header_of("Content-Type"), "application/json");
	ck_assert_str_eq(at("/status"), "degraded");
	ck_assert_str_eq(at("/checks/database/ok"), "true");
	ck_assert_str_eq(at("/checks/cron/ok"), "false");
	ask("GET", "/metrics");
	ck_assert_int_ne(answered(), 200);
	ask("GET", "/metrics");
	as(ann_cookie);
	ck_assert_int_eq(answered(), 403);
	ask("GET", "/metrics");
	as(admin_cookie);
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("\nroost_users 3\n"));
}
END_TEST

START_TEST(metrics_with_a_token)
{
	const char *token;

	ok(auth_token_add(cx, db, &who_ctl, ann, "prometheus", 0, &token));
	ask("GET", "/metrics");
	set("HTTP_AUTHORIZATION", fmt("Bearer %s", token));
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("\nroost_users 3\n"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] =
		{a_workspace_has_the_shape_of_the_contract,
		 progress_and_phase_are_told,
		 create_answers_201_once_per_key,
		 a_kick_that_fails_fails_no_request,
		 create_at_the_limit_lists_the_running,
		 lists_are_filtered_and_paged_with_a_true_total,
		 bad_questions_are_400_with_the_field,
		 extend_is_for_a_while_within_the_limit,
		 patch_changes_what_it_names,
		 actions_answer_202,
		 delete_and_back,
		 history_is_told_newest_first,
		 log_in_and_out,
		 log_in_is_locked_with_retry_after,
		 health_is_for_all_and_metrics_are_not,
		 metrics_with_a_token};

	return run_cgi("page_api", tests, sizeof(tests) / sizeof(tests[0]));
}
