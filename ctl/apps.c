#include "ctl/apps.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
app_program(struct cx *cx, const struct app *app)
{
	const char *s = app->command, *end;

	if (*s == '"' && (end = strchr(s + 1, '"')))
		return arena_strndup(&cx->arena, s + 1, (size_t)(end - s - 1));
	return arena_strndup(&cx->arena, s, strcspn(s, " \t"));
}

static bool
can_run(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

bool
app_installed(struct cx *cx, const struct app *app)
{
	static const char *const places[] = {"/usr/local/bin", "/usr/bin",
					     "/bin", "/usr/sbin"};
	const char *program = app_program(cx, app);
	size_t i;

	if (strchr(program, '/'))
		return can_run(program);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (can_run(arena_printf(&cx->arena, "%s/%s", places[i],
					 program)))
			return true;
	return false;
}
