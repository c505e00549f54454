#include <string.h>

#include "web/template_part.h"

#define SECTIONS_DEEP 16

struct section {
	size_t op;
	const char *name;
	size_t len;
	struct html at;
};

struct compiler {
	struct cx *cx;
	struct templates *ts;
	struct template *t;
	struct html html;
	struct section open[SECTIONS_DEEP];
	size_t n_open;
	unsigned line;
};

static enum err
bad(struct compiler *c, const char *what, const char *name, size_t len)
{
	return cx_fail(c->cx, ERR_CONFIG, "%s.html:%u: {{%.*s}} %s", c->t->name,
		       c->line, (int)len, name, what);
}

static struct op *
add_op(struct compiler *c, enum op_kind kind)
{
	struct template *t = c->t;
	struct op *op;

	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 32;
		struct op *more =
			arena_array(&c->ts->arena, cap, sizeof(*more));

		if (t->n)
			memcpy(more, t->ops, t->n * sizeof(*more));
		t->ops = more;
		t->cap = cap;
	}
	op = &t->ops[t->n++];
	op->kind = kind;
	op->line = c->line;
	return op;
}

static void
add_text(struct compiler *c, const char *p, size_t n)
{
	struct op *op;

	html_text(&c->html, p, n);
	for (size_t i = 0; i < n; i++)
		c->line += p[i] == '\n';
	if (n == 0)
		return;
	op = add_op(c, OP_TEXT);
	op->text = p;
	op->len = n;
}

static bool
word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* "a.b" or "."; false when it is neither. */
static bool
parse_name(struct arena *a, const char *p, size_t n, struct name *name)
{
	name->n = 0;
	if (n == 1 && *p == '.')
		return true;
	for (size_t i = 0, from = 0; i <= n; i++) {
		if (i < n && word_char(p[i]))
			continue;
		if ((i < n && p[i] != '.') || i == from ||
		    name->n == NAME_PARTS)
			return false;
		name->part[name->n++] = arena_strndup(a, p + from, i - from);
		from = i + 1;
	}
	return true;
}

static enum err
add_value(struct compiler *c, enum op_kind kind, const char *p, size_t n)
{
	enum op_kind how;
	struct op *op;

	if (!html_value(&c->html, &how))
		return bad(c, "must not stand here", p, n);
	if (how == OP_URL && kind != OP_VALUE)
		return bad(c, "must not begin an address", p, n);
	op = add_op(c, kind == OP_VALUE ? how : kind);
	if (kind == OP_WORD) {
		const char *key = arena_strndup(&c->ts->arena, p, n);

		op->word = c->ts->words ? c->ts->words->find(key) : -1;
		return op->word < 0 ? bad(c, "is no message", p, n) : OK;
	}
	if (!parse_name(&c->ts->arena, p, n, &op->name))
		return bad(c, "is no name", p, n);
	return OK;
}

static enum err
open_section(struct compiler *c, enum op_kind kind, const char *p, size_t n)
{
	struct section *s = &c->open[c->n_open];
	struct op *op = add_op(c, kind);

	if (c->n_open == SECTIONS_DEEP)
		return bad(c, "is nested too deep", p, n);
	if (!html_mark(&c->html))
		return bad(c, "must not stand here", p, n);
	if (!parse_name(&c->ts->arena, p, n, &op->name))
		return bad(c, "is no name", p, n);
	s->op = c->t->n - 1;
	s->name = p;
	s->len = n;
	s->at = c->html;
	c->n_open++;
	return OK;
}

static enum err
close_section(struct compiler *c, const char *p, size_t n)
{
	struct section *s;

	if (c->n_open == 0)
		return bad(c, "closes nothing", p, n);
	s = &c->open[--c->n_open];
	if (s->len != n || memcmp(s->name, p, n) != 0)
		return bad(c, "closes another section", p, n);
	if (!html_mark(&c->html) || !html_same(&s->at, &c->html))
		return bad(c, "ends in another place of the HTML", p, n);
	c->t->ops[s->op].end = c->t->n;
	return OK;
}

static enum err
add_partial(struct compiler *c, const char *p, size_t n)
{
	struct op *op = add_op(c, OP_PARTIAL);

	if (c->html.place != PLACE_TEXT)
		return bad(c, "must not stand in a tag", p, n);
	op->text = arena_strndup(&c->ts->arena, p, n);
	return OK;
}

/* What stands between {{ and }}. */
static enum err
add_tag(struct compiler *c, const char *p, size_t n)
{
	char sigil = n ? *p : '\0';

	if (strchr("#^/>@!", sigil) && sigil) {
		p++;
		n--;
	}
	if (sigil == '!')
		return OK;
	while (n && *p == ' ') {
		p++;
		n--;
	}
	while (n && p[n - 1] == ' ')
		n--;
	switch (sigil) {
	case '#':
		return open_section(c, OP_SECTION, p, n);
	case '^':
		return open_section(c, OP_INVERTED, p, n);
	case '/':
		return close_section(c, p, n);
	case '>':
		return add_partial(c, p, n);
	case '@':
		return n && *p == '*' ? add_value(c, OP_WORD_OF, p + 1, n - 1)
				      : add_value(c, OP_WORD, p, n);
	default:
		return add_value(c, OP_VALUE, p, n);
	}
}

static enum err
check_end(struct compiler *c)
{
	if (c->n_open) {
		const struct section *s = &c->open[c->n_open - 1];

		return bad(c, "is not closed", s->name, s->len);
	}
	if (c->html.place != PLACE_TEXT)
		return cx_fail(c->cx, ERR_CONFIG,
			       "%s.html ends within a tag, a script or a "
			       "comment, or an attribute is not quoted",
			       c->t->name);
	return OK;
}

enum err
template_compile(struct cx *cx, struct templates *ts, struct template *t)
{
	struct compiler c = {.cx = cx, .ts = ts, .t = t, .line = 1};
	const char *p = t->text, *open, *close;
	enum err e;

	while ((open = strstr(p, "{{"))) {
		add_text(&c, p, (size_t)(open - p));
		close = strstr(open, "}}");
		if (!close)
			return bad(&c, "is not ended", open + 2, 0);
		e = add_tag(&c, open + 2, (size_t)(close - open) - 2);
		if (e)
			return e;
		p = close + 2;
	}
	add_text(&c, p, strlen(p));
	return check_end(&c);
}
