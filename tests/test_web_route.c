/* Which row answers; 404, 405 and Allow. */
#include <string.h>

#include "support/suite.h"
#include "web/route.h"

static const struct route_row rows[] = {
	{METHOD_GET, "/"},
	{METHOD_GET, "/x/:id"},
	{METHOD_PATCH, "/x/:id"},
	{METHOD_POST, "/x/:id:start"},
	{METHOD_POST, "/x/:id:stop"},
	{METHOD_GET, "/x/new"},
	{METHOD_GET, "/x/:id/y/:n"},
	{METHOD_GET, "/w/:id"},
	{METHOD_ANY, "/w/:id/*"},
};

static struct cx cx;

START_TEST(finds)
{
	static const struct {
		enum method method;
		const char *path;
		int row; /* -1: 404, -2: 405 */
		const char *first, *second;
	} asks[] = {
		{METHOD_GET, "/", 0, NULL, NULL},
		{METHOD_HEAD, "/", 0, NULL, NULL},
		{METHOD_GET, "/x/7", 1, "7", NULL},
		{METHOD_HEAD, "/x/7", 1, "7", NULL},
		{METHOD_PATCH, "/x/7", 2, "7", NULL},
		{METHOD_GET, "/x/new", 5, NULL, NULL},
		{METHOD_POST, "/x/7:start", 3, "7", NULL},
		{METHOD_POST, "/x/7:stop", 4, "7", NULL},
		{METHOD_POST, "/x/7:fly", -1, NULL, NULL},
		{METHOD_POST, "/x/:start", -1, NULL, NULL},
		{METHOD_GET, "/x/7:start", -2, NULL, NULL},
		{METHOD_POST, "/x/a:b:start", -1, NULL, NULL},
		{METHOD_GET, "/x/a/y/b", 6, "a", "b"},
		{METHOD_GET, "/x//y/b", -1, NULL, NULL},
		{METHOD_GET, "/x/", -1, NULL, NULL},
		{METHOD_GET, "/x", -1, NULL, NULL},
		{METHOD_GET, "/x/7/", -1, NULL, NULL},
		{METHOD_GET, "", -1, NULL, NULL},
		{METHOD_GET, "x/7", -1, NULL, NULL},
		{METHOD_DELETE, "/", -2, NULL, NULL},
		{METHOD_OTHER, "/x/7", -2, NULL, NULL},
		{METHOD_GET, "/w/1", 7, "1", NULL},
		{METHOD_GET, "/w/1/", 8, "1", ""},
		{METHOD_OTHER, "/w/1/a/b/c", 8, "1", "a/b/c"},
		{METHOD_GET, "/w/1/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", 8,
		 "1", "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"},
		{METHOD_GET, "/x/1/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", -1,
		 NULL, NULL},
	};
	struct routes *rs;

	ck_assert_int_eq(routes_make(&cx, rows, sizeof(rows) / sizeof(*rows),
				     &rs),
			 OK);
	for (size_t i = 0; i < sizeof(asks) / sizeof(*asks); i++) {
		struct route_match m;
		enum err e =
			route_find(&cx, rs, asks[i].method, asks[i].path, &m);

		ck_assert_msg(e == (asks[i].row >= 0	? OK
				    : asks[i].row == -1 ? ERR_NOT_FOUND
							: ERR_METHOD),
			      "%s: %d", asks[i].path, (int)e);
		if (e)
			continue;
		ck_assert_uint_eq(m.row, (size_t)asks[i].row);
		ck_assert_uint_eq(m.n_param,
				  (size_t)(!!asks[i].first + !!asks[i].second));
		if (asks[i].first)
			ck_assert_str_eq(m.param[0], asks[i].first);
		if (asks[i].second)
			ck_assert_str_eq(m.param[1], asks[i].second);
	}
	routes_free(rs);
	cx_end(&cx);
}
END_TEST

START_TEST(allow_tells_the_methods)
{
	struct routes *rs;
	struct route_match m;

	ck_assert_int_eq(routes_make(&cx, rows, sizeof(rows) / sizeof(*rows),
				     &rs),
			 OK);
	ck_assert_int_eq(route_find(&cx, rs, METHOD_DELETE, "/x/7", &m),
			 ERR_METHOD);
	ck_assert_str_eq(m.allow, "GET, HEAD, PATCH");
	ck_assert_int_eq(route_find(&cx, rs, METHOD_GET, "/x/7:stop", &m),
			 ERR_METHOD);
	ck_assert_str_eq(m.allow, "POST");
	routes_free(rs);
	cx_end(&cx);
}
END_TEST

START_TEST(a_bad_table_is_refused)
{
	static const struct route_row bad[][2] = {
		{{METHOD_GET, "/a/:x"}, {METHOD_GET, "/a/:y"}},
		{{METHOD_GET, "/a"}, {METHOD_GET, "/a"}},
		{{METHOD_GET, "/a/*/b"}, {METHOD_GET, "/c"}},
		{{METHOD_GET, "a"}, {METHOD_GET, "/c"}},
		{{METHOD_GET, "/:a/:b/:c/:d/:e"}, {METHOD_GET, "/c"}},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct routes *rs = NULL;

		ck_assert_int_eq(routes_make(&cx, bad[i], 2, &rs), ERR_CONFIG);
		ck_assert_ptr_null(rs);
	}
	cx_end(&cx);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {finds, allow_tells_the_methods,
				      a_bad_table_is_refused};

	return SUITE_RUN("web_route", tests);
}
