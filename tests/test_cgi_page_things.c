/* The pages of administration about things, and their API, through the whole
 * program: who may, every field wrong, hostile texts, both languages. */
#include "support/cgifix.h"

#include <json-c/json.h>

#include "rules/filter.h"
#include "service/bulk.h"
#include "store/pass.h"
#include "store/survey.h"

#define EVIL "<i>\"'&"
#define SAFE "&lt;i&gt;&quot;&#39;&amp;"

static int
get_as(const char *cookie, const char *path)
{
	ask("GET", path);
	if (strncmp(path, "/api/", 5) != 0)
		browser();
	if (cookie)
		as(cookie);
	return answered();
}

static int
page(const char *path)
{
	return get_as(admin_cookie, path);
}

static int
post(const char *path, const char *fields)
{
	ask("POST", path);
	browser();
	as(admin_cookie);
	set("HTTP_ORIGIN", "http://roost.example");
	form(fmt("csrf=root-token%s%s", fields[0] ? "&" : "", fields));
	return answered();
}

static int
api(const char *method, const char *path, const char *text)
{
	ask(method, fmt("/api/v1/admin%s", path));
	as(admin_cookie);
	set("HTTP_ORIGIN", "http://roost.example");
	if (text)
		json(text);
	return answered();
}

static const char *const pages[] = {
	"/admin/workspaces", "/admin/errors", "/admin/passes",
	"/admin/archives",   "/admin/apps",
};
static const char *const apis[] = {
	"/api/v1/admin/workspaces", "/api/v1/admin/errors",
	"/api/v1/admin/passes",	    "/api/v1/admin/archives",
	"/api/v1/admin/surveys",    "/api/v1/admin/apps",
};
static const char *const posts[] = {
	"/admin/bulk",
	"/admin/bulk/11111111-1111-4111-8111-111111111111/do",
	"/admin/archives/look",
	"/admin/archives/collect",
};
#define N(v) (sizeof(v) / sizeof((v)[0]))

START_TEST(only_administrators)
{
	for (size_t i = 0; i < N(pages); i++) {
		ck_assert_int_eq(get_as(ann_cookie, pages[i]), 403);
		ck_assert_int_eq(get_as(NULL, pages[i]), 303);
		ck_assert_int_eq(page(pages[i]), 200);
		ck_assert(says("aria-current=\"page\""));
	}
	for (size_t i = 0; i < N(apis); i++) {
		ck_assert_int_eq(get_as(ann_cookie, apis[i]), 403);
		ck_assert_int_eq(get_as(NULL, apis[i]), 401);
		ck_assert_int_eq(get_as(admin_cookie, apis[i]), 200);
	}
	for (size_t i = 0; i < N(posts); i++) {
		ask("POST", posts[i]);
		browser();
		as(ann_cookie);
		form("csrf=ann-token&verb=stop");
		ck_assert_int_eq(answered(), 403);
	}
}
END_TEST

START_TEST(every_post_wants_its_token)
{
	static const char *const bad[] = {"verb=stop", "csrf=&verb=stop",
					  "csrf=ann-token&verb=stop"};

	for (size_t i = 0; i < N(posts); i++)
		for (size_t k = 0; k < N(bad); k++) {
			ask("POST", posts[i]);
			browser();
			as(admin_cookie);
			form(i == 0 ? bad[k]
				    : fmt("%.*s", (int)strcspn(bad[k], "v"),
					  bad[k]));
			ck_assert_msg(answered() == 403, "%s %s", posts[i],
				      bad[k]);
		}
	/* and comes from here */
	for (size_t i = 0; i < N(posts); i++) {
		ask("POST", posts[i]);
		as(admin_cookie);
		set("HTTP_ORIGIN", "http://elsewhere.example");
		form("csrf=root-token&verb=stop");
		ck_assert_int_eq(answered(), 403);
	}
}
END_TEST

static const struct {
	const char *path, *query;
} wrong[] = {
	{"/admin/workspaces", "filter=a%09b"},
	{"/admin/workspaces", "filter=colour:red"},
	{"/admin/workspaces", "filter=owner:nobody"},
	{"/admin/workspaces", "sort=best"},
	{"/admin/workspaces", "cursor=x"},
	{"/admin/workspaces", "cursor=after.x"},
	{"/admin/workspaces", "limit=0"},
	{"/admin/workspaces", "limit=1001"},
	{"/admin/workspaces", "color=red"},
	{"/admin/workspaces", "sort=newest&sort=newest"},
	{"/admin/errors", "cursor=x"},
	{"/admin/errors", "limit=x"},
	{"/admin/passes", "cursor=before."},
	{"/admin/passes", "limit=-1"},
	{"/admin/archives", "kind=a%20b"},
	{"/admin/archives", "why=a%20b"},
	{"/admin/archives", "cursor=x"},
	{"/admin/archives", "limit=0"},
	{"/admin/apps", "x=1"},
};

