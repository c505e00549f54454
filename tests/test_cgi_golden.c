/* Every page as a person's browser gets it, against tests/golden/. What is
 * new at each run (ids, times, hashes) is replaced by words. */
#include "support/cgifix.h"

#include <regex.h>

#include "archive/archive.h"
#include "service/bulk.h"
#include "store/pass.h"
#include "store/survey.h"
#include "store/token.h"

#define STATE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FOLDER "tests/golden"
#define FILE_MAX 250

/* ---- Scenes ---- */

/* What a scene's operations took, and when: always the same. */
#define T0 "1767323045000"

static struct workspace
made(const char *name)
{
	struct wish_new n = {.name = name,
			     .description = "A line about <it> & more",
			     .memo = "One line\nand \"another\"",
			     .standby_ttl_s = 300,
			     .archive_ttl_s = 86400};
	struct workspace w;
	bool again;

	ok(wish_create(cx, db, &ann_who, &n, &w, &again));
	return w;
}

static void
stored(const char *key)
{
	static const char meta[] =
		"{\"sha256\":\"" STATE "\",\"size\":345678901,"
		"\"content\":1234567890,\"files\":3210,\"skipped\":0,"
		"\"created_at\":\"2026-01-02T03:04:05.000Z\",\"format\":\"tar."
		"zst/1\"}";
	struct store_writer *w;

	ok(store_dir.put_open(cx, key, NULL, &w));
	ok(store_dir.put_write(cx, w, "x", 1));
	ok(store_dir.put_close(cx, w));
	ok(store_dir.put_meta(cx, key, meta, strlen(meta), NULL));
}

static void
did(const char *id, enum operation op, int ms, enum result result,
    int64_t bytes, enum status then)
{
	struct ws_outcome o = now_is(then);
	struct workspace w = get(id);
	const char *op_id = new_id();

	if (op == OPERATION_ARCHIVING) {
		o.set_archive = true;
		o.archive_key = arena_printf(&cx->arena, "%s/%s", id, op_id);
		stored(o.archive_key);
	}
	if (then == STATUS_ERROR)
		o = (struct ws_outcome){.status = then,
					.error = WS_ERROR_SET,
					.reason = REASON_TIMEOUT,
					.message = "no answer on /ready",
					.error_count = 1,
					.next_retry_ms = cx->now_ms + 3600000};
	ok(op_begin(cx, db, id, w.rev, w.status, op, op_id, &w));
	ok(op_end(cx, db, id, op_id, result, bytes, &o, &w));
	raw(arena_printf(&cx->arena,
			 "UPDATE operation SET started_ms = " T0
			 ", ended_ms = " T0 " + %d WHERE op_id = '%s'",
			 ms, op_id));
}

static struct workspace
wanted(const char *id, enum status desired)
{
	struct workspace w;

	ok(workspace_wish(cx, db, id, 0, desired, &w));
	return w;
}

static const char *
scene_nothing(void)
{
	return "";
}

static const char *
scene_running(void)
{
	struct workspace w = made("A <b>name</b> & \"more\"");
	struct ws_activity a = {.id = w.id,
				.last_access_ms = cx->now_ms,
				.connections = 2};

	did(w.id, OPERATION_PROVISIONING, 40, RESULT_OK, 0, STATUS_STANDBY);
	did(w.id, OPERATION_STARTING, 2100, RESULT_OK, 0, STATUS_RUNNING);
	ok(workspace_activity(cx, db, &a, 1));
	return w.id;
}

/* For longer than the TTL of a second that is rehearsed. */
static const char *
scene_idle(void)
{
	struct ws_activity a;
	const char *id;

	cx->now_ms -= 5000;
	id = scene_running();
	a = (struct ws_activity){.id = id,
				 .last_access_ms = cx->now_ms,
				 .idle_since_ms = cx->now_ms};
	ok(workspace_activity(cx, db, &a, 1));
	cx->now_ms += 5000;
	return id;
}

static const char *
scene_asleep(void)
{
	const char *id = scene_running();

	wanted(id, STATUS_STANDBY);
	did(id, OPERATION_STOPPING, 300, RESULT_OK, 0, STATUS_STANDBY);
	return id;
}

static const char *
scene_archived(void)
{
	const char *id = scene_asleep();

	wanted(id, STATUS_PENDING);
	did(id, OPERATION_ARCHIVING, 61000, RESULT_OK, 1234567890,
	    STATUS_PENDING);
	return id;
}

