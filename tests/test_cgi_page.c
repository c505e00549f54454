/* What people get: pages, forms, messages. SPEC sections 2 (F2), 9. */
#include "support/cgifix.h"

#include "cgi/page.h"
#include "rules/bulk.h"
#include "store/survey.h"

#define CSRF "csrf=ann-token"

/* ---- Messages ---- */

static const char *const keys[] = {
#define X(key, en, ko) #key,
#include "cgi/text.def"
#undef X
};
#define N_KEYS ((int)(sizeof(keys) / sizeof(keys[0])))

/* The next {name} of a message, or NULL. {name|one|many} is of a language. */
static const char *
placeholder(const char **s)
{
	const char *from = strchr(*s, '{'), *to;

	if (!from || !(to = strchr(from, '}')))
		return NULL;
	*s = to + 1;
	if (memchr(from, '|', (size_t)(to - from)))
		return placeholder(s);
	return arena_strndup(&t.cx.arena, from, (size_t)(to + 1 - from));
}

START_TEST(every_message_is_in_both_languages)
{
	for (int i = 0; i < N_KEYS; i++) {
		const char *en = page_words.text(i, 0);
		const char *ko = page_words.text(i, 1), *p, *name;

		ck_assert_int_eq(page_words.find(keys[i]), i);
		/* an empty half of a sentence is the other's business */
		if (!strchr(keys[i], '_') || en[0] == '\0' || ko[0] == '\0')
			continue;
		for (p = en; (name = placeholder(&p));)
			ck_assert_msg(strstr(ko, name) != NULL, "%s: %s",
				      keys[i], name);
		for (p = ko; (name = placeholder(&p));)
			ck_assert_msg(strstr(en, name) != NULL, "%s: %s",
				      keys[i], name);
	}
}
END_TEST

static void
known(const char *key)
{
	ck_assert_msg(page_has(key), "no message for %s", key);
}

START_TEST(every_word_of_the_rules_has_a_message)
{
	known("ARCHIVED");
	for (enum status s = 0; s < STATUS__MAX; s++)
		known(status_name(s));
	for (enum operation o = OPERATION_NONE + 1; o < OPERATION__MAX; o++) {
		known(operation_name(o));
		known(fmt("did_%s", operation_name(o)));
	}
	for (enum reason r = REASON_NONE + 1; r < REASON__MAX; r++)
		known(reason_name(r));
	for (enum result r = 0; r < RESULT__MAX; r++)
		known(fmt("result_%s", result_name(r)));
	for (enum err e = OK + 1; e < ERR__MAX; e++)
		known(err_slug(e));
	for (unsigned v = 0; v < BULK_VERB__MAX; v++)
		known(fmt("did_bulk_%s", bulk_verb_name(v)));
	for (enum survey_what w = 0; w < SURVEY__MAX; w++)
		known(fmt("did_archives_%s", survey_what_name(w)));
}
END_TEST

START_TEST(korean_pages_are_korean)
{
	static const char *const path[] = {"/", "/admin"};

	for (size_t i = 0; i < 2; i++) {
		ask("GET", path[i]);
		browser();
		as(admin_cookie);
		set("HTTP_ACCEPT_LANGUAGE", "ko-KR,ko;q=0.9,en;q=0.5");
		ck_assert_int_eq(answered(), 200);
		ck_assert(says("<html lang=\"ko\">"));
		ck_assert(says("내 워크스페이스"));
		ck_assert(!says("My workspaces"));
		ck_assert(!says("Log out"));
	}
}
END_TEST

START_TEST(the_switch_is_kept_in_a_cookie)
{
	ck_assert_int_eq(press(ann_cookie, "/language",
			       CSRF "&lang=ko&back=%2Fx"),
			 303);
	ck_assert_str_eq(header_of("Location"), "/x");
	ck_assert_int_eq(strncmp(header_of("Set-Cookie"), "lang=ko;", 8), 0);
	ask("GET", "/");
	browser();
	as(fmt("%s; lang=ko", ann_cookie));
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("<html lang=\"ko\">"));
	ck_assert_int_eq(press(ann_cookie, "/language", CSRF "&lang=xx"), 400);
	ck_assert_int_eq(press(ann_cookie, "/language",
			       CSRF "&lang=en&back=%2F%2Fevil.example"),
			 303);
	ck_assert_str_eq(header_of("Location"), "/");
}
END_TEST

