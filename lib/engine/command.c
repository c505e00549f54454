#include "engine/command.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* Copies one word's bytes to out; returns where it ended, NULL when a quote
 * does not end. */
static const char *
take_word(const char *p, char *out)
{
	bool quoted = false;

	for (; *p && (quoted || !is_space(*p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
			*out++ = *++p;
		else
			*out++ = *p;
	}
	*out = '\0';
	return quoted ? NULL : p;
}

enum err
command_words(struct cx *cx, const char *text, const char *const **words,
	      size_t *n)
{
	const char **v =
		arena_array(&cx->arena, COMMAND_WORDS_MAX + 1, sizeof(*v));
	char *word = arena_alloc(&cx->arena, strlen(text) + 1);
	const char *p = text;
	size_t count = 0;

	for (;;) {
		while (is_space(*p))
			p++;
		if (!*p)
			break;
		if (count == COMMAND_WORDS_MAX)
			return cx_fail(cx, ERR_CONFIG,
				       "more than %d words in: %.200s",
				       COMMAND_WORDS_MAX, text);
		if (!(p = take_word(p, word)))
			return cx_fail(cx, ERR_CONFIG,
				       "a quote without its end in: %.200s",
				       text);
		v[count++] = arena_strdup(&cx->arena, word);
	}
	*words = v;
	*n = count;
	return OK;
}

/* The value for a placeholder at p and its length; NULL when it is none. */
static const char *
value_at(struct cx *cx, const char *p, const struct command_values *v,
	 size_t *len)
{
	const struct {
		const char *name, *value;
	} all[] = {
		{"{socket}", v->socket}, {"{port}", v->port},
		{"{home}", v->home},	 {"{id}", v->id},
		{"{base}", NULL},
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		*len = strlen(all[i].name);
		if (strncmp(p, all[i].name, *len))
			continue;
		if (all[i].value)
			return all[i].value;
		return host_base(cx, v->id);
	}
	return NULL;
}

enum err
command_fill(struct cx *cx, const char *text, const struct command_values *v,
	     const char **out)
{
	struct buf b;
	const char *p = text, *value;
	size_t len;

	if (!v->port && strstr(text, "{port}"))
		return cx_fail(cx, ERR_CONFIG,
			       "{port} in an app's environment, but not in its "
			       "command: %.200s",
			       text);
	buf_init(&b, 65536);
	while (*p) {
		value = *p == '{' ? value_at(cx, p, v, &len) : NULL;
		if (value)
			buf_puts(&b, value);
		else
			buf_putc(&b, *p);
		p += value ? len : 1;
	}
	*out = arena_strdup(&cx->arena, buf_str(&b));
	buf_free(&b);
	return OK;
}

enum err
command_parse(struct cx *cx, const char *text, const struct command_values *v,
	      const char *const **argv, size_t *n)
{
	const char *const *words;
	const char **filled;
	size_t count, i;
	enum err e;

	if ((e = command_words(cx, text, &words, &count)))
		return e;
	if (count == 0)
		return cx_fail(cx, ERR_CONFIG, "the app has no command");
	filled = arena_array(&cx->arena, count + 1, sizeof(*filled));
	for (i = 0; i < count; i++)
		if ((e = command_fill(cx, words[i], v, &filled[i])))
			return e;
	*argv = filled;
	*n = count;
	return OK;
}

static bool
is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

enum err
command_find(struct cx *cx, const char *name, const char *path,
	     const char **out)
{
	const char *p = path, *found;

	if (strchr(name, '/')) {
		if (*name != '/' || !is_program(name))
			return cx_fail(cx, ERR_IMAGE,
				       "the program %s is not there", name);
		*out = name;
		return OK;
	}
	while (*p) {
		size_t n = strcspn(p, ":");

		found = arena_printf(&cx->arena, "%.*s/%s", (int)n, p, name);
		if (n && is_program(found)) {
			*out = found;
			return OK;
		}
		p += n + (p[n] == ':');
	}
	return cx_fail(cx, ERR_IMAGE, "the program %s is not in %s", name,
		       path);
}
