#include "base/command.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

const char *
command_path(const struct app *app)
{
	for (size_t i = app->n_env; i > 0; i--)
		if (!strcmp(app->env[i - 1].name, "PATH"))
			return app->env[i - 1].value;
	return COMMAND_PATH;
}

enum err
command_program(struct cx *cx, const struct app *app, const char **out)
{
	const char *const *words;
	size_t n;
	enum err e = command_words(cx, app->command, &words, &n);

	if (!e && n == 0)
		e = cx_fail(cx, ERR_CONFIG, "the app has no command");
	return e ? e : command_find(cx, words[0], command_path(app), out);
}