START_TEST(a_flash_is_one_of_ours_and_shown_once)
{
	ask("GET", "/");
	browser();
	as(fmt("%s; roost_flash=said_stop", ann_cookie));
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("It will stop"));
	ck_assert_ptr_nonnull(strstr(header_of("Set-Cookie"), "Max-Age=0"));
	ask("GET", "/");
	browser();
	as(fmt("%s; roost_flash=Your.bank.wants.you", ann_cookie));
	ck_assert_int_eq(answered(), 200);
	ck_assert(!says("bank"));
	ck_assert(!says("id=\"flash\""));
}
END_TEST

START_TEST(a_flash_is_for_who_opens_a_page)
{
	ask("GET", "/"); /* a page that is being left fetches itself anew */
	browser();
	set("HTTP_SEC_FETCH_MODE", "cors");
	as(fmt("%s; roost_flash=said_stop", ann_cookie));
	ck_assert_int_eq(answered(), 200);
	ck_assert(!says("It will stop"));
	ck_assert(!says("roost_flash"));
}
END_TEST

/* ---- Logging in ---- */

START_TEST(login_comes_back_only_to_this_site)
{
	static const char *const evil[] = {"//evil.example",
					   "https://evil.example", "/\\evil"};

	ask("GET", "/login?back=%2Fw%2Fx%2F");
	browser();
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("name=\"back\" value=\"/w/x/\""));
	for (size_t i = 0; i < 3; i++) {
		ask("GET", fmt("/login?back=%s", evil[i]));
		browser();
		ck_assert_int_eq(answered(), 200);
		ck_assert(says("name=\"back\" value=\"/\""));
	}
	/* who is logged in already goes there at once */
	ck_assert_int_eq(look(ann_cookie, "/login?back=%2Fw%2Fx%2F"), 303);
	ck_assert_str_eq(header_of("Location"), "/w/x/");
}
END_TEST

START_TEST(login_form)
{
	ok(auth_user_add(cx, db, &who_ctl, "eve", "correct horse", ROLE_USER,
			 NULL));
	for (int i = 0; i < 7; i++) {
		ask("POST", "/login");
		browser();
		set("HTTP_SEC_FETCH_SITE", "same-origin");
		form(i == 0 ? "username=eve&password=correct+horse&"
			      "back=%2Fhere"
			    : "username=eve&password=%3Cb%3Ewrong");
		ck_assert_int_eq(answered(), i == 0 ? 303 : i < 6 ? 401 : 429);
		if (i == 0)
			ck_assert_str_eq(header_of("Location"), "/here");
		else
			ck_assert(says("value=\"eve\"") && !says("b&gt;wrong"));
	}
	ck_assert(says("Too many attempts"));
	ck_assert_ptr_nonnull(header_of("Retry-After"));
}
END_TEST

/* ---- My workspaces ---- */

static const struct {
	enum status status, desired;
	bool archive;
	const char *buttons; /* verbs that are offered, in any order */
} offers[] = {
	{STATUS_PENDING, STATUS_RUNNING, false, "stop delete"},
	{STATUS_PENDING, STATUS_PENDING, false, "start delete"},
	{STATUS_PENDING, STATUS_PENDING, true, "restore delete"},
	{STATUS_PENDING, STATUS_RUNNING, true, "stop delete"},
	{STATUS_STANDBY, STATUS_STANDBY, false, "start archive delete"},
	{STATUS_STANDBY, STATUS_RUNNING, false, "stop archive delete"},
	{STATUS_STANDBY, STATUS_PENDING, false, "start delete"},
	{STATUS_RUNNING, STATUS_RUNNING, false, "open stop archive delete"},
	{STATUS_RUNNING, STATUS_STANDBY, false, "start archive delete"},
	{STATUS_ERROR, STATUS_RUNNING, false, "stop recover delete"},
};

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
	if (strcmp(verb, "open") == 0)
		return says(fmt("href=\"/w/%s/\"", id));
	if (strcmp(verb, "delete") == 0)
		return says(fmt("href=\"/workspaces/%s/delete\"", id));
	return says(arena_printf(&t.cx.arena, "action=\"/workspaces/%s/%s\"",
				 id, verb));
}

START_TEST(buttons_fit_the_state)
{
	static const char *const verbs[] = {"open",    "start",	  "stop",
					    "archive", "restore", "recover",
					    "delete"};

	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		struct workspace w =
			in_state(offers[i].status, offers[i].desired,
				 offers[i].archive);

		ck_assert_int_eq(look(ann_cookie, "/"), 200);
		ck_assert(says("a &lt;b&gt;name&lt;/b&gt;"));
		ck_assert(!says("<b>name"));
		for (size_t v = 0; v < 7; v++) {
			const char *at = strstr(offers[i].buttons, verbs[v]);

			ck_assert_msg(offered(w.id, verbs[v]) == (at != NULL),
				      "row %zu: %s", i, verbs[v]);
		}
		ok(wish_delete(cx, db, &ann_who, w.id, 0, &w));
		becomes(w.id, STATUS_DELETED);
	}
}
END_TEST