/* It has been archived before. */
static const char *
scene_woken(void)
{
	const char *id = scene_archived();

	wanted(id, STATUS_RUNNING);
	did(id, OPERATION_RESTORING, 45000, RESULT_OK, 1234567890,
	    STATUS_STANDBY);
	did(id, OPERATION_STARTING, 2300, RESULT_OK, 0, STATUS_RUNNING);
	return id;
}

static const char *
scene_pending(void)
{
	struct workspace w = made("never started");

	return wanted(w.id, STATUS_PENDING).id;
}

/* For the second time, and in its middle. */
static const char *
scene_restoring(void)
{
	const char *id = scene_archived(), *op_id = new_id();
	struct workspace w = wanted(id, STATUS_RUNNING);

	did(id, OPERATION_RESTORING, 30000, RESULT_OK, 1234567890,
	    STATUS_STANDBY);
	did(id, OPERATION_ARCHIVING, 60000, RESULT_ABANDONED, 0,
	    STATUS_PENDING);
	w = get(id);
	ok(op_begin(cx, db, id, w.rev, STATUS_PENDING, OPERATION_RESTORING,
		    op_id, &w));
	ok(op_progress(cx, db, id, op_id, 400000000, 1234567890, "bytes", &w));
	return id;
}

static const char *
scene_retry(void)
{
	const char *id = scene_asleep();

	wanted(id, STATUS_RUNNING);
	did(id, OPERATION_STARTING, 300000, RESULT_FAILED, 0, STATUS_ERROR);
	return id;
}

static const char *
scene_lost(void)
{
	const char *id = scene_archived();

	becomes(id, STATUS_STANDBY);
	return broken(id, REASON_DATA_LOST).id;
}

static const char *
scene_deleted(void)
{
	const char *id = scene_asleep(), *op_id = new_id();
	struct workspace w;
	struct ws_outcome o = now_is(STATUS_DELETED);

	ok(wish_delete(cx, db, &ann_who, id, 0, &w));
	ok(op_begin(cx, db, id, w.rev, w.status, OPERATION_DELETING, op_id,
		    &w));
	ok(op_trash(cx, db, id, op_id,
		    arena_printf(&cx->arena, "%s.%s", id, op_id),
		    cx->now_ms + 86400000));
	ok(op_end(cx, db, id, op_id, RESULT_OK, 0, &o, &w));
	raw("UPDATE operation SET started_ms = " T0 ", ended_ms = " T0
	    " + 5 WHERE operation = 'DELETING'");
	return id;
}

/* One of each, with a limit that leaves room for none. */
static const char *
scene_mine(void)
{
	ok(setting_put(cx, db, SETTING_MAX_RUNNING_PER_USER, 9));
	scene_deleted();
	scene_running();
	scene_idle();
	scene_asleep();
	scene_pending();
	scene_restoring();
	scene_retry();
	scene_lost();
	return scene_archived();
}

static const char *
scene_full(void)
{
	const char *id = scene_asleep();

	scene_running();
	scene_idle();
	return id;
}

static const char *
scene_account(void)
{
	ok(token_add(cx, db, ann, "build & <deploy>", "h1", 0, NULL));
	ok(token_add(cx, db, ann, "phone", "h2", cx->now_ms + 86400000, NULL));
	ok(session_add(cx, db, "5e55", ann, "x", "Mozilla/5.0 <b>", "192.0.2.7",
		       cx->now_ms + 3600000));
	raw("UPDATE session SET seen_ms = seen_ms - 60000"
	    " WHERE hash = '5e55'");
	return "";
}

static const char *
scene_passes(void)
{
	struct pass p = {.kind = PASS_KICK};

	ok(pass_begin(cx, db, PASS_CRON, &p.n));
	ok(pass_begin(cx, db, PASS_KICK, &p.n));
	p.rounds = 3;
	p.workspaces = 8;
	p.begun = 2;
	p.done = 1;
	p.failed = 1;
	p.errors = 1;
	p.message = "homes could not be <listed>";
	ok(pass_end(cx, db, &p));
	raw("UPDATE pass SET started_ms = " T0
	    ", ended_ms = iif(ended_ms = 0, 0, " T0 " + 1500)");
	return "";
}

/* An administrator is about to stop all of them. */
static const char *
scene_bulk(void)
{
	scene_mine();
	ask("POST", "/admin/bulk");
	browser();
	as(admin_cookie);
	form("csrf=root-token&verb=stop&all=&filter=");
	ck_assert_int_eq(answered(), 303);
	return strrchr(header_of("Location"), '/') + 1;
}

