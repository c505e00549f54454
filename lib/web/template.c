#include "web/template.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "web/template_part.h"

#define FILE_MAX ((size_t)256 << 10)
#define TEMPLATES_MAX 256

const struct template *
template_find(const struct templates *ts, const char *name)
{
	for (size_t i = 0; i < ts->n; i++)
		if (strcmp(ts->v[i].name, name) == 0)
			return &ts->v[i];
	return NULL;
}

/* Follows the partials of t: all exist, none leads back to itself. */
static enum err
link_partials(struct cx *cx, struct templates *ts, struct template *t)
{
	if (t->visit == OPEN)
		return cx_fail(cx, ERR_CONFIG, "%s.html includes itself",
			       t->name);
	if (t->visit == DONE)
		return OK;
	t->visit = OPEN;
	for (size_t i = 0; i < t->n; i++) {
		const struct template *to;
		enum err e;

		if (t->ops[i].kind != OP_PARTIAL)
			continue;
		if (!(to = template_find(ts, t->ops[i].text)))
			return cx_fail(cx, ERR_CONFIG,
				       "%s.html:%u: no template %s", t->name,
				       t->ops[i].line, t->ops[i].text);
		t->ops[i].partial = (size_t)(to - ts->v);
		if ((e = link_partials(cx, ts, &ts->v[to - ts->v])))
			return e;
	}
	t->visit = DONE;
	return OK;
}

enum err
templates_parse(struct cx *cx, const char *const names[],
		const char *const texts[], size_t n,
		const struct template_words *words, struct templates **out)
{
	struct templates *ts = calloc(1, sizeof(*ts));
	enum err e = OK;

	if (!ts)
		abort();
	ts->words = words;
	ts->n = n;
	ts->v = arena_array(&ts->arena, n + 1, sizeof(*ts->v));
	for (size_t i = 0; i < n && !e; i++) {
		ts->v[i].name = arena_strdup(&ts->arena, names[i]);
		ts->v[i].text = arena_strdup(&ts->arena, texts[i]);
		e = template_compile(cx, ts, &ts->v[i]);
	}
	for (size_t i = 0; i < n && !e; i++)
		e = link_partials(cx, ts, &ts->v[i]);
	if (e) {
		templates_free(ts);
		return e;
	}
	*out = ts;
	return OK;
}

static enum err
read_template(struct cx *cx, const char *dir, const char *file,
	      const char **name, const char **text)
{
	struct buf b;
	enum err e;

	buf_init(&b, FILE_MAX);
	e = fs_read(cx, arena_printf(&cx->arena, "%s/%s", dir, file), &b);
	if (!e && strlen(buf_str(&b)) != b.len)
		e = cx_fail(cx, ERR_CONFIG, "%s: a NUL in it", file);
	if (!e) {
		*name = arena_strndup(&cx->arena, file, strlen(file) - 5);
		*text = arena_strdup(&cx->arena, buf_str(&b));
	}
	buf_free(&b);
	return e;
}

static bool
is_html(const char *file)
{
	size_t n = strlen(file);

	return n > 5 && file[0] != '.' && strcmp(file + n - 5, ".html") == 0;
}

enum err
templates_load(struct cx *cx, const char *dir,
	       const struct template_words *words, struct templates **out)
{
	const char *names[TEMPLATES_MAX], *texts[TEMPLATES_MAX];
	struct dirent *entry;
	size_t n = 0;
	enum err e = OK;
	DIR *d = opendir(dir);

	if (!d)
		return cx_errno(cx, errno, "opendir %s", dir);
	while (!e && (entry = readdir(d))) {
		if (!is_html(entry->d_name))
			continue;
		if (n == TEMPLATES_MAX)
			e = cx_fail(cx, ERR_CONFIG, "%s: too many", dir);
		else
			e = read_template(cx, dir, entry->d_name, &names[n],
					  &texts[n]);
		n++;
	}
	closedir(d);
	return e ? e : templates_parse(cx, names, texts, n, words, out);
}

void
templates_free(struct templates *ts)
{
	if (!ts)
		return;
	arena_release(&ts->arena);
	free(ts);
}

const char *
templates_name(const struct templates *ts, size_t i)
{
	return i < ts->n ? ts->v[i].name : NULL;
}