START_TEST(buttons_do_what_they_say)
{
	static const struct {
		const char *verb;
		enum status desired;
		const char *said;
	} acts[] = {{"stop", STATUS_STANDBY, "said_stop"},
		    {"archive", STATUS_PENDING, "said_archive"},
		    {"start", STATUS_RUNNING, "said_start"}};
	struct workspace w = create(&ann_who, "a");

	for (size_t i = 0; i < 3; i++) {
		const char *path =
			arena_printf(&t.cx.arena, "/workspaces/%s/%s", w.id,
				     acts[i].verb);

		ck_assert_int_eq(press(ann_cookie, path,
				       CSRF "&back=%2F%3Fq%3Da"),
				 303);
		ck_assert_str_eq(header_of("Location"), "/?q=a");
		ck_assert_ptr_nonnull(
			strstr(header_of("Set-Cookie"), acts[i].said));
		ck_assert_int_eq(get(w.id).desired, acts[i].desired);
		ck_assert_int_eq(press(ann_cookie, path,
				       CSRF "&back=%2F%2Fevil"),
				 303);
		ck_assert_str_eq(header_of("Location"),
				 fmt("/workspaces/%s", w.id));
		ck_assert_int_eq(press(ann_cookie, path, "csrf=other"), 403);
	}
}
END_TEST

START_TEST(create_by_the_form_once)
{
	struct ws_query q = {.owner_id = ann};
	struct ws_page page;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(press(ann_cookie, "/workspaces",
				       CSRF
				       "&name=new&app=ide&description=&once="
				       "0f8fad5b-d9cb-469f-a165-70867728950e"),
				 303);
		ck_assert_str_eq(header_of("Location"), "/");
	}
	ok(workspace_list(cx, db, &q, &page));
	ck_assert_int_eq(page.total, 1);
	ck_assert_str_eq(page.v[0].app, "ide");
	ck_assert_int_eq(press(ann_cookie, "/workspaces", CSRF "&name="), 400);
	ck_assert_int_eq(press(ann_cookie, "/workspaces",
			       CSRF "&name=x&app=no"),
			 400);
}
END_TEST

START_TEST(the_limit_has_a_page_with_stop_buttons)
{
	struct workspace a = create(&ann_who, "first");
	struct workspace b = create(&ann_who, "second"), w;

	ck_assert_int_eq(press(ann_cookie, "/workspaces", CSRF "&name=third"),
			 429);
	ck_assert(offered(a.id, "stop") && offered(b.id, "stop"));
	ck_assert(says("You may run 2 at a time"));
	ck_assert(!says("data-until"));
	/* somebody has just pressed one: it waits for that */
	becomes(a.id, STATUS_RUNNING);
	ok(wish_stop(cx, db, &ann_who, a.id, 0, &w));
	ck_assert_int_eq(press(ann_cookie, "/workspaces", CSRF "&name=third"),
			 429);
	ck_assert(says(fmt("data-follow=\"%s\"", a.id)));
	ck_assert(says("data-until=\"down\""));
}
END_TEST

START_TEST(the_list_is_paged_and_searched)
{
	ok(setting_put(cx, db, SETTING_MAX_RUNNING_PER_USER, 100));
	for (int i = 0; i < 60; i++)
		create(&ann_who, i == 30 ? "a&b \"needle\"" : "hay");
	ck_assert_int_eq(look(ann_cookie, "/"), 200);
	ck_assert(says("60 workspaces"));
	ck_assert(says("rel=\"next\""));
	ck_assert_int_eq(look(ann_cookie, "/?q=needle&phase=PENDING&sort=name"),
			 200);
	ck_assert(says("1 workspace<"));
	ck_assert(says("value=\"needle\""));
	ck_assert(says("value=\"PENDING\" selected"));
	ck_assert(says("a&amp;b &quot;needle&quot;") ||
		  says("a&amp;b &#34;needle&#34;"));
	ck_assert_int_eq(look(ann_cookie, "/?q=nothing+like+it"), 200);
	ck_assert(says("Nothing matches"));
}
END_TEST

/* ---- One workspace ---- */

