#include "engine/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/proc.h"
#include "engine/command.h"

#define PRLIMIT "/usr/bin/prlimit"
#define TRY_MS 10000
#define WORDS_MAX 2048

enum when { SB_ALWAYS, SB_NET };

static const struct {
	enum when when;
	const char *words[8];
} options[] = {
#define X(when, ...) {when, {__VA_ARGS__}},
#include "engine/sandbox.def"
#undef X
};

static const char passwd[] =
	"root:x:0:0:root:/root:/usr/sbin/nologin\n"
	"coder:x:1000:1000:coder:/home/coder:/bin/bash\n"
	"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
static const char group[] = "root:x:0:\ncoder:x:1000:\nnogroup:x:65534:\n";
static const char hosts[] = "127.0.0.1 localhost workspace\n"
			    "::1 localhost workspace\n";

const char sandbox_mend[] =
	"install it (apt install bubblewrap) and allow user namespaces "
	"(sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone); "
	"for trusted users only: allow_unsandboxed = yes in roost.conf";

enum err
sandbox_find(struct cx *cx, const char **bwrap)
{
	const char *path = getenv("PATH");

	if (command_find(cx, "bwrap", path && *path ? path : PATH_DEFAULT,
			 bwrap))
		return cx_fail(cx, ERR_CONFIG,
			       "bubblewrap (bwrap) is not there: %s",
			       sandbox_mend);
	return OK;
}

enum err
sandbox_try(struct cx *cx)
{
	const char *argv[] = {NULL,
			      "--unshare-all",
			      "--unshare-user",
			      "--disable-userns",
			      "--ro-bind",
			      "/",
			      "/",
			      "/bin/true",
			      NULL};
	struct buf out;
	int status = 0;
	enum err e;

	if ((e = sandbox_find(cx, &argv[0])))
		return e;
	buf_init(&out, 4096);
	e = proc_run(cx, argv, TRY_MS, &out, &status);
	if (!e && status)
		e = cx_fail(cx, ERR_CONFIG,
			    "bubblewrap does not work here (%.*s): %s",
			    (int)strcspn(buf_str(&out), "\n"), buf_str(&out),
			    sandbox_mend);
	buf_free(&out);
	return e;
}

struct words {
	struct cx *cx;
	const char **v;
	size_t n;
};

static void
add(struct words *w, const char *word)
{
	if (w->n < WORDS_MAX)
		w->v[w->n++] = word;
}

static void
add_fd(struct words *w, int fd)
{
	add(w, arena_printf(&w->cx->arena, "%d", fd));
}

/* A file of ours that is only there while bubblewrap copies it. */
static enum err
data_fd(struct cx *cx, struct launch *l, const char *text)
{
	size_t n = strlen(text);
	int fd = memfd_create("roost", MFD_CLOEXEC);

	if (fd < 0)
		return cx_errno(cx, errno, "memfd");
	l->data[l->n_data++] = fd;
	if (write(fd, text, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET))
		return cx_errno(cx, errno, "writing a memfd");
	return OK;
}

static const char *
tmp_bytes(struct cx *cx)
{
	return arena_printf(&cx->arena, "%lld",
			    (long long)cx->site->tmp_mb << 20);
}

/* A word of sandbox.def with what it stands for. */
static void
add_filled(struct words *w, const char *word, const struct place *pl,
	   const struct instance_spec *spec, const struct launch *l)
{
	if (!strcmp(word, "{passwd}"))
		add_fd(w, l->data[0]);
	else if (!strcmp(word, "{group}"))
		add_fd(w, l->data[1]);
	else if (!strcmp(word, "{hosts}"))
		add_fd(w, l->data[2]);
	else if (!strcmp(word, "{lock}"))
		add_fd(w, l->lock);
	else if (!strcmp(word, "{status}"))
		add_fd(w, l->status);
	else if (!strcmp(word, "{tmp}"))
		add(w, tmp_bytes(w->cx));
	else if (!strcmp(word, "{home}"))
		add(w, spec->home);
	else if (!strcmp(word, "{ws}"))
		add(w, pl->ws);
	else
		add(w, word);
}

const char *
sandbox_network(const struct cx *cx, const struct app *app)
{
	return *app->network ? app->network : cx->site->network;
}

