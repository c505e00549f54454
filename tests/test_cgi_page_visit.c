/* What a visit of /w/{id}/ gets that the gate did not send to an instance.
 * SPEC F2. */
#include "support/cgifix.h"

static struct workspace
in_state(enum status status, enum status desired, bool archive)
{
	struct workspace w = create(&ann_who, "a <b>name</b>");

	if (archive)
		packed(w.id);
	if (status == STATUS_ERROR)
		broken(w.id, REASON_TIMEOUT);
	else if (status != STATUS_PENDING)
		becomes(w.id, status);
	ok(workspace_wish(cx, db, w.id, 0, desired, &w));
	return w;
}

static bool
offered(const char *id, const char *verb)
{
	return says(arena_printf(&t.cx.arena, "action=\"/workspaces/%s/%s\"",
				 id, verb));
}

static int
visited(const char *cookie, const char *id)
{
	return look(cookie, fmt("/w/%s/deep?q=1", id));
}

static const struct {
	enum status status, desired;
	bool archive;
	int answer;
	bool wakes;
	const char *says;
} visits[] = {
	{STATUS_STANDBY, STATUS_STANDBY, false, 200, true, "data-leave"},
	{STATUS_STANDBY, STATUS_PENDING, false, 200, true, "data-leave"},
	{STATUS_STANDBY, STATUS_RUNNING, false, 200, false, "data-leave"},
	{STATUS_PENDING, STATUS_RUNNING, false, 200, false, "data-leave"},
	{STATUS_PENDING, STATUS_RUNNING, true, 200, false, "data-leave"},
	{STATUS_PENDING, STATUS_PENDING, true, 502, false, "/restore\""},
	{STATUS_PENDING, STATUS_PENDING, false, 502, false, "/start\""},
	{STATUS_PENDING, STATUS_STANDBY, false, 502, false, "on its way"},
	{STATUS_RUNNING, STATUS_STANDBY, false, 502, false, "/start\""},
	{STATUS_RUNNING, STATUS_RUNNING, false, 200, false, "data-leave"},
	{STATUS_ERROR, STATUS_RUNNING, false, 502, false, "/recover\""},
};
#define N_VISITS (sizeof(visits) / sizeof(visits[0]))

START_TEST(a_visit_gets_what_fits_the_state)
{
	for (size_t i = 0; i < N_VISITS; i++) {
		struct workspace w =
			in_state(visits[i].status, visits[i].desired,
				 visits[i].archive);

		ck_assert_int_eq(visited(ann_cookie, w.id), visits[i].answer);
		ck_assert_msg(says(visits[i].says), "row %zu", i);
		ck_assert_str_eq(header_of("Cache-Control"), "no-store");
		ck_assert_int_eq(get(w.id).rev != w.rev, visits[i].wakes);
		if (visits[i].wakes)
			ck_assert_int_eq(get(w.id).desired, STATUS_RUNNING);
		ok(wish_delete(cx, db, &ann_who, w.id, 0, &w));
		becomes(w.id, STATUS_DELETED);
	}
}
END_TEST

START_TEST(what_is_no_navigation_wakes_nothing)
{
	static const char *const method[] = {"GET",    "HEAD",	"POST",	  "PUT",
					     "DELETE", "PATCH", "OPTIONS"};
	static const char *const header[][2] = {{"HTTP_ACCEPT", "*/*"},
						{"HTTP_SEC_FETCH_MODE", "cors"},
						{"HTTP_SEC_FETCH_DEST",
						 "image"},
						{"HTTP_SEC_WEBSOCKET_KEY", "x"},
						{"HTTP_SEC_PURPOSE",
						 "prefetch"}};

	for (size_t i = 0; i < N_VISITS; i++) {
		struct workspace w =
			in_state(visits[i].status, visits[i].desired,
				 visits[i].archive);

		for (size_t k = 0; k < 12; k++) {
			ask(k < 7 ? method[k] : "GET", fmt("/w/%s/api", w.id));
			as(ann_cookie);
			if (k >= 7) {
				browser();
				set(header[k - 7][0], header[k - 7][1]);
			}
			ck_assert_int_eq(answered(), 503);
			ck_assert_ptr_nonnull(header_of("Retry-After"));
			ck_assert_int_eq(get(w.id).rev, w.rev);
		}
		ok(wish_delete(cx, db, &ann_who, w.id, 0, &w));
		becomes(w.id, STATUS_DELETED);
	}
}
END_TEST

/* Apache asks for a page with another method, without what it hid from the
 * instance, and with the length of a body that is gone. */