START_TEST(the_page_says_why_it_runs)
{
	struct workspace w = create(&ann_who, "a");
	struct ws_activity busy = {.id = w.id, .connections = 2};
	struct ws_activity idle = {.id = w.id};

	becomes(w.id, STATUS_RUNNING);
	busy.last_access_ms = idle.last_access_ms = cx->now_ms;
	idle.idle_since_ms = cx->now_ms;
	ok(workspace_activity(cx, db, &busy, 1));
	ck_assert_int_eq(look(ann_cookie, fmt("/workspaces/%s", w.id)), 200);
	ck_assert(says("2 connections open"));
	ck_assert(!says("Idle since"));
	ok(workspace_activity(cx, db, &idle, 1));
	ck_assert_int_eq(look(ann_cookie, fmt("/workspaces/%s", w.id)), 200);
	ck_assert(says("Idle since <time datetime="));
	ck_assert(says("stops at about <time datetime="));
	ck_assert(says(" UTC</time>"));
}
END_TEST

START_TEST(the_page_keeps_it_running)
{
	struct workspace w = create(&ann_who, "a");
	const char *path = fmt("/workspaces/%s/extend", w.id);
	const char *page = fmt("/workspaces/%s", w.id);

	becomes(w.id, STATUS_RUNNING);
	ck_assert_int_eq(look(ann_cookie, page), 200);
	ck_assert(says("for 1 hour") && says("for 24 hours"));
	ck_assert(!says("for 168 hours"));
	ck_assert(!says("Kept running until") && !says("No longer than"));
	ck_assert_int_eq(press(ann_cookie, path, CSRF "&minutes=120"), 303);
	ck_assert_int_eq(look(ann_cookie, page), 200);
	ck_assert(says("Kept running until <time datetime="));
	ck_assert(says("it is archived at about <time datetime="));
	ck_assert_int_eq(press(ann_cookie, path, CSRF "&minutes=0"), 303);
	ck_assert_int_eq(look(ann_cookie, page), 200);
	ck_assert(!says("Kept running until"));
	ok(setting_put(cx, db, SETTING_KEEP_MAX_HOURS, 0));
	ck_assert_int_eq(press(ann_cookie, path, CSRF "&minutes=1"), 400);
	ck_assert_int_eq(look(ann_cookie, page), 200);
	ck_assert(!says("/extend"));
}
END_TEST

/* Never, and as the site does; each button is there when it does something. */
START_TEST(the_page_pins_it)
{
	struct workspace w = create(&ann_who, "a");
	const char *path = fmt("/workspaces/%s/pin", w.id);
	const char *page = fmt("/workspaces/%s", w.id);

	ok(setting_put(cx, db, SETTING_STANDBY_TTL_SECONDS, 420));
	becomes(w.id, STATUS_RUNNING);
	ck_assert_int_eq(look(ann_cookie, page), 200);
	ck_assert(says(">Never put to sleep<") && says(">Never archive<"));
	ck_assert(!says("value=\"usual\""));
	ck_assert_int_eq(press(ann_cookie, path, CSRF "&standby=never"), 303);
	ck_assert_int_eq(get(w.id).standby_ttl_s, 0);
	ck_assert_int_eq(get(w.id).archive_ttl_s, w.archive_ttl_s);
	ck_assert_int_eq(look(ann_cookie, page), 200);
	ck_assert(says("Pinned: ") && !says(">Never put to sleep<"));
	ck_assert(says("name=\"standby\" value=\"usual\""));
	ck_assert_int_eq(press(ann_cookie, path, CSRF "&archive=never"), 303);
	ck_assert_int_eq(get(w.id).archive_ttl_s, 0);
	ck_assert_int_eq(press(ann_cookie, path, CSRF "&standby=usual"), 303);
	ck_assert_int_eq(get(w.id).standby_ttl_s, 420);
	ck_assert_int_eq(get(w.id).archive_ttl_s, 0);
	ck_assert_int_eq(press(ann_cookie, path, CSRF "&archive=usual"), 303);
	ck_assert_int_eq(get(w.id).archive_ttl_s, 86400);
	ck_assert_str_eq(get(w.id).name, "a");
	ck_assert_int_eq(press(ann_cookie, path, CSRF "&standby=maybe"), 400);
	ck_assert_int_eq(get(w.id).standby_ttl_s, 420);
	ck_assert_int_eq(press(bob_cookie, path, "csrf=bob-token"), 403);
	/* nothing to go back to where the site puts none to sleep */
	ok(setting_put(cx, db, SETTING_STANDBY_TTL_SECONDS, 0));
	ck_assert_int_eq(press(ann_cookie, path, CSRF "&standby=never"), 303);
	ck_assert_int_eq(look(ann_cookie, page), 200);
	ck_assert(says("Pinned: ") && !says("value=\"usual\""));
}
END_TEST