START_TEST(every_field_wrong)
{
	for (size_t i = 0; i < N(wrong); i++) {
		const char *at = fmt("%s?%s", wrong[i].path, wrong[i].query);

		ck_assert_msg(page(at) == 400, "%s", at);
		ck_assert_msg(get_as(admin_cookie, fmt("/api/v1%s", at)) == 400,
			      "%s", at);
		ck_assert(says("INVALID_REQUEST"));
	}
}
END_TEST

START_TEST(every_field_of_a_bulk_wrong)
{
	static const char *const bad[] = {"",
					  "verb=dance",
					  "verb=",
					  "verb=stop&all=1&filter=colour:red",
					  "verb=stop&id=x",
					  "verb=stop&id=1&x=2",
					  "verb=stop&verb=stop",
					  "verb=stop&all=1&filter=owner:nobody",
					  "verb=stop&id=11111111-1111-4111-"
					  "8111-111111111111&filter=%09"};
	static const char *const bad_json[] =
		{"{}",
		 "{\"verb\":\"dance\"}",
		 "{\"verb\":1}",
		 "{\"verb\":\"stop\",\"id\":[]}",
		 "{\"verb\":\"stop\",\"id\":[\"x\"]}",
		 "{\"verb\":\"stop\",\"id\":\"x\"}",
		 "{\"verb\":\"stop\",\"filter\":\"colour:red\"}",
		 "{\"verb\":\"stop\",\"filter\":5}",
		 "{\"verb\":\"stop\",\"x\":5}"};

	create(&ann_who, "a");
	for (size_t i = 0; i < N(bad); i++)
		ck_assert_msg(post("/admin/bulk", bad[i]) == 400, "%s: %d",
			      bad[i], status_of(&fake.out));
	for (size_t i = 0; i < N(bad_json); i++)
		ck_assert_msg(api("POST", "/bulk", bad_json[i]) == 400,
			      "%s: %d", bad_json[i], status_of(&fake.out));
	/* a workspace that is not there; a plan that is not there */
	ck_assert_int_eq(post("/admin/bulk",
			      "verb=stop&id="
			      "11111111-1111-4111-8111-111111111111"),
			 404);
	ck_assert_int_eq(page(fmt("/admin/bulk/%s", new_id())), 404);
	ck_assert_int_eq(post(fmt("/admin/bulk/%s/do", new_id()), ""), 404);
	ck_assert_int_eq(page("/admin/bulk/x"), 404);
	ck_assert_int_eq(api("POST", fmt("/bulk/%s:do", new_id()), NULL), 404);
	/* nothing chosen, nothing found: the list again, as it was asked for,
	 * with a sentence */
	ck_assert_int_eq(post("/admin/bulk",
			      "verb=archive&sort=unused&filter=name:b"),
			 400);
	ck_assert(says("role=\"alert\" id=\"again\""));
	ck_assert(says("value=\"name:b\""));
	ck_assert(says("<option value=\"unused\" selected>"));
	ck_assert(says("<option value=\"archive\" selected>"));
	ck_assert(says("data-at=\"/admin/workspaces\""));
	ck_assert_int_eq(post("/admin/bulk", "verb=stop&all=&filter=nothing"),
			 400);
	ck_assert(says("role=\"alert\" id=\"again\""));
}
END_TEST

START_TEST(the_wrong_word_is_named)
{
	ck_assert_int_eq(page("/admin/workspaces?filter=owner:ann+colour:red"),
			 400);
	ck_assert(says("<code>colour:red</code> is no key."));
	ck_assert(says("value=\"owner:ann colour:red\""));
	ck_assert_int_eq(page("/admin/workspaces?filter=owner:nobody"), 400);
	ck_assert(says("There is no user of that name."));
	ck_assert_int_eq(api("GET", "/workspaces?filter=colour:red", NULL),
			 400);
	ck_assert(says("colour:red is no key"));
	for (unsigned w = FILTER_TEXT; w < FILTER_WRONG__MAX; w++)
		ck_assert(page_words.find(fmt("filter_wrong_%s",
					      filter_wrong_name(w))) >= 0);
}
END_TEST

