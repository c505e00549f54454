/* The fields of a request, by the rows of forms.def. */
#include <string.h>

#include "base/id.h"
#include "cgi/app.h"

const struct field_row app_fields[] = {
#define F(form)
#define X(form, field, type, least, most, need)                                \
	{#field, FIELD_##type, least, most, need},
#include "cgi/forms.def"
#undef F
#undef X
};

static const enum form FORM_OF[] = {
#define F(form)
#define X(form, field, type, least, most, need) FORM_##form,
#include "cgi/forms.def"
#undef F
#undef X
};

void
app_forms_index(struct program *p)
{
	for (size_t i = 0; i < IN__MAX; i++) {
		enum form f = FORM_OF[i];

		if (p->form_n[f]++ == 0)
			p->form_first[f] = i;
	}
}

static enum err
parse(struct cx *cx, struct call *c, enum form_source source, const char *p,
      size_t n, const char **csrf)
{
	const struct program *program = c->worker->program;
	size_t first = program->form_first[c->route->form];

	return form_parse(cx, source, p, n, &app_fields[first],
			  program->form_n[c->route->form], &c->in[first], csrf);
}

enum err
app_token(struct cx *cx, const struct call *c, const char *sent)
{
	if (c->who.token_id)
		return OK;
	if (sent && c->csrf && id_equal(sent, c->csrf))
		return OK;
	if (!c->who.user_id && !sent &&
	    request_from(cx, c->rq, cx->site->base_url) == SITE_SAME)
		return OK;
	return cx_fail(cx, ERR_FORM_OLD, "the form's token is %s",
		       sent ? "not the session's" : "missing");
}

static enum err
parse_body(struct cx *cx, struct call *c)
{
	const struct request *rq = c->rq;
	const char *type = rq->header[HEADER_CONTENT_TYPE], *csrf = NULL;
	enum form_source source = FORM_JSON;
	enum err e = OK;

	if (*rq->query)
		return cx_fail(cx, ERR_INVALID, "a query is not known here");
	if (rq->body_len || (type && !c->api))
		e = form_source_of(cx, type, &source);
	if (e)
		return e;
	if (source == FORM_URLENCODED && c->api)
		return cx_fail(cx, ERR_MEDIA, "only application/json");
	if ((e = parse(cx, c, source, rq->body, rq->body_len, &csrf)))
		return e;
	return source == FORM_URLENCODED ? app_token(cx, c, csrf) : OK;
}

enum err
app_form(struct cx *cx, struct call *c)
{
	if (c->route->form == FORM_any)
		return OK;
	if (method_unsafe(c->rq->method))
		return parse_body(cx, c);
	return parse(cx, c, FORM_QUERY, c->rq->query, strlen(c->rq->query),
		     NULL);
}
