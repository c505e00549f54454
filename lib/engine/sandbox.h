/*
 * What is executed to start an instance: bubblewrap's arguments from
 * sandbox.def, or the application itself where there is no sandbox.
 */
#ifndef ENGINE_SANDBOX_H
#define ENGINE_SANDBOX_H

#include <sys/resource.h>

#include "base/command.h"
#include "engine/process.h"

struct launch {
	const char *program;	 /* absolute */
	const char *const *argv; /* NULL-terminated */
	const char *const *envp;
	bool bare;   /* no sandbox: under a supervisor of ours */
	int lock;    /* run/{id}.alive */
	int status;  /* run/{id}.status */
	int log;     /* stdout and stderr */
	int data[4]; /* more that bubblewrap reads; closed by launch_free */
	size_t n_data;
	int64_t port;	      /* TCP port that it is told; 0: none */
	int64_t uid;	      /* to become, -1: stay */
	const char *reach[2]; /* paths that this uid must be able to enter */
	const char *cwd;      /* bare only */
	struct limit {
		__rlimit_resource_t what;
		rlim_t most; /* RLIM_INFINITY: none */
	} limits[8];
	size_t n_limits;
};

struct variable {
	const char *name, *value;
};

/* On the way from an app to a launch; in cx's arena. */
struct plan {
	struct cx *cx;
	const struct place *pl;
	const struct instance_spec *spec;
	struct launch *l;
	const struct variable *env;
	size_t n_env;
	const char *const *command;
	size_t n_command;
	const char *program;
};

#define PATH_DEFAULT COMMAND_PATH

/* What somebody can do where sandboxes do not work. */
extern const char sandbox_mend[];
/* Where bubblewrap is; ERR_CONFIG with what to do. */
MUST_USE enum err sandbox_find(struct cx *cx, const char **bwrap);
/* Does it work here, for us? ERR_CONFIG with what to do. Costs a start. */
MUST_USE enum err sandbox_try(struct cx *cx);
/*
 * Fills all of `l` but lock, status, log and port, which the caller has set.
 * ERR_IMAGE: the program, or what it needs (binds), is not there.
 */
MUST_USE enum err sandbox_plan(struct cx *cx, const struct place *pl,
			       const struct instance_spec *spec,
			       struct launch *l);
void launch_free(struct launch *l);

/* none or host: the app's own word, or the site's. */
const char *sandbox_network(const struct cx *cx, const struct app *app);
/* For sandbox_plan. The arguments of bubblewrap around a command. */
MUST_USE enum err sandbox_argv(struct plan *p, const char *bwrap);
/* n units; 0: none. */
void launch_limit(struct launch *l, __rlimit_resource_t what, int64_t n,
		  int64_t unit);

/*
 * Starts it, detached, with nothing inherited. OK: it was executed (what
 * came of it, the locks say). ERR_CONFIG: the uid cannot reach its paths.
 */
MUST_USE enum err launch_run(struct cx *cx, const struct launch *l,
			     int64_t deadline_ms);

/* For launch.c and bare.c, in the child: never return on failure but say why
 * into the pipe. */
void launch_fail(int pipe_fd, int errnum, const char *what);
void launch_limits(const struct launch *l, int pipe_fd);
void launch_signals(void); /* as a fresh program expects them */
void launch_supervise(const struct launch *l, int pipe_fd)
	__attribute__((noreturn));

#endif