static enum err
network(struct cx *cx, const struct app *app, bool *host)
{
	const char *name = sandbox_network(cx, app);

	if (strcmp(name, "none") && strcmp(name, "host"))
		return cx_fail(cx, ERR_CONFIG,
			       "network = %s: the process engine knows none "
			       "and host",
			       name);
	*host = !strcmp(name, "host");
	return OK;
}

static void
add_options(struct words *w, const struct place *pl,
	    const struct instance_spec *spec, const struct launch *l, bool host)
{
	size_t i, k;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].when == SB_NET && !host)
			continue;
		for (k = 0; k < 8 && options[i].words[k]; k++)
			add_filled(w, options[i].words[k], pl, spec, l);
	}
}

/* The app's own paths, at the same place inside; all must be there. */
static enum err
add_binds(struct words *w, const char *const binds[], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (binds[i][0] != '/')
			return cx_fail(w->cx, ERR_CONFIG,
				       "binds: %s is no absolute path",
				       binds[i]);
		if (access(binds[i], F_OK))
			return cx_fail(w->cx, ERR_IMAGE,
				       "%s, which the app needs (binds), is "
				       "not there",
				       binds[i]);
		add(w, "--ro-bind");
		add(w, binds[i]);
		add(w, binds[i]);
	}
	return OK;
}

static bool
below(const char *path, const char *top)
{
	size_t n = strlen(top);

	while (n > 1 && top[n - 1] == '/')
		n--;
	return !strncmp(path, top, n) && (path[n] == '/' || !path[n]);
}

/* Would the program be seen inside? It may be a link to elsewhere. */
static enum err
visible(struct cx *cx, const char *program, const char *const binds[], size_t n)
{
	char real[PATH_MAX];
	size_t i;

	if (!realpath(program, real))
		return cx_fail(cx, ERR_IMAGE, "the program %s is not there",
			       program);
	if (below(real, "/usr"))
		return OK;
	for (i = 0; i < n; i++)
		if (below(real, binds[i]) || below(program, binds[i]))
			return OK;
	return cx_fail(cx, ERR_IMAGE,
		       "the program %s is not visible in the sandbox: add its "
		       "folder to the app's binds",
		       real);
}

/*
 * The number of processes is counted per user and user namespace. Set inside
 * the sandbox's it is this instance's alone; set outside it would be shared
 * by all that the same user runs.
 */
static void
add_processes(struct words *w, struct launch *l)
{
	int64_t n = w->cx->site->processes;

	if (n <= 0)
		return;
	if (access(PRLIMIT, X_OK)) {
		launch_limit(l, RLIMIT_NPROC, n, 1);
		return;
	}
	add(w, PRLIMIT);
	add(w, arena_printf(&w->cx->arena, "--nproc=%lld:%lld", (long long)n,
			    (long long)n));
	add(w, "--");
}

enum err
sandbox_argv(struct plan *p, const char *bwrap)
{
	static const char *const none[] = {NULL};
	struct cx *cx = p->cx;
	struct words w = {cx,
			  arena_array(&cx->arena, WORDS_MAX + 1, sizeof(*w.v)),
			  0};
	const char *const *binds;
	size_t n, i;
	bool host = false;
	enum err e;

	if ((e = network(cx, p->spec->app, &host)) ||
	    (e = command_words(cx, p->spec->app->binds, &binds, &n)) ||
	    (e = data_fd(cx, p->l, passwd)) || (e = data_fd(cx, p->l, group)) ||
	    (e = data_fd(cx, p->l, hosts)))
		return e;
	add(&w, "bwrap");
	add_options(&w, p->pl, p->spec, p->l, host);
	if ((e = add_binds(&w, binds, n)) ||
	    (e = visible(cx, p->program, binds, n)))
		return e;
	add(&w, "--remount-ro");
	add(&w, "/");
	for (i = 0; i < p->n_env; i++) {
		add(&w, "--setenv");
		add(&w, p->env[i].name);
		add(&w, p->env[i].value);
	}
	add(&w, "--");
	add_processes(&w, p->l);
	add(&w, p->program);
	for (i = 1; i < p->n_command; i++)
		add(&w, p->command[i]);
	p->l->program = bwrap;
	p->l->argv = w.v;
	p->l->envp = none;
	return OK;
}
