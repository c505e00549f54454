/* My account: password, API tokens, sessions; as pages and as JSON. */
#include <string.h>

#include "cgi/page.h"
#include "service/account.h"

/* ---- What all of them show ---- */

/* A program by its User-Agent: the first that is in it. More special ones
 * stand before those whose words they carry too. */
static const char *const programs[][2] =
	{{"Edg/", "Edge"},	  {"OPR/", "Opera"},
	 {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"},
	 {"Safari/", "Safari"},	  {"curl/", "curl"},
	 {"Android", "Android"},  {"iPhone", "iPhone"},
	 {"iPad", "iPad"},	  {"Windows", "Windows"},
	 {"Macintosh", "macOS"},  {"Linux", "Linux"}};
#define N_BROWSERS 6

static const char *
agent_part(const char *ua, size_t from, size_t to)
{
	for (; from < to; from++)
		if (strstr(ua, programs[from][0]) != NULL)
			return programs[from][1];
	return NULL;
}

/* "Firefox, Linux"; NULL: not known. */
static const char *
agent(struct cx *cx, const char *ua)
{
	size_t n = sizeof(programs) / sizeof(programs[0]);
	const char *what = agent_part(ua, 0, N_BROWSERS);
	const char *where = agent_part(ua, N_BROWSERS, n);

	if (what == NULL)
		return where;
	return where == NULL ? what
			     : arena_printf(&cx->arena, "%s, %s", what, where);
}

static void
view_token(struct json_object *o, const struct token *t)
{
	view_int(o, "id", t->id);
	view_text(o, "name", t->name);
	view_time(o, "created_at", t->created_ms);
	view_time(o, "expires_at", t->expires_ms);
	view_time(o, "last_used_at", t->used_ms);
}

enum err
page_tokens(struct cx *cx, struct call *c, int64_t user_id, const char *key)
{
	struct json_object *list, *o;
	struct tokens all;
	enum err e = token_list(cx, c->db, user_id, &all);

	if (e)
		return e;
	list = view_list(c->view, key);
	for (size_t i = 0; i < all.n; i++) {
		o = view_obj(list, NULL);
		view_token(o, &all.v[i]);
		if (c->api)
			continue;
		view_text(o, "created_text",
			  page_time(cx, all.v[i].created_ms));
		view_text(o, "expires_text",
			  page_time(cx, all.v[i].expires_ms));
		view_text(o, "used_text", page_time(cx, all.v[i].used_ms));
	}
	return OK;
}

static void
view_session(struct cx *cx, struct call *c, struct json_object *o,
	     const struct session *s)
{
	view_text(o, "id", session_called(cx, s));
	view_time(o, "created_at", s->created_ms);
	view_time(o, "seen_at", s->seen_ms);
	view_time(o, "expires_at", s->expires_ms);
	view_text(o, "ip", s->ip);
	view_text(o, "user_agent", s->ua);
	view_bool(o, "current",
		  c->who.token_id == 0 &&
			  session_is(s, call_session_cookie(cx, c->rq)));
	if (c->api)
		return;
	view_text(o, "agent", agent(cx, s->ua));
	view_text(o, "created_text", page_time(cx, s->created_ms));
	view_text(o, "seen_text", page_time(cx, s->seen_ms));
}

enum err
page_sessions(struct cx *cx, struct call *c, int64_t user_id, const char *key)
{
	struct json_object *list;
	struct sessions all;
	enum err e = session_list(cx, c->db, user_id, &all);

	if (e)
		return e;
	list = view_list(c->view, key);
	for (size_t i = 0; i < all.n; i++)
		view_session(cx, c, view_obj(list, NULL), &all.v[i]);
	view_bool(c->view, "others", all.n > 1);
	return OK;
}

/* ---- JSON ---- */

static const char *
my_session(struct cx *cx, struct call *c)
{
	return c->who.token_id == 0 ? call_session_cookie(cx, c->rq) : NULL;
}

/* A session or more are over: the pass cuts what they still have open. */
static enum err
over(struct cx *cx, struct call *c, enum err e)
{
	if (!e)
		page_kick(cx, c);
	return e;
}

static enum err
done(struct call *c, enum err e)
{
	if (!e) {
		c->rp->status = 204;
		c->view = NULL;
	}
	return e;
}

enum err
api_password(struct cx *cx, struct call *c)
{
	enum err e = account_password(cx, c->db, &c->who, my_session(cx, c),
				      IN(c, api_password, old_password)->text,
				      IN(c, api_password, new_password)->text,
				      &c->retry_after_s);

	return done(c, over(cx, c, e));
}

enum err
api_tokens(struct cx *cx, struct call *c)
{
	return page_tokens(cx, c, c->who.user_id, "items");
}

static enum err
add_token(struct cx *cx, struct call *c, struct token *t, const char **secret)
{
	const struct value *days = IN(c, token_new, expires_days);

	return account_token_add(cx, c->db, &c->who,
				 IN(c, token_new, name)->text,
				 days->set ? days->num : 0, t, secret);
}

enum err
api_token_add(struct cx *cx, struct call *c)
{
	const char *secret;
	struct token t;
	enum err e = add_token(cx, c, &t, &secret);

	if (e)
		return e;
	view_token(c->view, &t);
	view_text(c->view, "token", secret);
	c->rp->status = 201;
	return OK;
}

enum err
api_token_revoke(struct cx *cx, struct call *c)
{
	return done(c, account_token_revoke(cx, c->db, &c->who, c->param[0]));
}

enum err
api_sessions(struct cx *cx, struct call *c)
{
	return page_sessions(cx, c, c->who.user_id, "items");
}

enum err
api_sessions_end(struct cx *cx, struct call *c)
{
	enum err e =
		account_sessions_end(cx, c->db, &c->who, my_session(cx, c));

	return done(c, over(cx, c, e));
}

enum err
api_session_end(struct cx *cx, struct call *c)
{
	enum err e = account_session_end(cx, c->db, &c->who, c->param[0]);

	return done(c, over(cx, c, e));
}

/* ---- Pages ---- */

static void
view_days(struct cx *cx, struct call *c)
{
	static const int64_t days[] = {7, 30, 90, 365};
	struct json_object *list = view_list(c->view, "periods"), *o;
	struct json_object *form = again_form(c, "token_new");
	const char *chosen = again_text(form, "expires_days", "90");

	again_text(form, "name", "");
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		o = view_obj(list, NULL);
		view_int(o, "days", days[i]);
		view_bool(o, "selected",
			  strcmp(chosen, arena_printf(&cx->arena, "%lld",
						      (long long)days[i])) ==
				  0);
	}
}

