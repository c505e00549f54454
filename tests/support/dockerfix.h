/*
 * Container engines of a test program's own (tests/containers), begun when
 * the first test needs them and ended with the program.
 *
 * ROOST_ENGINES="docker podman" names those that are tested; an empty one
 * leaves them out, and says so. It is for machines where nobody is root.
 */
#ifndef SUPPORT_DOCKERFIX_H
#define SUPPORT_DOCKERFIX_H

#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

#include "support/engsite.h"

struct dockerfix {
	const char *kind; /* docker, podman */
	char dir[64];	  /* "": not begun */
};

static inline bool
dockerfix_wanted(const char *kind)
{
	const char *names = getenv("ROOST_ENGINES");

	if (!names || strstr(names, kind))
		return true;
	fprintf(stderr, "NOT TESTED: %s (ROOST_ENGINES leaves it out)\n", kind);
	return false;
}

/* 0: it went well. */
static inline int
dockerfix_run(const char *const argv[])
{
	char script[PATH_MAX + 32];
	const char *args[8] = {script};
	int status = -1, i;
	pid_t pid;
	ssize_t n;

	/* build/FLAVOUR/tests/this */
	n = readlink("/proc/self/exe", script, PATH_MAX - 1);
	if (n < 0)
		return -1;
	script[n] = '\0';
	snprintf(strrchr(script, '/'), 16, "/app/wsapp");
	setenv("WSAPP", script, 1);
	for (i = 0; i < 5; i++)
		*strrchr(script, '/') = '\0';
	snprintf(script + strlen(script), 32, "/tests/containers");
	for (i = 0; argv[i] && i < 6; i++)
		args[i + 1] = argv[i];
	pid = fork();
	if (!pid) {
		/* execv takes them without const, and changes nothing */
		execv(script, (char *const *)(uintptr_t)args);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

/* False: it could not be begun, and why was printed. */
static inline bool
dockerfix_begin(struct dockerfix *d, const char *kind)
{
	const char *argv[] = {"start", kind, d->dir, NULL};

	d->kind = kind;
	snprintf(d->dir, sizeof(d->dir), "/tmp/roost-%.3s-%d", kind,
		 (int)getpid());
	return !dockerfix_run(argv);
}

static inline void
dockerfix_verb(struct dockerfix *d, const char *verb)
{
	const char *argv[] = {verb, d->dir, NULL};

	ck_assert_int_eq(dockerfix_run(argv), 0);
}

static inline void
dockerfix_end(struct dockerfix *d)
{
	const char *argv[] = {"stop", d->dir, NULL};

	if (d->dir[0] && dockerfix_run(argv))
		fprintf(stderr, "%s was not ended\n", d->dir);
	d->dir[0] = '\0';
}

/* The keys of a site that uses it. */
static inline void
dockerfix_keys(const struct dockerfix *d, char *out, size_t n)
{
	snprintf(out, n,
		 "site_id = test-%d\ndocker_host = unix://%s/sock\n"
		 "docker_image = roost-test:1\ndocker_pull = no\n",
		 (int)getpid(), d->dir);
}

#endif
