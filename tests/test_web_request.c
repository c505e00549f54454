/* Requests as data: targets, headers, bodies, where they come from. */
#include <string.h>

#include "support/suite.h"
#include "web/accept.h"
#include "web/request.h"

struct var {
	const char *name, *value;
};

struct from {
	struct var vars[16];
	size_t n;
	const char *body;
	size_t left;
	bool broken;
};

static struct cx cx;
static struct from from;
static struct request rq;

static const char *
get(void *arg, const char *name)
{
	struct from *f = arg;

	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->vars[i].name, name) == 0)
			return f->vars[i].value;
	return NULL;
}

static ssize_t
take(void *arg, void *p, size_t n)
{
	struct from *f = arg;

	n = n < f->left ? n : f->left;
	n = n < 1000 ? n : 1000;
	if (n == 0)
		return f->broken ? -1 : 0;
	memcpy(p, f->body, n);
	f->left -= n;
	f->body += n;
	return (ssize_t)n;
}

static void
put(const char *name, const char *value)
{
	from.vars[from.n].name = name;
	from.vars[from.n++].value = value;
}

static void
begin(const char *method, const char *target)
{
	memset(&from, 0, sizeof(from));
	put("REQUEST_METHOD", method);
	put("REQUEST_URI", target);
}

static enum err
read_it(bool trust)
{
	struct request_source src = {get, take, &from, trust};

	return request_read(&cx, &src, &rq);
}

