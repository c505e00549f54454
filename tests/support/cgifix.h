/* A handler without a web server: an io that is a table of variables, a body
 * and a buffer. Header only. */
#ifndef SUPPORT_CGIFIX_H
#define SUPPORT_CGIFIX_H

#include "support/servicefix.h"

#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "cgi/app.h"
#include "cgi/io.h"
#include "store/session.h"

#define VARS 24

/* More lines of roost.conf; a test may define them before it includes this. */
#ifndef CGI_CONF
#define CGI_CONF ""
#endif

struct fake_io {
	struct io io;
	const char *name[VARS], *value[VARS];
	size_t n;
	const char *body;
	size_t left;
	struct buf out;
	bool kept, ended;
};

FIX struct program program;
FIX struct worker worker;
FIX struct fake_io fake;
FIX const char *ann_cookie, *bob_cookie, *admin_cookie;

FIX const char *
fake_var(struct io *io, const char *name)
{
	struct fake_io *f = (struct fake_io *)io;

	for (size_t i = f->n; i > 0; i--)
		if (strcmp(f->name[i - 1], name) == 0)
			return f->value[i - 1];
	return NULL;
}

FIX ssize_t
fake_read(struct io *io, void *p, size_t n)
{
	struct fake_io *f = (struct fake_io *)io;

	n = n < f->left ? n : f->left;
	memcpy(p, f->body, n);
	f->body += n;
	f->left -= n;
	return (ssize_t)n;
}

FIX bool
fake_write(struct io *io, const void *p, size_t n)
{
	buf_add(&((struct fake_io *)io)->out, p, n);
	return true;
}

FIX void
fake_keep(struct io *io)
{
	((struct fake_io *)io)->kept = true;
}

FIX void
fake_end(struct io *io)
{
	((struct fake_io *)io)->ended = true;
}

FIX void
set(const char *name, const char *value)
{
	ck_assert_uint_lt(fake.n, VARS);
	fake.name[fake.n] = name;
	fake.value[fake.n++] = value;
}

FIX void
ask(const char *method, const char *target)
{
	buf_free(&fake.out);
	memset(&fake, 0, sizeof(fake));
	buf_init(&fake.out, (size_t)16 << 20);
	fake.io = (struct io){.var = fake_var,
			      .read = fake_read,
			      .write = fake_write,
			      .keep = fake_keep,
			      .end = fake_end,
			      .fd = -1};
	set("REQUEST_METHOD", method);
	set("REQUEST_URI", target);
	set("HTTP_HOST", "roost.example");
	set("REMOTE_ADDR", "192.0.2.1");
}

FIX void
body(const char *type, const char *text)
{
	set("CONTENT_TYPE", type);
	set("CONTENT_LENGTH", arena_printf(&t.cx.arena, "%zu", strlen(text)));
	fake.body = text;
	fake.left = strlen(text);
}

FIX void
json(const char *text)
{
	body("application/json", text);
}

FIX void
form(const char *text)
{
	body("application/x-www-form-urlencoded", text);
}

/* A browser that opens a page. */
FIX void
browser(void)
{
	set("HTTP_ACCEPT", "text/html,application/xhtml+xml,*/*;q=0.8");
}

FIX void
as(const char *cookie)
{
	set("HTTP_COOKIE", cookie);
}

FIX int
status_of(const struct buf *out)
{
	ck_assert_msg(strncmp(buf_str(out), "Status: ", 8) == 0, "%s",
		      buf_str(out));
	return (int)strtol(buf_str(out) + 8, NULL, 10);
}

FIX int
answered(void)
{
	ck_assert(app_answer(&worker, &fake.io));
	return status_of(&fake.out);
}

/* A text that lives as long as the test. */
#define fmt(...) arena_printf(&t.cx.arena, __VA_ARGS__)

/* What a browser does: opens a page, and sends a form. */
FIX int
look(const char *cookie, const char *target)
{
	ask("GET", target);
	browser();
	as(cookie);
	return answered();
}