enum err
page_account(struct cx *cx, struct call *c)
{
	enum err e;

	if ((e = page_tokens(cx, c, c->who.user_id, "tokens")) ||
	    (e = page_sessions(cx, c, c->who.user_id, "sessions")))
		return e;
	view_bool(c->view, "password_given", c->who.password_given);
	view_days(cx, c);
	view_bool(c->view, "at_account", true);
	view_text(c->view, "title", page_say(c->lang, TEXT_nav_account));
	(void)again_form(c, "password");
	view_text(c->view, "page", "account");
	c->rp->page = "account";
	return OK;
}

enum err
page_password(struct cx *cx, struct call *c)
{
	const char *password = IN(c, password, new_password)->text;
	enum err e;

	if (strcmp(password, IN(c, password, again)->text) != 0)
		return cx_field(cx, "again", "is not the same");
	e = account_password(cx, c->db, &c->who, my_session(cx, c),
			     IN(c, password, old_password)->text, password,
			     &c->retry_after_s);
	if (!over(cx, c, e))
		page_done(cx, c, NULL, "/account", "said_password");
	return e;
}

/* No redirect: the secret goes into no address and no cookie. */
enum err
page_token_add(struct cx *cx, struct call *c)
{
	const char *secret;
	struct token t;
	enum err e = add_token(cx, c, &t, &secret);

	if (e)
		return e;
	view_text(c->view, "secret", secret);
	view_text(c->view, "secret_name", t.name);
	c->rp->status = 201;
	return page_account(cx, c);
}

static enum err
went(struct cx *cx, struct call *c, enum err e, const char *said)
{
	if (!e)
		page_done(cx, c, NULL, "/account", said);
	return e;
}

enum err
page_token_revoke(struct cx *cx, struct call *c)
{
	return went(cx, c,
		    account_token_revoke(cx, c->db, &c->who, c->param[0]),
		    "said_revoked");
}

enum err
page_sessions_end(struct cx *cx, struct call *c)
{
	enum err e =
		account_sessions_end(cx, c->db, &c->who, my_session(cx, c));

	return went(cx, c, over(cx, c, e), "said_sessions");
}

enum err
page_session_end(struct cx *cx, struct call *c)
{
	enum err e = account_session_end(cx, c->db, &c->who, c->param[0]);

	return went(cx, c, over(cx, c, e), "said_session");
}