static void
ask_again(const char *status, const char *method, const char *id)
{
	ask("GET", fmt("/w/%s/deep?q=1", id));
	set("REDIRECT_STATUS", status);
	set("REDIRECT_REQUEST_METHOD", method);
	set("CONTENT_LENGTH", "12345");
	set("HTTP_AUTHORIZATION", "Bearer of-the-instance");
}

START_TEST(a_second_try_is_judged_as_the_first)
{
	struct workspace w = in_state(STATUS_RUNNING, STATUS_RUNNING, false);

	/* the instance is dead */
	ask_again("503", "GET", w.id);
	set("REDIRECT_GATE_COOKIE", ann_cookie);
	browser();
	ck_assert_int_eq(answered(), 502);
	ck_assert(says("data-page=\"gateway\""));
	ask_again("503", "POST", w.id);
	set("REDIRECT_GATE_COOKIE", ann_cookie);
	browser();
	ck_assert_int_eq(answered(), 503);
	ck_assert_ptr_nonnull(header_of("Retry-After"));
	/* the checker said no, and every no is a 401 */
	ask_again("401", "GET", w.id);
	as(bob_cookie);
	ck_assert_int_eq(answered(), 403);
	ask_again("401", "GET", w.id);
	ck_assert_int_eq(answered(), 401);
	ask_again("401", "POST", w.id);
	browser();
	ck_assert_int_eq(answered(), 401);
	ask_again("401", "GET", w.id);
	browser();
	ck_assert_int_eq(answered(), 303);
	ask_again("401", "GET", w.id);
	as(ann_cookie);
	set("HTTP_SEC_WEBSOCKET_KEY", "x");
	set("HTTP_ORIGIN", "https://evil.example");
	ck_assert_int_eq(answered(), 403);
	ask_again("400", "GET", w.id); /* headers that we do not see */
	browser();
	as(ann_cookie);
	ck_assert_int_eq(answered(), 400);
	ask("GET", fmt("/w/%s/a%%2f../b", w.id));
	browser();
	as(ann_cookie);
	ck_assert_int_eq(answered(), 400);
}
END_TEST

/* A sleeping one is not woken by what was a HEAD or POST. */
START_TEST(a_second_try_wakes_only_for_what_the_first_would)
{
	struct workspace w = in_state(STATUS_STANDBY, STATUS_STANDBY, false);

	ask_again("503", "HEAD", w.id);
	browser();
	as(ann_cookie);
	ck_assert_int_eq(answered(), 503);
	ck_assert_int_eq(get(w.id).rev, w.rev);
	ask_again("401", "GET", w.id);
	browser();
	as(ann_cookie);
	ck_assert_int_eq(answered(), 200);
	ck_assert_int_eq(get(w.id).desired, STATUS_RUNNING);
}
END_TEST

/* A form was posted, the web server failed: it is not posted again. */
START_TEST(what_failed_outside_of_the_door_is_not_done_again)
{
	struct workspace w = in_state(STATUS_STANDBY, STATUS_STANDBY, false);

	for (int i = 0; i < 2; i++) {
		ask("GET", fmt("/api/v1/workspaces/%s:start", w.id));
		as(ann_cookie);
		set("REDIRECT_STATUS", "500");
		set("REDIRECT_REQUEST_METHOD", "POST");
		set("CONTENT_LENGTH", i == 0 ? "20" : "200000");
		ck_assert_int_eq(answered(), i == 0 ? 500 : 413);
		ck_assert_int_eq(get(w.id).rev, w.rev);
	}
}
END_TEST

START_TEST(a_host_that_has_no_way_to_an_instance_says_so)
{
	struct workspace w = in_state(STATUS_RUNNING, STATUS_RUNNING, false);

	ask("GET", fmt("/w/%s/", w.id));
	set("REDIRECT_ROOST_NO_PROXY", "1");
	set("REDIRECT_STATUS", "200");
	browser();
	as(ann_cookie);
	ck_assert_int_eq(answered(), 502);
	ck_assert(says("This host cannot bring you to it"));
	w = in_state(STATUS_STANDBY, STATUS_STANDBY, false);
	ask("GET", fmt("/w/%s/", w.id));
	set("ROOST_NO_PROXY", "1");
	as(ann_cookie);
	ck_assert_int_eq(answered(), 503);
}
END_TEST

START_TEST(only_an_id_gets_its_slash)
{
	static const char *const odd[] = {"/w/nonsense", "/w/%2f",
					  "/w/12345678-1234-4234-8234-"
					  "123456789abc%2fx"};

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		ck_assert_int_eq(look(ann_cookie, odd[i]), 404);
}
END_TEST