FIX int
press(const char *cookie, const char *target, const char *fields)
{
	ask("POST", target);
	browser();
	as(cookie);
	form(fields);
	return answered();
}

/* A call of the API by a page of ours. */
FIX int
call_as(const char *method, const char *cookie, const char *target,
	const char *text)
{
	ask(method, target);
	set("HTTP_SEC_FETCH_SITE", "same-origin");
	as(cookie);
	if (text)
		json(text);
	return answered();
}

/* The header's value in the arena, NULL when there is none. */
FIX const char *
header_of(const char *name)
{
	const char *end = strstr(buf_str(&fake.out), "\r\n\r\n");
	const char *key = arena_printf(&t.cx.arena, "\r\n%s: ", name);
	const char *at = strstr(buf_str(&fake.out), key);

	if (!at || at > end)
		return NULL;
	at += strlen(key);
	return arena_strndup(&t.cx.arena, at, strcspn(at, "\r"));
}

FIX const char *
body_of(void)
{
	return strstr(buf_str(&fake.out), "\r\n\r\n") + 4;
}

/* The text between two others in the answer. */
FIX const char *
between(const char *from, const char *to)
{
	const char *at = strstr(body_of(), from), *end;

	ck_assert_msg(at != NULL, "no %s in %s", from, body_of());
	at += strlen(from);
	end = strstr(at, to);
	ck_assert_ptr_nonnull(end);
	return arena_strndup(&t.cx.arena, at, (size_t)(end - at));
}

FIX bool
says(const char *text)
{
	return strstr(body_of(), text) != NULL;
}

FIX const char *
log_in_as(const struct who *who, const char *csrf)
{
	char secret[ID_SECRET_LEN + 1], hash[ID_HASH_LEN + 1];

	id_secret(secret);
	id_hash(secret, strlen(secret), hash);
	ok(session_add(cx, db, hash, who->user_id, csrf, "", "",
		       cx->now_ms + 3600000));
	return arena_printf(&cx->arena, "roost_session=%s", secret);
}

/* A workspace with an instance in a slot that leads to it. */
FIX struct workspace
standing(const struct who *who, int64_t slot)
{
	struct workspace w = create(who, "w");
	struct ws_outcome o = {.status = STATUS_RUNNING,
			       .error = WS_ERROR_CLEAR,
			       .set_instance = true,
			       .slot = slot,
			       .boot_id = "boot"};

	o.endpoint = arena_printf(&cx->arena, "unix:/run/%s.sock", w.id);
	ck_assert_int_eq(symlink(arena_printf(&cx->arena, "../sock/%s.sock",
					      w.id),
				 arena_printf(&cx->arena,
					      "%s/slots/%02lld.sock",
					      t.site.run_dir, (long long)slot)),
			 0);
	return observed(w.id, &o);
}

/* Tests run in the top folder, where www/ is. */
FIX void
cgi_open(void)
{
	char here[4096], conf[8192];

	log_open("test", 2, LOG_LEVEL_ERROR);
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	snprintf(conf, sizeof(conf), "www_dir = %s/www\n%s%s", here, CGI_CONF,
		 SITE);
	tmpsite_open(&t, conf);
	cx = &t.cx;
	ok(db_open(cx, DB_CREATE, &db));
	ann_who = new_who("ann", ROLE_USER);
	bob_who = new_who("bob", ROLE_USER);
	admin_who = new_who("root", ROLE_ADMIN);
	ann = ann_who.user_id;
	ann_cookie = log_in_as(&ann_who, "ann-token");
	bob_cookie = log_in_as(&bob_who, "bob-token");
	admin_cookie = log_in_as(&admin_who, "root-token");
	ok(program_open(cx, &t.site, &program));
	ok(worker_open(cx, &program, &worker));
}

FIX void
cgi_close(void)
{
	buf_free(&fake.out);
	worker_close(&worker);
	program_close(&program);
	fix_close();
}

FIX int
run_cgi(const char *name, const TTest *const *tests, size_t n)
{
	return suite_run(&(struct suite){name, cgi_open, cgi_close, 120}, tests,
			 n);
}

#endif
