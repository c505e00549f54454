/* What the gate knows of badges: cgi/probe.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/badge.h"
#include "base/clock.h"
#include "base/config.h"
#include "cgi/probe.h"
#include "rules/names.h"

#define MEET_EACH_MS 5

/* The note of a badge that warms: "HOW_MANY UNTIL_MS". */
static bool
read_meeting(const char *note, long *want, int64_t *left)
{
	char *end;

	*want = strtol(note, &end, 10);
	*left = strtoll(end, NULL, 10) - clock_now_ms();
	if (*left > PROBE_MEET_MS)
		*left = PROBE_MEET_MS;
	return *want > 0 && *left > 0;
}

void
probe_meet(struct cx *cx, const char *note, const char *name)
{
	const char *path =
		arena_printf(&cx->arena, "%s/warm.%s", cx->site->run_dir, name);
	int64_t left, ends;
	struct stat st;
	long want;
	int fd;

	if (!read_meeting(note, &want, &left) ||
	    (fd = open(path,
		       O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
		       0600)) < 0)
		return;
	ends = clock_mono_ms() + left;
	if (write(fd, ".", 1) == 1)
		while (!fstat(fd, &st) && st.st_size < want &&
		       clock_mono_ms() < ends)
			clock_sleep_ms(MEET_EACH_MS);
	close(fd);
}

/* The note of doctor's badge: "SLOT ENDPOINT". */
static bool
read_note(const char *note, int64_t *slot, const char **endpoint)
{
	char *end;

	*slot = strtoll(note, &end, 10);
	*endpoint = end + 1;
	return end != note && *end == ' ' && end[1];
}

enum probe
probe_route(struct cx *cx, const char *id, const char *secret, bool pool,
	    int64_t *slot, const char **endpoint)
{
	const char *note;

	if (!secret || strcmp(id, NAME_PROBE_ID) != 0)
		return PROBE_NONE;
	if (badge_holds(cx, BADGE_DOCTOR, secret, &note) &&
	    read_note(note, slot, endpoint))
		return PROBE_INSTANCE;
	if (!badge_holds(cx, BADGE_WARM, secret, &note))
		return PROBE_NONE;
	if (pool)
		probe_meet(cx, note, "gate");
	return PROBE_WARM;
}