START_TEST(edit_keeps_what_was_not_touched)
{
	struct wish_new n = {.name = "a",
			     .standby_ttl_s = 90,
			     .archive_ttl_s = 7201};
	struct workspace w;
	const char *path;
	bool again;

	ok(wish_create(cx, db, &ann_who, &n, &w, &again));
	path = fmt("/workspaces/%s/edit", w.id);
	ck_assert_int_eq(press(ann_cookie, path,
			       CSRF "&name=b&description=d&memo=1%0D%0A2&"
				    "standby_ttl_minutes=2&"
				    "archive_ttl_hours=3"),
			 303);
	w = get(w.id);
	ck_assert_str_eq(w.name, "b");
	ck_assert_str_eq(w.memo, "1\n2");
	ck_assert_int_eq(w.standby_ttl_s, 90);
	ck_assert_int_eq(w.archive_ttl_s, 7201);
	ck_assert_int_eq(press(ann_cookie, path,
			       CSRF "&name=b&description=&memo=&"
				    "standby_ttl_minutes=0&"
				    "archive_ttl_hours=1"),
			 303);
	w = get(w.id);
	ck_assert_str_eq(w.description, "");
	ck_assert_int_eq(w.standby_ttl_s, 0);
	ck_assert_int_eq(w.archive_ttl_s, 3600);
}
END_TEST

START_TEST(delete_asks_and_names_it)
{
	struct workspace w = create(&ann_who, "precious");
	const char *path = fmt("/workspaces/%s/delete", w.id);

	ck_assert_int_eq(look(ann_cookie, path), 200);
	ck_assert(says("<strong>precious</strong>"));
	ck_assert(says("24 hours"));
	ck_assert_int_eq(get(w.id).deleted_ms, 0);
	ck_assert_int_eq(press(ann_cookie, path, CSRF "&back=%2F"), 303);
	ck_assert_int_ne(get(w.id).deleted_ms, 0);
	ck_assert_int_eq(look(ann_cookie, "/"), 200);
	ck_assert(says("Recently deleted"));
	ck_assert(offered(w.id, "undelete"));
	ck_assert_int_eq(press(ann_cookie, fmt("/workspaces/%s/undelete", w.id),
			       CSRF),
			 303);
	ck_assert_int_eq(get(w.id).deleted_ms, 0);
	ok(setting_put(cx, db, SETTING_UNDO_HOURS, 0));
	ck_assert_int_eq(look(ann_cookie, path), 200);
	ck_assert(says("cannot be undone"));
}
END_TEST

/* ---- Administration ---- */

START_TEST(an_admin_recovers)
{
	struct workspace w = create(&ann_who, "lost one");

	broken(w.id, REASON_DATA_LOST);
	ck_assert_int_eq(look(ann_cookie, "/admin"), 403);
	ck_assert_int_eq(look(ann_cookie, fmt("/workspaces/%s", w.id)), 200);
	ck_assert(!offered(w.id, "recover"));
	ck_assert(says("tell an administrator"));
	ck_assert_int_eq(look(admin_cookie, "/admin"), 200);
	ck_assert(says("lost one"));
	ck_assert(says("Owner: ann"));
	ck_assert(offered(w.id, "recover"));
	ask("POST", fmt("/workspaces/%s/recover", w.id));
	browser();
	as(admin_cookie);
	form("csrf=root-token&back=%2Fadmin");
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_eq(header_of("Location"), "/admin");
	ck_assert_int_eq(get(w.id).error_count, 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {every_message_is_in_both_languages,
				      every_word_of_the_rules_has_a_message,
				      korean_pages_are_korean,
				      the_switch_is_kept_in_a_cookie,
				      a_flash_is_one_of_ours_and_shown_once,
				      a_flash_is_for_who_opens_a_page,
				      login_comes_back_only_to_this_site,
				      login_form,
				      buttons_fit_the_state,
				      buttons_do_what_they_say,
				      create_by_the_form_once,
				      the_limit_has_a_page_with_stop_buttons,
				      the_list_is_paged_and_searched,
				      the_page_says_why_it_runs,
				      the_page_keeps_it_running,
				      the_page_pins_it,
				      edit_keeps_what_was_not_touched,
				      delete_asks_and_names_it,
				      an_admin_recovers};

	return run_cgi("page", tests, sizeof(tests) / sizeof(tests[0]));
}
