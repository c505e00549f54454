/* Administration: settings and the audit log, as pages and as API. */
#include "support/cgifix.h"

#include "base/clock.h"
#include "rules/words.h"

#define CSRF "csrf=root-token"

static int64_t
setting_of(enum setting s)
{
	struct settings all;

	ok(settings_load(cx, db, &all));
	return all.v[s];
}

/* The forms name each setting, in its order and with its bounds. */
START_TEST(the_forms_are_the_settings)
{
	static const enum form forms[] = {FORM_settings, FORM_api_settings};

	for (size_t f = 0; f < 2; f++)
		for (int s = 0; s < SETTING__MAX; s++) {
			const struct field_row *r =
				&app_fields[program.form_first[forms[f]] +
					    (size_t)s];

			ck_assert_str_eq(r->name, setting_key((enum setting)s));
			ck_assert_int_eq(r->least,
					 setting_least((enum setting)s));
			ck_assert_int_eq(r->most,
					 setting_most((enum setting)s));
			ck_assert_int_ge(page_words.find(
						 fmt("set_%s",
						     setting_key(
							     (enum setting)s))),
					 0);
		}
}
END_TEST

START_TEST(shown_rehearsed_saved)
{
	struct workspace w = create(&ann_who, "w");

	ck_assert_int_eq(look(admin_cookie, "/admin/settings"), 200);
	ck_assert(says("name=\"undo_hours\" type=\"number\" required min=\"0\" "
		       "max=\"8760\" value=\"24\""));
	ck_assert(says("allow_unsandboxed"));
	ck_assert(says("roost.conf"));
	ck_assert_int_eq(look(admin_cookie,
			      "/admin/settings/rehearsal?undo_hours=24"),
			 200);
	ck_assert(says("Nothing differs"));
	ck_assert_int_eq(look(admin_cookie,
			      "/admin/settings/rehearsal?undo_hours=48&"
			      "standby_ttl_seconds=60&scope=all"),
			 200);
	ck_assert(says("<del>24</del>"));
	ck_assert(says("<ins>48</ins>"));
	ck_assert(says("1 workspace gets another idle time"));
	ck_assert(says("name=\"undo_hours\" value=\"48\""));
	ck_assert_int_eq(setting_of(SETTING_UNDO_HOURS), 24);
	ck_assert_int_eq(press(admin_cookie, "/admin/settings",
			       CSRF "&undo_hours=48&standby_ttl_seconds=60&"
				    "scope=all&seen=0000000000000000"),
			 409);
	ck_assert(says("Somebody else has changed"));
	ck_assert_int_eq(setting_of(SETTING_UNDO_HOURS), 24);
	/* so is one who has opened the form before */
	ck_assert_int_eq(look(admin_cookie,
			      "/admin/settings/rehearsal?undo_hours=7"
			      "&seen=0000000000000000"),
			 409);
	ck_assert(says("role=\"alert\" id=\"again\""));
	ck_assert(says("since you opened this page"));
	ck_assert(says("value=\"7\"") && says("Now 24."));
	ck_assert_int_eq(look(admin_cookie,
			      fmt("/admin/settings/rehearsal?undo_hours=7"
				  "&seen=%s",
				  between("name=\"seen\" value=\"", "\""))),
			 200);
	ck_assert_int_eq(press(admin_cookie, "/admin/settings",
			       CSRF "&undo_hours=48&standby_ttl_seconds=60&"
				    "scope=all"),
			 303);
	ck_assert_str_eq(header_of("Location"), "/admin/settings");
	ck_assert_int_eq(setting_of(SETTING_UNDO_HOURS), 48);
	ck_assert_int_eq(get(w.id).standby_ttl_s, 60);
	ck_assert_int_eq(press(admin_cookie, "/admin/settings",
			       CSRF "&scope=whose"),
			 400);
	ck_assert_int_eq(look(admin_cookie, "/admin/audit"), 200);
	ck_assert(says("changed settings"));
	ck_assert(says("<code>undo_hours</code> <del>24</del>"));
}
END_TEST

START_TEST(the_same_by_the_api)
{
	ck_assert_int_eq(call_as("POST", admin_cookie,
				 "/api/v1/admin/settings/rehearsal",
				 "{\"max_running_global\":0}"),
			 200);
	ck_assert(says("\"key\":\"max_running_global\",\"from\":100,\"to\":0"));
	ck_assert(says("\"over_global\":false"));
	ck_assert_int_eq(call_as("PATCH", admin_cookie,
				 "/api/v1/admin/settings",
				 "{\"max_running_global\":5}"),
			 200);
	ck_assert(says("\"key\":\"max_running_global\",\"value\":5"));
	ck_assert_int_eq(call_as("PATCH", admin_cookie,
				 "/api/v1/admin/settings",
				 "{\"max_running_global\":null}"),
			 200);
	ck_assert_int_eq(setting_of(SETTING_MAX_RUNNING_GLOBAL), 100);
	ck_assert_int_eq(call_as("PATCH", admin_cookie,
				 "/api/v1/admin/settings",
				 "{\"undo_hours\":48,\"archive_level\":99}"),
			 400);
	ck_assert(says("archive_level"));
	ck_assert_int_eq(setting_of(SETTING_UNDO_HOURS), 24);
}
END_TEST