/* Each word of a table has a sentence. */
START_TEST(every_word_has_its_text)
{
	const char *const prefix[] = {"bulk", "bulk_says", "bulk_result",
				      "find_key"};

	for (unsigned v = 0; v < BULK_VERB__MAX; v++)
		ck_assert(page_words.find(fmt("%s_%s", prefix[0],
					      bulk_verb_name(v))) >= 0);
	for (unsigned v = 0; v < BULK_VERDICT__MAX; v++)
		ck_assert_msg(page_words.find(fmt("%s_%s", prefix[1],
						  bulk_verdict_name(v))) >= 0,
			      "%s", bulk_verdict_name(v));
	for (unsigned v = BULK_OPEN + 1; v < BULK_RESULT__MAX; v++)
		ck_assert(page_words.find(fmt("%s_%s", prefix[2],
					      bulk_result_name(v))) >= 0);
	for (unsigned k = 0; k < FILTER__MAX; k++)
		ck_assert(page_words.find(fmt("%s_%s", prefix[3],
					      filter_word(k))) >= 0);
}
END_TEST

START_TEST(all_are_listed_and_paged)
{
	const char *cursor;

	for (int i = 0; i < 3; i++) {
		struct workspace w =
			create(i == 1 ? &bob_who : &admin_who, fmt("ws%d", i));

		ok(wish_stop(cx, db, &admin_who, w.id, 0, &w));
		cx->now_ms++;
	}
	ck_assert_int_eq(page("/admin/workspaces"), 200);
	ck_assert(says("3 workspaces") && says("ws0") && says("ws1"));
	ck_assert(says("Owner: bob"));
	ck_assert_int_eq(page("/admin/workspaces?filter=owner:bob"), 200);
	ck_assert(says("1 workspace") && says("ws1") && !says("ws0"));
	ck_assert_int_eq(api("GET", "/workspaces?limit=2", NULL), 200);
	ck_assert(says("\"total\":3") && says("\"owner\":\"bob\""));
	ck_assert(says("ws2") && !says("ws0"));
	cursor = strstr(body_of(), "\"next_cursor\":\"");
	ck_assert_ptr_nonnull(cursor);
	cursor += strlen("\"next_cursor\":\"");
	cursor = arena_strndup(&cx->arena, cursor, strcspn(cursor, "\""));
	ck_assert_int_eq(page(fmt("/admin/workspaces?limit=2&cursor=%s",
				  cursor)),
			 200);
	ck_assert(says("ws0") && !says("ws2") && says("rel=\"prev\""));
}
END_TEST

/* The whole way as a browser goes it without scripts. */
START_TEST(a_bulk_is_shown_then_done)
{
	struct workspace a = create(&ann_who, "first"), b;
	const char *plan;

	becomes(a.id, STATUS_RUNNING);
	b = create(&bob_who, "second");
	ok(wish_stop(cx, db, &bob_who, b.id, 0, &b));
	ck_assert_int_eq(post("/admin/bulk",
			      fmt("verb=stop&id=%s&id=%s", a.id, b.id)),
			 303);
	plan = header_of("Location");
	ck_assert_int_eq(get(a.id).desired, STATUS_RUNNING);
	ck_assert_int_eq(page(plan), 200);
	ck_assert(says("1 would change, 1 would not."));
	ck_assert(says("is stopped; its home stays") && says("is so already") &&
		  says("Do it"));
	ck_assert_int_eq(post(fmt("%s/do", plan), ""), 303);
	ck_assert_str_eq(header_of("Location"), plan);
	ck_assert_int_eq(get(a.id).desired, STATUS_STANDBY);
	ck_assert_str_eq(audited(), "root bulk.stop 1 of 2");
	ck_assert_int_eq(page(plan), 200);
	ck_assert(says("1 done, 1 left as they are.") && !says("Do it"));
	/* pressed twice: the same answer, nothing more */
	ck_assert_int_eq(post(fmt("%s/do", plan), ""), 303);
	ck_assert_str_eq(audited(), "root bulk.stop 1 of 2");
	/* and the log leads back to it */
	ck_assert_int_eq(page("/admin/audit?action=bulk.stop"), 200);
	ck_assert(says("stopped several workspaces"));
	ck_assert(says(fmt("href=\"%s\"", plan)));
	/* nobody else's */
	ck_assert_int_eq(get_as(ann_cookie, plan), 403);
}
END_TEST