static const char *
scene_bulk_done(void)
{
	const char *plan = scene_bulk();

	ok(bulk_do(cx, db, &admin_who, plan));
	return plan;
}

/* A look has found one of each kind, and taking away is asked for. */
static const char *
scene_looked(void)
{
	static const enum found_kind kinds[] = {FOUND_ARCHIVE, FOUND_ARCHIVE,
						FOUND_HOME, FOUND_INSTANCE};
	struct found v[] =
		{{.key = "kept/1",
		  .workspace_id = scene_archived(),
		  .why = "current",
		  .bytes = 345678901,
		  .created_ms = 1767323045000},
		 {.key = "orphan/1",
		  .workspace_id = "",
		  .why = "goes",
		  .since_ms = 1767323045000},
		 {.key = "home-1", .workspace_id = "", .why = "stranger"},
		 {.key = "instance-1", .workspace_id = "", .why = "stranger"}};
	struct survey_finds finds = {kinds, v, 4};
	struct survey s;

	ok(survey_ask(cx, db, SURVEY_LOOK, admin_who.user_id, "root"));
	ok(survey_open(cx, db, &s));
	s.archives = 2;
	s.archive_bytes = 345678901;
	s.homes = s.instances = 1;
	ok(survey_end(cx, db, &s, &finds));
	ok(survey_ask(cx, db, SURVEY_COLLECT, admin_who.user_id, "root"));
	return "";
}

/* Not a workspace: a person, whom :id names. */
static const char *
scene_someone(void)
{
	const char *secret;

	(void)create(&bob_who, "bob's");
	ok(auth_token_add(cx, db, &who_ctl, bob_who.user_id, "ci", 0, &secret));
	return arena_printf(&cx->arena, "%lld", (long long)bob_who.user_id);
}

/* ---- Pages ---- */

enum golden_who { nobody, ann_is, root_is };
#define ann ann_is
#define root root_is

