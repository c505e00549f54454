/* The admin page about the web server, and doctor's report on it. */
#include "support/cgifix.h"

#include "base/clock.h"

static int
admin_page(void)
{
	ask("GET", "/admin");
	browser();
	as(admin_cookie);
	set("SERVER_SOFTWARE", "Apache/2.4 <b>");
	return answered();
}

static void
report(const char *text)
{
	ok(fs_write_sync(cx, site_run_file(cx, "doctor.json"), text,
			 strlen(text), 0600));
}

START_TEST(it_tells_how_it_is_served)
{
	program.serve = SERVE_SOCKET;
	ck_assert_int_eq(admin_page(), 200);
	ck_assert(says("Apache/2.4 &lt;b&gt;"));
	ck_assert(says("a socket of its own, 4 threads"));
	ck_assert(says("Nobody can wait here"));
	ck_assert(says("Doctor has not looked yet"));
	program.serve = SERVE_STARTED;
	ck_assert_int_eq(admin_page(), 200);
	ck_assert(says("starts the handlers itself"));
	program.serve = SERVE_CGI;
	ck_assert_int_eq(admin_page(), 200);
	ck_assert(says("A process for each request"));
}
END_TEST

START_TEST(it_shows_what_is_not_well_and_how_old_that_is)
{
	report(arena_printf(
		&cx->arena,
		"{\"at_ms\":%lld,\"url\":\"http://x\",\"checks\":["
		"{\"result\":\"ok\",\"check\":\"config\",\"what\":\"fine\"},"
		"{\"result\":\"warn\",\"check\":\"body\",\"what\":\"a <i>\"},"
		"{\"result\":\"fail\",\"check\":\"gate\",\"what\":\"dead\"}]}",
		(long long)(clock_now_ms() - 7200000)));
	ck_assert_int_eq(admin_page(), 200);
	ck_assert(says("body <span class=\"quiet\">a &lt;i&gt;</span>"));
	ck_assert(says("gate <span class=\"quiet\">dead</span>"));
	ck_assert(says("Broken"));
	ck_assert(!says("fine"));
	ck_assert(says("looked 2 h 0 min ago and found 1 thing in order"));
}
END_TEST

/* What lies in run/ is ours, and yet may be torn or old. */
START_TEST(no_report_spoils_the_page)
{
	static const char *const odd[] =
		{"",
		 "{",
		 "[]",
		 "null",
		 "7",
		 "{\"checks\":7}",
		 "{\"checks\":[7,null,{},[]]}",
		 "{\"at_ms\":\"x\",\"checks\":[]}",
		 "{\"at_ms\":1,\"checks\":[{\"what\":{}}]}"};

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		report(odd[i]);
		ck_assert_msg(admin_page() == 200, "%s", odd[i]);
	}
}
END_TEST

START_TEST(an_admin_asks_for_a_look)
{
	const char *mark = site_run_file(cx, "doctor.ask");
	struct buf b;

	ask("POST", "/admin/doctor");
	browser();
	as(ann_cookie);
	form("csrf=ann-token");
	ck_assert_int_eq(answered(), 403);
	ask("POST", "/admin/doctor");
	browser();
	as(admin_cookie);
	form("csrf=wrong");
	ck_assert_int_eq(answered(), 403);
	ck_assert(!fs_exists(mark));
	ask("POST", "/admin/doctor");
	browser();
	as(admin_cookie);
	form("csrf=root-token");
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_eq(header_of("Location"), "/admin");
	buf_init(&b, 1000);
	ok(fs_read(cx, mark, &b));
	ck_assert_str_eq(buf_str(&b), "http://roost.example\n");
	buf_free(&b);
	ck_assert_int_eq(admin_page(), 200);
	ck_assert(says("A look is on its way"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		it_tells_how_it_is_served,
		it_shows_what_is_not_well_and_how_old_that_is,
		no_report_spoils_the_page,
		an_admin_asks_for_a_look,
	};

	return run_cgi("cgi_page_door", tests, sizeof(tests) / sizeof(*tests));
}