START_TEST(a_bulk_by_filter_and_by_api)
{
	struct workspace a = create(&ann_who, "a"), b = create(&bob_who, "b");
	struct json_object *o, *id = NULL;
	const char *plan;

	ck_assert_int_eq(api("POST", "/bulk",
			     "{\"verb\":\"delete\",\"filter\":\"owner:ann\"}"),
			 201);
	ck_assert(says("\"does\":1") && says("\"verdict\":\"deletes\"") &&
		  says("\"result\":null") && !says(b.id));
	o = json_tokener_parse(body_of());
	ck_assert(json_object_object_get_ex(o, "id", &id));
	plan = arena_strdup(&cx->arena, json_object_get_string(id));
	json_object_put(o);
	ck_assert_str_eq(header_of("Location"),
			 fmt("/api/v1/admin/bulk/%s", plan));
	ck_assert_int_eq(api("POST", fmt("/bulk/%s:do", plan), NULL), 200);
	ck_assert(says("\"result\":\"done\""));
	ck_assert_int_ne(get(a.id).deleted_ms, 0);
	ck_assert_int_eq(get(b.id).deleted_ms, 0);
	ck_assert_int_eq(api("GET", fmt("/bulk/%s", plan), NULL), 200);
}
END_TEST

START_TEST(errors_say_why_and_since_when)
{
	struct workspace w = create(&ann_who, "sick");

	ck_assert_int_eq(page("/admin/errors"), 200);
	ck_assert(says("None. All is well.") && !says("Recover all"));
	broken(w.id, REASON_TIMEOUT);
	ck_assert_int_eq(page("/admin/errors"), 200);
	ck_assert(says("sick") && says("it broke") && says("Recover all") &&
		  says("Failed 3 times in a row.") && says("Owner: ann"));
	ck_assert_int_eq(api("GET", "/errors", NULL), 200);
	ck_assert(says("\"total\":1") && says("\"tried\":[]"));
	ck_assert_int_eq(post("/admin/bulk",
			      "verb=recover&filter=phase:error&all="),
			 303);
	ck_assert_int_eq(post(fmt("%s/do", header_of("Location")), ""), 303);
	ck_assert_int_eq(get(w.id).error_reason, REASON_NONE);
}
END_TEST

START_TEST(passes_are_listed)
{
	struct pass p = {.message = EVIL, .errors = 1, .rounds = 77};

	for (int i = 0; i < 3; i++)
		ok(pass_begin(cx, db, PASS_CRON, &p.n));
	ok(pass_end(cx, db, &p));
	ck_assert_int_eq(page("/admin/passes?limit=2"), 200);
	ck_assert(says(SAFE) && says(">77<") && !says(EVIL));
	ck_assert(says("rel=\"next\"") && !says("rel=\"prev\""));
	ck_assert_int_eq(api("GET", "/passes?limit=2", NULL), 200);
	ck_assert(says("\"n\":3") && says("\"n\":2") && !says("\"n\":1,"));
	ck_assert_int_eq(api("GET", "/passes?cursor=after.0.2", NULL), 200);
	ck_assert(says("\"n\":1,") && !says("\"n\":2,"));
	ck_assert_int_eq(api("GET", "/passes?cursor=before.0.2", NULL), 200);
	ck_assert(says("\"n\":3,") && !says("\"n\":2,"));
}
END_TEST

static void
survey_says(const struct found *v, const enum found_kind *kinds, size_t n)
{
	struct survey_finds finds = {.kinds = kinds, .v = v, .n = n};
	struct survey s;

	ok(survey_open(cx, db, &s));
	s.archives = 1;
	ok(survey_end(cx, db, &s, &finds));
}

START_TEST(archives_are_asked_for_and_shown)
{
	struct workspace w = create(&ann_who, EVIL);
	static const enum found_kind kinds[] = {FOUND_ARCHIVE, FOUND_ARCHIVE,
						FOUND_HOME, FOUND_INSTANCE};
	const struct found v[] =
		{{.key = "k1", .workspace_id = w.id, .why = "at-work"},
		 {.key = EVIL,
		  .workspace_id = "",
		  .why = "goes",
		  .bytes = 1234567,
		  .since_ms = 5},
		 {.key = "home" EVIL, .workspace_id = "", .why = "stranger"},
		 {.key = "inst" EVIL, .workspace_id = "", .why = "stranger"}};

	ck_assert_int_eq(page("/admin/archives"), 200);
	ck_assert(says("Nobody has looked yet.") &&
		  !says("Take away what may go"));
	ck_assert_int_eq(post("/admin/archives/look", ""), 303);
	ck_assert_str_eq(audited(), "root archives.look ");
	ck_assert_int_eq(page("/admin/archives"), 200);
	ck_assert(says("The next pass looks"));
	survey_says(v, kinds, 4);
	ck_assert_int_eq(page("/admin/archives"), 200);
	ck_assert(says("1.2 MB") && says("Owner: ann") &&
		  says("being written") && says("would go now") &&
		  says("Take away what may go") && says("home" SAFE) &&
		  says("inst" SAFE) && !says(EVIL));
	ck_assert_int_eq(page("/admin/archives?why=goes"), 200);
	ck_assert(says(SAFE) && !says("k1"));
	ck_assert_int_eq(api("GET", "/archives?kind=home", NULL), 200);
	ck_assert(says("\"why\":\"stranger\"") && !says("k1"));
	ck_assert_int_eq(api("GET", "/archives?kind=dream", NULL), 400);
	ck_assert_int_eq(post("/admin/archives/collect", ""), 303);
	ck_assert_str_eq(audited(), "root archives.collect ");
	ck_assert_int_eq(api("POST", "/archives/collect", NULL), 202);
	ck_assert(says("\"what\":\"collect\"") && says("\"ended_at\":null"));
	ck_assert_int_eq(api("POST", "/archives/look", NULL), 202);
}
END_TEST

