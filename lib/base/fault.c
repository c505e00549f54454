#include "base/fault.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char *const names[FAULT__MAX] = {
#define X(point, what) [point] = #point,
#include "base/fault.def"
#undef X
};

const char *
fault_name(enum fault f)
{
	return names[f];
}

static struct {
	bool read;  /* the environment was looked at */
	long nth;   /* which point fires; 0: none */
	long count; /* points reached */
	bool fired, kill;
	bool on;	   /* so do all after it */
	const char *point; /* only this one counts */
	const char *file;  /* count shared by processes */
} st;

#ifndef ROOST_NO_FAULTS
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void
read_environment(void)
{
	const char *n = getenv("ROOST_FAULT");

	st.read = true;
	if (!n)
		return;
	st.nth = strtol(n, NULL, 10);
	st.point = getenv("ROOST_FAULT_POINT");
	st.kill = getenv("ROOST_FAULT_KILL") != NULL;
	st.file = getenv("ROOST_FAULT_FILE");
}

/* The count that processes share; also says which point fired. */
static long
shared_count(enum fault f)
{
	char text[32] = "", path[512];
	int fd = open(st.file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	long n;

	if (fd < 0 || flock(fd, LOCK_EX) || read(fd, text, 31) < 0)
		abort();
	n = strtol(text, NULL, 10) + 1;
	snprintf(text, sizeof(text), "%ld\n", n);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		abort();
	close(fd);
	if (n == st.nth) {
		snprintf(path, sizeof(path), "%s.fired", st.file);
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			  0600);
		if (fd < 0 || dprintf(fd, "%s\n", names[f]) < 0)
			abort();
		close(fd);
	}
	return n;
}

bool
fault_hit(enum fault f)
{
	bool hit = false;

	pthread_mutex_lock(&mutex);
	if (!st.read)
		read_environment();
	if (!st.point || !strcmp(st.point, names[f])) {
		st.count = st.file ? shared_count(f) : st.count + 1;
		hit = st.nth &&
		      (st.count == st.nth || (st.on && st.count > st.nth));
		st.fired |= hit;
	}
	pthread_mutex_unlock(&mutex);
	if (hit && st.kill)
		raise(SIGKILL);
	return hit;
}
#endif

void
fault_arm(long n)
{
	memset(&st, 0, sizeof(st));
	st.read = true;
	st.nth = n;
}

void
fault_arm_from(long n)
{
	fault_arm(n);
	st.on = true;
}

long
fault_count(void)
{
	return st.count;
}

bool
fault_fired(void)
{
	return st.fired;
}
