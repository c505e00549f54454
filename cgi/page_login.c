/* Coming, going, and in which language. SPEC section 8. */
#include <string.h>

#include "cgi/page.h"
#include "web/cookie.h"
#include "web/url.h"

#define LANG_SECONDS (INT64_C(365) * 86400)

static enum err
log_in(struct cx *cx, struct call *c, const char *name, const char *password,
       struct login *in)
{
	const char *ua = c->rq->header[HEADER_USER_AGENT];
	enum err e = auth_login(cx, c->db, name, password, c->rq->remote,
				ua != NULL ? ua : "", in, &c->retry_after_s);

	if (!e)
		call_session(cx, c, in->session);
	return e;
}

static void
view_who(struct json_object *o, const struct who *who)
{
	view_int(o, "user_id", who->user_id);
	view_text(o, "username", who->username);
	view_text(o, "role", role_name(who->admin ? ROLE_ADMIN : ROLE_USER));
}

enum err
api_login(struct cx *cx, struct call *c)
{
	struct login in;
	enum err e = log_in(cx, c, IN(c, api_login, username)->text,
			    IN(c, api_login, password)->text, &in);

	if (!e)
		view_who(c->view, &in.who);
	return e;
}

static enum err
log_out(struct cx *cx, struct call *c)
{
	enum err e =
		auth_logout(cx, c->db, &c->who, call_session_cookie(cx, c->rq));

	if (e)
		return e;
	call_session(cx, c, NULL);
	page_kick(cx, c); /* the pass cuts what it still has open */
	return OK;
}

enum err
api_logout(struct cx *cx, struct call *c)
{
	return log_out(cx, c);
}

enum err
api_session(struct cx *cx, struct call *c)
{
	(void)cx;
	view_who(c->view, &c->who);
	return OK;
}

/* Also after a login that went wrong (again.h). */
enum err
page_login(struct cx *cx, struct call *c)
{
	const struct value *sent = IN(c, login, back);
	const struct value *back = sent->set ? sent : IN(c, back, back);
	const char *to =
		back->set && url_is_local(back->text) ? back->text : "/";

	(void)cx;
	if (c->who.password_given) {
		call_back(c, "/account"); /* nothing else lets them in */
		return OK;
	}
	if (c->who.user_id != 0 && c->rq->method == METHOD_GET) {
		call_back(c, to);
		return OK;
	}
	view_text(c->view, "title", page_say(c->lang, TEXT_login_title));
	view_text(c->view, "page", "login");
	view_text(c->view, "back", to);
	again_text(again_form(c, "login"), "username", "");
	c->rp->page = "login";
	return OK;
}

enum err
page_login_post(struct cx *cx, struct call *c)
{
	const struct value *back = IN(c, login, back);
	struct login in;
	enum err e = log_in(cx, c, IN(c, login, username)->text,
			    IN(c, login, password)->text, &in);

	if (!e)
		call_back(c, back->set && url_is_local(back->text) ? back->text
								   : "/");
	return e;
}

enum err
page_logout(struct cx *cx, struct call *c)
{
	enum err e = log_out(cx, c);

	if (!e)
		page_done(cx, c, NULL, "/login", "said_logout");
	return e;
}

enum err
page_language(struct cx *cx, struct call *c)
{
	const struct value *back = IN(c, language, back);
	const char *lang = IN(c, language, lang)->text;
	struct cookie k = {.name = "lang",
			   .value = lang,
			   .max_age_s = LANG_SECONDS,
			   .https = c->rq->https};
	size_t i = 0;

	while (i < page_n_langs && strcmp(lang, page_langs[i]) != 0)
		i++;
	if (i == page_n_langs)
		return cx_field(cx, "lang", "no such language");
	response_header(c->rp, "Set-Cookie", cookie_format(cx, &k));
	call_back(c, back->set && url_is_local(back->text) ? back->text : "/");
	return OK;
}