/* Why archives are kept: each word of the collector has a sentence. */
START_TEST(every_why_has_its_text)
{
	static const char *const names[] = {
#define X(why, goes, name, meaning) name,
#include "reconcile/gcwhy.def"
#undef X
	};

	for (size_t i = 0; i < N(names); i++) {
		char *key = fmt("gc_%s", names[i]);

		for (char *p = key; *p; p++)
			*p = *p == '-' ? '_' : *p;
		ck_assert_msg(page_words.find(key) >= 0, "%s", key);
	}
}
END_TEST

START_TEST(apps_are_shown_with_their_use)
{
	create(&ann_who, "a");
	ck_assert_int_eq(page("/admin/apps"), 200);
	ck_assert(says("/bin/true") && says("installed") &&
		  says("1 workspace, 0 running") && says("Terminal"));
	raw("UPDATE workspace SET rev = rev + 1, app = 'gone<i>'");
	ck_assert_int_eq(page("/admin/apps"), 200);
	ck_assert(says("not in roost.conf") && says("gone&lt;i&gt;"));
	ck_assert_int_eq(api("GET", "/apps", NULL), 200);
	ck_assert(says("\"program\":\"unknown\"") &&
		  says("\"program\":\"installed\""));
}
END_TEST

START_TEST(hostile_texts_stay_texts)
{
	struct workspace w = create(&ann_who, EVIL);
	const char *plan;

	ck_assert_int_eq(page("/admin/workspaces"), 200);
	ck_assert(says(SAFE) && !says(EVIL));
	ck_assert_int_eq(page("/admin/workspaces?filter=%3Ci%3E%22%27%26:x"),
			 400);
	ck_assert(!says("<i>"));
	ck_assert_int_eq(post("/admin/bulk", fmt("verb=delete&id=%s", w.id)),
			 303);
	plan = header_of("Location");
	ck_assert_int_eq(page(plan), 200);
	ck_assert(says(SAFE) && !says(EVIL) && says("class=\"danger\""));
	broken(w.id, REASON_TIMEOUT);
	ck_assert_int_eq(page("/admin/errors"), 200);
	ck_assert(says(SAFE) && !says(EVIL));
}
END_TEST

START_TEST(in_korean)
{
	static const char *const word[] = {"워크스페이스", "오류", "작업 주기",
					   "아카이브", "애플리케이션"};
	struct workspace w = create(&ann_who, "w");
	const char *plan;

	for (size_t i = 0; i < N(pages); i++) {
		ask("GET", pages[i]);
		browser();
		as(admin_cookie);
		set("HTTP_ACCEPT_LANGUAGE", "ko");
		ck_assert_int_eq(answered(), 200);
		ck_assert(says(word[i]) && says("lang=\"ko\""));
	}
	ck_assert_int_eq(post("/admin/bulk", fmt("verb=stop&id=%s", w.id)),
			 303);
	plan = header_of("Location");
	ask("GET", plan);
	browser();
	as(admin_cookie);
	set("HTTP_ACCEPT_LANGUAGE", "ko");
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("중지합니다. 홈은 남습니다"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] =
		{only_administrators,	      every_post_wants_its_token,
		 every_field_wrong,	      every_field_of_a_bulk_wrong,
		 the_wrong_word_is_named,     every_word_has_its_text,
		 all_are_listed_and_paged,    a_bulk_is_shown_then_done,
		 a_bulk_by_filter_and_by_api, errors_say_why_and_since_when,
		 passes_are_listed,	      archives_are_asked_for_and_shown,
		 every_why_has_its_text,      apps_are_shown_with_their_use,
		 hostile_texts_stay_texts,    in_korean};

	return run_cgi("page_things", tests, sizeof(tests) / sizeof(tests[0]));
}