START_TEST(an_admin_does_not_enter)
{
	struct workspace w = in_state(STATUS_STANDBY, STATUS_STANDBY, false);

	ck_assert_int_eq(visited(admin_cookie, w.id), 403);
	ck_assert_int_eq(visited(bob_cookie, w.id), 403);
	ck_assert_int_eq(get(w.id).rev, w.rev);
	ck_assert_int_eq(look(admin_cookie, fmt("/workspaces/%s", w.id)), 200);
	ck_assert(says("Owner: ann"));
}
END_TEST

START_TEST(who_is_not_logged_in_comes_back)
{
	struct workspace w = in_state(STATUS_STANDBY, STATUS_STANDBY, false);

	ask("GET", fmt("/w/%s/a?b=c", w.id));
	browser();
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_eq(header_of("Location"),
			 fmt("/login?back=%%2Fw%%2F%s%%2Fa%%3Fb%%3Dc", w.id));
	ask("GET", fmt("/w/%s/", w.id));
	ck_assert_int_eq(answered(), 401);
}
END_TEST

START_TEST(a_dead_one_is_said_to_be_dead)
{
	struct workspace w = in_state(STATUS_RUNNING, STATUS_RUNNING, false);

	ask("GET", fmt("/w/%s/", w.id));
	browser();
	as(ann_cookie);
	set("GATE_ERROR", "502");
	ck_assert_int_eq(answered(), 502);
	ck_assert(says("does not answer"));
}
END_TEST

START_TEST(over_the_limit_a_visit_gets_the_list)
{
	struct workspace w = in_state(STATUS_STANDBY, STATUS_STANDBY, false);
	struct workspace a = create(&ann_who, "first");

	create(&ann_who, "second");
	ck_assert_int_eq(visited(ann_cookie, w.id), 502);
	ck_assert(offered(a.id, "stop"));
	ck_assert(says(fmt("name=\"back\" value=\"/w/%s/deep?q=1\"", w.id)));
	ck_assert_int_eq(get(w.id).rev, w.rev);
}
END_TEST

START_TEST(following_never_wakes)
{
	struct workspace w = in_state(STATUS_STANDBY, STATUS_STANDBY, false);
	const char *path = fmt("/workspaces/%s/loading", w.id);

	ck_assert_int_eq(look(ann_cookie, path), 502);
	ck_assert(says("It is asleep"));
	ck_assert_int_eq(get(w.id).rev, w.rev);
	ok(wish_start(cx, db, &ann_who, w.id, 0, &w));
	ck_assert_int_eq(look(ann_cookie, path), 200);
	ck_assert(says("http-equiv=\"refresh\""));
	becomes(w.id, STATUS_RUNNING);
	ck_assert_int_eq(look(ann_cookie, arena_printf(&t.cx.arena,
						       "%s?to=%%2Fw%%2F%s%%2Fx",
						       path, w.id)),
			 303);
	ck_assert_str_eq(header_of("Location"), fmt("/w/%s/x", w.id));
	/* only into this workspace */
	ck_assert_int_eq(look(ann_cookie, fmt("%s?to=%%2Flogout", path)), 303);
	ck_assert_str_eq(header_of("Location"), fmt("/w/%s/", w.id));
}
END_TEST

START_TEST(what_is_gone_is_not_found)
{
	struct workspace w = create(&ann_who, "a");

	ok(wish_delete(cx, db, &ann_who, w.id, 0, &w));
	ck_assert_int_eq(visited(ann_cookie, w.id), 502);
	ck_assert(offered(w.id, "undelete"));
	becomes(w.id, STATUS_DELETED);
	ck_assert_int_eq(visited(ann_cookie, w.id), 404);
	ck_assert(!offered(w.id, "undelete"));
}
END_TEST

START_TEST(a_slash_is_added)
{
	struct workspace w = create(&ann_who, "a");

	ck_assert_int_eq(look(ann_cookie, fmt("/w/%s?x=1", w.id)), 308);
	ck_assert_str_eq(header_of("Location"), fmt("/w/%s/?x=1", w.id));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] =
		{a_visit_gets_what_fits_the_state,
		 what_is_no_navigation_wakes_nothing,
		 a_second_try_is_judged_as_the_first,
		 a_second_try_wakes_only_for_what_the_first_would,
		 what_failed_outside_of_the_door_is_not_done_again,
		 a_host_that_has_no_way_to_an_instance_says_so,
		 only_an_id_gets_its_slash,
		 an_admin_does_not_enter,
		 who_is_not_logged_in_comes_back,
		 a_dead_one_is_said_to_be_dead,
		 over_the_limit_a_visit_gets_the_list,
		 following_never_wakes,
		 what_is_gone_is_not_found,
		 a_slash_is_added};

	return run_cgi("page_visit", tests, sizeof(tests) / sizeof(tests[0]));
}