static const struct golden {
	const char *name;
	enum golden_who who;
	const char *lang;
	const char *(*scene)(void);
	const char *method, *route, *rest;
} pages[] = {
#define X(name, who, lang, scene, method, route, rest)                         \
	{name, who, lang, scene_##scene, method, route, rest},
#include "tests/golden/pages.def"
#undef X
};
#undef ann
#undef root
#define N_PAGES (sizeof(pages) / sizeof(pages[0]))

/* Of the query: ":op" stands for the operation that made its archive. */
static const char *
rest_of(const struct golden *g, const char *id)
{
	const char *at = strstr(g->rest, ":op");

	if (g->method[0] == 'P')
		return "";
	if (at == NULL)
		return g->rest;
	return arena_printf(&cx->arena, "%.*s%s", (int)(at - g->rest), g->rest,
			    strchr(get(id).archive_key, '/') + 1);
}

static const char *
target_of(const struct golden *g, const char *id)
{
	const char *at = strstr(g->route, ":id"), *end;
	int head = (int)(at != NULL ? (size_t)(at - g->route)
				    : strcspn(g->route, "*"));

	end = g->route + head + (at != NULL ? 3 : 0);
	return arena_printf(&cx->arena, "%.*s%s%.*s%s", head, g->route,
			    at != NULL ? id : "", (int)strcspn(end, "*"), end,
			    rest_of(g, id));
}

static const char *
cookies_of(const struct golden *g)
{
	const char *session = g->who == ann_is	  ? ann_cookie
			      : g->who == root_is ? admin_cookie
						  : "x=y";

	return arena_printf(&cx->arena, "%s; lang=%s", session, g->lang);
}

static const char *
fields_of(const struct golden *g)
{
	if (g->who == nobody || strncmp(g->rest, "csrf=", 5) == 0)
		return g->rest;
	return arena_printf(&cx->arena, "csrf=%s-token&%s",
			    g->who == ann_is ? "ann" : "root", g->rest);
}

static void
request(const struct golden *g)
{
	ask(g->method, target_of(g, g->scene()));
	browser();
	as(cookies_of(g));
	set("HTTP_HOST", "roost.example");
	set("HTTP_SEC_FETCH_SITE", "same-origin");
	set("HTTP_SEC_FETCH_MODE", "navigate");
	set("SERVER_SOFTWARE", "lighttpd/1.4");
	if (g->method[0] == 'P')
		form(fields_of(g));
	(void)answered();
}

/* ---- What is new at each run ---- */

static const struct {
	const char *what, *instead;
} unsteady[] = {
	{"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"},
	{"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "TIME"},
	{"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC", "WHEN UTC"},
	{"\\?v=[0-9a-f]{10}", "?v=VERSION"},
	{"[0-9a-zA-Z_-]{43,64}", "SECRET"},
	{"name=\"seen\" value=\"[0-9a-f]{16}\"",
	 "name=\"seen\" value=\"MARK\""},
	{"<code>[0-9a-f]{16}</code>", "<code>REQUEST</code>"},
	{"([0-9.]+ [kMGT]B free|여유 공간 [0-9.]+ [kMGT]B)", "SIZE"},
	{"\n([ \t]*\n)+", "\n"},
	{"<code>/[^<]*</code>", "<code>PATH</code>"},
	{"</time> \\([0-9][^)]*\\)", "</time> (SPAN)"},
	{"data-since=\"TIME\">[^<]*<", "data-since=\"TIME\">SPAN<"},
};

static const char *
replaced(const char *s, const char *what, const char *instead)
{
	struct buf b;
	regmatch_t m;
	regex_t re;

	buf_init(&b, (size_t)16 << 20);
	ck_assert_int_eq(regcomp(&re, what, REG_EXTENDED), 0);
	for (; regexec(&re, s, 1, &m, 0) == 0; s += m.rm_eo) {
		buf_add(&b, s, (size_t)m.rm_so);
		buf_puts(&b, instead);
	}
	buf_puts(&b, s);
	regfree(&re);
	s = arena_strdup(&cx->arena, buf_str(&b));
	buf_free(&b);
	return s;
}

static const char *
steady(const char *s)
{
	for (size_t i = 0; i < sizeof(unsteady) / sizeof(unsteady[0]); i++)
		s = replaced(s, unsteady[i].what, unsteady[i].instead);
	return s;
}

static const char *
answer_to(const struct golden *g)
{
	const char *to;

	request(g);
	to = header_of("Location");
	return steady(arena_printf(&cx->arena, "<!-- %d %s -->\n%s",
				   status_of(&fake.out),
				   to != NULL ? to : header_of("Content-Type"),
				   body_of()));
}

/* ---- Against what is kept ---- */

static void
keep(const char *file, const char *page)
{
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(page, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* The first line that differs, of both. */
static void
compare(const char *file, const char *page)
{
	struct buf b;
	const char *was;
	size_t n = 1, a, z;

	buf_init(&b, (size_t)16 << 20);
	ck_assert_msg(fs_read(cx, file, &b) == OK,
		      "%s is missing: make golden, and look at it", file);
	for (was = buf_str(&b); *was || *page; n++) {
		a = strcspn(was, "\n");
		z = strcspn(page, "\n");
		ck_assert_msg(a == z && strncmp(was, page, a) == 0,
			      "%s:%zu: is it meant? Then make golden.\n"
			      "was: %.*s\nnow: %.*s",
			      file, n, (int)a, was, (int)z, page);
		was += a + (was[a] != '\0');
		page += z + (page[z] != '\0');
	}
	buf_free(&b);
}

START_TEST(every_page_is_as_it_was)
{
	bool anew = getenv("GOLDEN_KEEP") != NULL;
	char file[FILE_MAX];

	for (size_t i = 0; i < N_PAGES; i++) {
		const char *page = answer_to(&pages[i]);

		snprintf(file, sizeof(file), FOLDER "/%s.html", pages[i].name);
		if (anew)
			keep(file, page);
		else
			compare(file, page);
		cgi_close();
		cgi_open();
	}
}
END_TEST

/* ---- None is forgotten ---- */

static const struct {
	const char *method, *path;
} routes[] = {
#define AGAIN(method, path, may, form, handler)
#define API(method, path, may, form, handler, status, answer, summary)
#define INNER(method, path, may, form, handler)
#define X(method, path, may, form, handler) {#method, path},
#include "cgi/routes.def"
#undef X
#undef INNER
#undef API
#undef AGAIN
};

static bool
is_kept(const char *path)
{
	for (size_t i = 0; i < N_PAGES; i++)
		if (strcmp(pages[i].route, path) == 0 &&
		    pages[i].method[0] == 'G')
			return true;
	return false;
}

START_TEST(every_page_is_kept)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(routes[i].method, "POST") == 0)
			continue;
		ck_assert_msg(is_kept(routes[i].path),
			      "%s has no row in tests/golden/pages.def",
			      routes[i].path);
		n++;
	}
	ck_assert_uint_gt(n, 8);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {every_page_is_kept,
				      every_page_is_as_it_was};

	return run_cgi("golden", tests, sizeof(tests) / sizeof(tests[0]));
}
