/* What is executed, for whom, with what in its environment and limits. */
#include <string.h>
#include <unistd.h>

#include "engine/command.h"
#include "engine/sandbox.h"

/* What every application finds; the app's own come after and win. */
static enum err
variables(struct cx *cx, const struct app *app, const struct command_values *v,
	  const struct variable **out, size_t *n)
{
	const struct variable ours[] = {
		{"HOME", v->home},
		{"USER", "coder"},
		{"LOGNAME", "coder"},
		{"SHELL", "/bin/bash"},
		{"PATH", arena_printf(&cx->arena, "%s/.local/bin:%s", v->home,
				      PATH_DEFAULT)},
		{"LANG", "C.UTF-8"},
		{"TERM", "xterm-256color"},
	};
	size_t count = sizeof(ours) / sizeof(ours[0]), i;
	struct variable *all =
		arena_array(&cx->arena, count + app->n_env, sizeof(*all));
	enum err e;

	memcpy(all, ours, sizeof(ours));
	for (i = 0; i < app->n_env; i++) {
		struct variable *one = &all[count++];

		one->name = app->env[i].name;
		if ((e = command_fill(cx, app->env[i].value, v, &one->value)))
			return e;
	}
	*out = all;
	*n = count;
	return OK;
}

/* Where the host's programs are looked for: the app's PATH if it has one, but
 * never in the home, which is the workspace's. */
static const char *
lookup_path(const struct variable *own, size_t n)
{
	while (n--)
		if (!strcmp(own[n].name, "PATH"))
			return own[n].value;
	return PATH_DEFAULT;
}

void
launch_limit(struct launch *l, __rlimit_resource_t what, int64_t n,
	     int64_t unit)
{
	l->limits[l->n_limits++] =
		(struct limit){what,
			       n > 0 ? (rlim_t)(n * unit) : RLIM_INFINITY};
}

static void
limits(struct cx *cx, const struct app *app, struct launch *l)
{
	int64_t mem =
		app->memory_mb >= 0 ? app->memory_mb : cx->site->memory_mb;

	launch_limit(l, RLIMIT_AS, mem, 1 << 20);
	launch_limit(l, RLIMIT_FSIZE, cx->site->file_size_mb, 1 << 20);
	launch_limit(l, RLIMIT_NOFILE, 65536, 1);
	l->limits[l->n_limits++] = (struct limit){RLIMIT_CORE, 0};
}

static const char *
port_text(struct plan *p)
{
	return arena_printf(&p->cx->arena, "%lld", (long long)p->l->port);
}

static enum err
plan_command(struct plan *p)
{
	const struct command_values v = {p->l->bare ? p->pl->app
						    : "/run/ws/app.sock",
					 p->l->bare ? p->spec->home
						    : "/home/coder",
					 p->pl->id,
					 p->l->port ? port_text(p) : NULL};
	struct cx *cx = p->cx;
	const struct app *app = p->spec->app;
	enum err e;

	if ((e = command_parse(cx, app->command, &v, &p->command,
			       &p->n_command)) ||
	    (e = variables(cx, app, &v, &p->env, &p->n_env)))
		return e;
	return command_find(cx, p->command[0],
			    lookup_path(p->env + p->n_env - app->n_env,
					app->n_env),
			    &p->program);
}

static enum err
plan_bare(struct plan *p)
{
	struct launch *l = p->l;
	const char **env =
		arena_array(&p->cx->arena, p->n_env + 1, sizeof(*env));
	size_t i;

	/* sun_path of struct sockaddr_un */
	if (strlen(p->pl->app) > 107)
		return cx_fail(p->cx, ERR_CONFIG,
			       "%s is too long for a socket: choose a shorter "
			       "run_dir",
			       p->pl->app);
	for (i = 0; i < p->n_env; i++)
		env[i] = arena_printf(&p->cx->arena, "%s=%s", p->env[i].name,
				      p->env[i].value);
	l->program = p->program;
	l->argv = p->command;
	l->envp = env;
	l->cwd = p->spec->home;
	launch_limit(l, RLIMIT_NPROC, p->cx->site->processes, 1);
	return OK;
}

/* The sandbox where it works; without it only where the site agrees. */
static enum err
choose(struct cx *cx, bool *bare, const char **bwrap)
{
	enum err e;

	*bare = false;
	e = sandbox_find(cx, bwrap);
	if (!cx->site->allow_unsandboxed)
		return e;
	if (e || (e = sandbox_try(cx))) {
		cx_clear(cx);
		*bare = true;
	}
	return OK;
}

enum err
sandbox_plan(struct cx *cx, const struct place *pl,
	     const struct instance_spec *spec, struct launch *l)
{
	struct plan p = {.cx = cx, .pl = pl, .spec = spec, .l = l};
	const char *bwrap = NULL;
	enum err e;

	l->uid = spec->uid;
	l->reach[0] = spec->home;
	l->reach[1] = pl->ws;
	limits(cx, spec->app, l);
	if (l->port &&
	    (e = port_check(cx, spec->app, sandbox_network(cx, spec->app))))
		return e;
	if ((e = choose(cx, &l->bare, &bwrap)) || (e = plan_command(&p)))
		return e;
	return l->bare ? plan_bare(&p) : sandbox_argv(&p, bwrap);
}

void
launch_free(struct launch *l)
{
	size_t i;

	for (i = 0; i < l->n_data; i++)
		close(l->data[i]);
	l->n_data = 0;
}