START_TEST(targets)
{
	static const struct {
		const char *target, *path; /* NULL: refused */
	} rows[] = {
		{"/", "/"},
		{"/a%20b?x=%zz", "/a b"},
		{"/%ED%95%9C", "/\xed\x95\x9c"},
		{"/a%2Fb", "/a%2Fb"},
		{"/a%2fb", "/a%2fb"},
		{"/a%252Fb", "/a%2Fb"},
		{"//x", "//x"},
		{"/..a/.b", "/..a/.b"},
		{"/a/..", NULL},
		{"/a/../b", NULL},
		{"/a/%2e%2e/b", NULL},
		{"/./a", NULL},
		{"/a/%2E", NULL},
		{"http://x/a", NULL},
		{"*", NULL},
		{"", NULL},
		{"/a#b", NULL},
		{"/a b", NULL},
		{"/a%00", NULL},
		{"/a%0ab", NULL},
		{"/a%09b", NULL},
		{"/a%", NULL},
		{"/%ff", NULL},
		{"/a%7f", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum err e;

		begin("GET", rows[i].target);
		e = read_it(false);
		if (rows[i].path) {
			ck_assert_msg(e == OK, "%s", rows[i].target);
			ck_assert_str_eq(rq.path, rows[i].path);
			ck_assert_str_eq(rq.target, rows[i].target);
		} else {
			ck_assert_msg(e == ERR_INVALID, "%s", rows[i].target);
			ck_assert_str_eq(rq.path, "");
		}
	}
	begin("GET", "/a%20b?x=%zz");
	ck_assert_int_eq(read_it(false), OK);
	ck_assert_str_eq(rq.query, "x=%zz");
	cx_end(&cx);
}
END_TEST

START_TEST(ceilings)
{
	char *longest = malloc(REQUEST_HEADER_MAX + 2);

	memset(longest, 'a', REQUEST_HEADER_MAX + 1);
	longest[REQUEST_HEADER_MAX + 1] = '\0';
	begin("GET", "/");
	put("HTTP_COOKIE", longest);
	ck_assert_int_eq(read_it(false), ERR_INVALID);
	ck_assert_ptr_null(rq.header[HEADER_COOKIE]);
	longest[REQUEST_HEADER_MAX] = '\0';
	ck_assert_int_eq(read_it(false), OK);
	longest[0] = '/';
	longest[REQUEST_TARGET_MAX + 1] = '\0';
	begin("GET", longest);
	ck_assert_int_eq(read_it(false), ERR_INVALID);
	longest[REQUEST_TARGET_MAX] = '\0';
	ck_assert_int_eq(read_it(false), OK);
	free(longest);
	begin("GET", "/");
	put("HTTP_ACCEPT", "a\nb");
	ck_assert_int_eq(read_it(false), ERR_INVALID);
	begin("AVERYLONGMETHODINDEED", "/");
	ck_assert_int_eq(read_it(false), OK);
	ck_assert_int_eq(rq.method, METHOD_OTHER);
	ck_assert_uint_eq(strlen(rq.method_name), 16);
	cx_end(&cx);
}
END_TEST

static enum err
with_body(const char *length, size_t sent, bool broken)
{
	static char bytes[REQUEST_BODY_MAX + 5000];

	begin("POST", "/");
	if (length)
		put("CONTENT_LENGTH", length);
	from.body = bytes;
	from.left = sent;
	from.broken = broken;
	return read_it(false);
}

START_TEST(bodies)
{
	ck_assert_int_eq(with_body("5000", 5000, false), OK);
	ck_assert_uint_eq(rq.body_len, 5000);
	ck_assert_int_eq(with_body(NULL, 0, false), OK);
	ck_assert_uint_eq(rq.body_len, 0);
	ck_assert_int_eq(with_body("", 0, false), OK);
	ck_assert_int_eq(with_body("5000", 4000, false), ERR_IO);
	ck_assert_int_eq(with_body("5000", 4000, true), ERR_IO);
	ck_assert_int_eq(with_body("-1", 10, false), ERR_INVALID);
	ck_assert_int_eq(with_body("1x", 10, false), ERR_INVALID);
	ck_assert_int_eq(with_body("99999999999999999999", 0, false),
			 ERR_INVALID);
	ck_assert_int_eq(with_body("1048576", REQUEST_BODY_MAX, false), OK);
	ck_assert_int_eq(with_body("1049000", 1049000, false), ERR_TOO_LARGE);
	ck_assert_uint_eq(from.left, 0); /* read to its end all the same */
	cx_end(&cx);
}
END_TEST

START_TEST(who_asks)
{
	begin("GET", "/");
	put("REMOTE_ADDR", "10.0.0.1");
	put("HTTP_X_FORWARDED_FOR", "6.6.6.6, 192.0.2.7");
	put("HTTP_X_FORWARDED_PROTO", "https");
	put("HTTP_HOST", "a.example:8080");
	ck_assert_int_eq(read_it(false), OK);
	ck_assert_str_eq(rq.remote, "10.0.0.1");
	ck_assert(!rq.https);
	ck_assert_str_eq(request_origin(&cx, &rq, ""), "http://a.example:8080");
	ck_assert_int_eq(read_it(true), OK);
	ck_assert_str_eq(rq.remote, "192.0.2.7");
	ck_assert(rq.https);
	ck_assert_str_eq(request_origin(&cx, &rq, NULL),
			 "https://a.example:8080");
	ck_assert_str_eq(request_origin(&cx, &rq, "https://r.example/x"),
			 "https://r.example");
	begin("GET", "/");
	put("HTTPS", "on");
	put("HTTP_HOST", "a.example/evil");
	ck_assert_int_eq(read_it(false), OK);
	ck_assert(rq.https);
	ck_assert_str_eq(request_origin(&cx, &rq, ""), "");
	cx_end(&cx);
}
END_TEST

START_TEST(same_site_or_not)
{
	static const struct {
		const char *origin, *site;
		enum site_from from;
	} rows[] = {
		{NULL, NULL, SITE_UNKNOWN},
		{"http://h", NULL, SITE_SAME},
		{"HTTP://H", NULL, SITE_SAME},
		{"http://h", "same-origin", SITE_SAME},
		{NULL, "same-origin", SITE_SAME},
		{NULL, "none", SITE_SAME},
		{"https://h", NULL, SITE_OTHER},
		{"https://h", "same-origin", SITE_SAME},
		{"https://h", "cross-site", SITE_OTHER},
		{"http://h:81", NULL, SITE_OTHER},
		{"http://evil", NULL, SITE_OTHER},
		{"null", NULL, SITE_OTHER},
		{NULL, "cross-site", SITE_OTHER},
		{NULL, "same-site", SITE_OTHER},
		{"http://h", "same-site", SITE_OTHER},
		{"http://evil", "same-origin", SITE_OTHER},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin("POST", "/");
		put("HTTP_HOST", "h");
		if (rows[i].origin)
			put("HTTP_ORIGIN", rows[i].origin);
		if (rows[i].site)
			put("HTTP_SEC_FETCH_SITE", rows[i].site);
		ck_assert_int_eq(read_it(false), OK);
		ck_assert_msg(request_from(&cx, &rq, "") == rows[i].from,
			      "row %zu", i);
	}
	cx_end(&cx);
}
END_TEST

#define CHROME "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

START_TEST(navigation_or_not)
{
	static const struct {
		const char *method;
		struct var v[3];
		bool yes;
	} rows[] = {
		{"GET", {{"HTTP_ACCEPT", CHROME}}, true},
		{"GET", {{"HTTP_ACCEPT", "TEXT/HTML"}}, true},
		{"GET",
		 {{"HTTP_ACCEPT", CHROME},
		  {"HTTP_SEC_FETCH_MODE", "navigate"},
		  {"HTTP_SEC_FETCH_DEST", "document"}},
		 true},
		{"HEAD", {{"HTTP_ACCEPT", CHROME}}, false},
		{"POST", {{"HTTP_ACCEPT", CHROME}}, false},
		{"GET", {{"HTTP_ACCEPT", "*/*"}}, false},
		{"GET", {{"HTTP_ACCEPT", "text/html;q=0"}}, false},
		{"GET", {{"HTTP_ACCEPT", "text/htmlx"}}, false},
		{"GET", {{NULL, NULL}}, false},
		{"GET",
		 {{"HTTP_ACCEPT", CHROME}, {"HTTP_SEC_FETCH_MODE", "cors"}},
		 false},
		{"GET",
		 {{"HTTP_ACCEPT", CHROME}, {"HTTP_SEC_FETCH_DEST", "image"}},
		 false},
		{"GET",
		 {{"HTTP_ACCEPT", CHROME}, {"HTTP_SEC_WEBSOCKET_KEY", "x"}},
		 false},
		{"GET",
		 {{"HTTP_ACCEPT", CHROME}, {"HTTP_SEC_PURPOSE", "prefetch"}},
		 false},
		{"GET",
		 {{"HTTP_ACCEPT", CHROME},
		  {"HTTP_X_REQUESTED_WITH", "XMLHttpRequest"}},
		 false},
		{"GET",
		 {{"HTTP_ACCEPT", CHROME},
		  {"HTTP_USER_AGENT", "Mozilla/5.0 (compatible; Somebot/2)"}},
		 false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin(rows[i].method, "/");
		for (size_t k = 0; k < 3 && rows[i].v[k].name; k++)
			put(rows[i].v[k].name, rows[i].v[k].value);
		ck_assert_int_eq(read_it(false), OK);
		ck_assert_msg(accept_navigation(&rq) == rows[i].yes, "row %zu",
			      i);
	}
	cx_end(&cx);
}
END_TEST

START_TEST(languages_and_types)
{
	static const char *const langs[] = {"en", "ko"};
	static const struct {
		const char *header;
		size_t lang;
	} rows[] = {{NULL, 0},
		    {"", 0},
		    {"ko", 1},
		    {"ko-KR,ko;q=0.9,en;q=0.8", 1},
		    {"en;q=0.3, ko;q=0.9", 1},
		    {"kok", 0},
		    {"de, KO", 1},
		    {"ko;q=0, en", 0},
		    {"ko;q=nonsense,en;q=0.1", 0},
		    {";;,,;q=", 0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(accept_language(rows[i].header, langs, 2) ==
				      rows[i].lang,
			      "%s", rows[i].header);
	begin("GET", "/");
	put("HTTP_ACCEPT", "application/json, text/html;q=0.9");
	ck_assert_int_eq(read_it(false), OK);
	ck_assert(!accept_html(&rq));
	begin("GET", "/");
	put("HTTP_ACCEPT", CHROME);
	ck_assert_int_eq(read_it(false), OK);
	ck_assert(accept_html(&rq));
	cx_end(&cx);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {targets,
				      ceilings,
				      bodies,
				      who_asks,
				      same_site_or_not,
				      navigation_or_not,
				      languages_and_types};

	return SUITE_RUN("web_request", tests);
}
