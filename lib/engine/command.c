#include "engine/command.h"

#include <string.h>

#include "base/host.h"

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