/* ---- The audit log ---- */

START_TEST(days_are_days)
{
	static const char *const bad[] = {"2026-02-30", "2026-13-01",
					  "2026-00-10", "1969-12-31",
					  "2026-1-011", "20260-1-01",
					  "2026-01-1x", "+026-01-01"};
	int64_t ms = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!clock_day(bad[i], &ms), "%s", bad[i]);
	ck_assert_int_eq(ms, 7);
	ck_assert(clock_day("1970-01-02", &ms));
	ck_assert_int_eq(ms, 86400000);
	ck_assert(clock_day("2024-02-29", &ms));
}
END_TEST

START_TEST(the_log_is_filtered_and_paged)
{
	for (int i = 0; i < 120; i++)
		ok(audit_add(cx, db, 1, i % 2 ? "ann" : "bob",
			     i % 3 ? "login" : "user.add", "x", ""));
	ck_assert_int_eq(look(admin_cookie, "/admin/audit"), 200);
	ck_assert(says("Next page"));
	ck_assert(!says("Previous page"));
	ck_assert_int_eq(look(admin_cookie,
			      "/admin/audit?actor=ann&action=login"),
			 200);
	ck_assert(says("<strong>ann</strong> logged in"));
	ck_assert(!says("<strong>bob</strong>"));
	ck_assert(says("<option value=\"login\" selected>logged in</option>"));
	ck_assert_int_eq(look(admin_cookie, "/admin/audit?to=1999-12-31"), 200);
	ck_assert(says("Nothing."));
	ck_assert_int_eq(look(admin_cookie, "/admin/audit?from=2000-13-01"),
			 400);
	ck_assert(says("from"));
	ck_assert_int_eq(call_as("GET", admin_cookie,
				 "/api/v1/admin/audit?limit=100&actor=BOB&"
				 "from=1999-12-31",
				 NULL),
			 200);
	ck_assert(says("\"actor\":\"bob\""));
	ck_assert(!says("\"actor\":\"ann\""));
	ck_assert_int_eq(call_as("GET", admin_cookie,
				 "/api/v1/admin/audit?format=xml", NULL),
			 400);
}
END_TEST

START_TEST(csv_is_no_formula)
{
	const struct audit_change ch = {"name", "a", "=1+1"};

	ok(audit_add(cx, db, 1, "=cmd|' /C calc'!A0", "login", "a\"b",
		     "x\r\ny,z"));
	ok(audit_add_changes(cx, db, 1, "root", "user.edit", "-1", "", &ch, 1));
	ck_assert_int_eq(call_as("GET", admin_cookie,
				 "/api/v1/admin/audit?format=csv&limit=2",
				 NULL),
			 200);
	ck_assert_str_eq(header_of("Content-Type"), "text/csv; charset=utf-8");
	ck_assert(says("n,at,actor,action,target,detail,changes\r\n"));
	ck_assert(says(",\"'=cmd|' /C calc'!A0\",\"login\",\"a\"\"b\","
		       "\"x\r\ny,z\",\"\"\r\n"));
	ck_assert(says(",\"root\",\"user.edit\",\"'-1\",\"\","
		       "\"name: a -> =1+1\"\r\n"));
}
END_TEST

START_TEST(an_edit_tells_what_differs)
{
	struct workspace w = create(&ann_who, "before");

	ck_assert_int_eq(call_as("PATCH", admin_cookie,
				 fmt("/api/v1/workspaces/%s", w.id),
				 "{\"name\":\"<b>after</b>\",\"memo\":\"long\","
				 "\"standby_ttl_seconds\":60}"),
			 200);
	ck_assert_int_eq(look(admin_cookie,
			      fmt("/admin/audit?target=%s", w.id)),
			 200);
	ck_assert(says("edited a workspace"));
	ck_assert(says("<code>name</code> <del>before</del>"));
	ck_assert(says("<ins>&lt;b&gt;after&lt;/b&gt;</ins>"));
	ck_assert(says("<code>standby_ttl_seconds</code> <del>300</del>"));
	/* notes are their owner's: that they changed is enough */
	ck_assert(says("<code>memo</code>"));
	ck_assert(!says("long"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		the_forms_are_the_settings,    shown_rehearsed_saved,
		the_same_by_the_api,	       days_are_days,
		the_log_is_filtered_and_paged, csv_is_no_formula,
		an_edit_tells_what_differs,
	};

	return run_cgi("settings", tests, sizeof(tests) / sizeof(tests[0]));
}
