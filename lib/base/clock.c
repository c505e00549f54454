#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_now_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void
clock_sleep_ms(int64_t ms)
{
	struct timespec ts = {ms / 1000, (ms % 1000) * 1000000};

	while (ms > 0 && nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* Out of range for a four-digit year prints the range's end. */
static void
broken_down(int64_t ms, struct tm *tm)
{
	int64_t most = INT64_C(253402300799);
	time_t s = (time_t)(ms / 1000 - (ms % 1000 < 0));

	if (s < 0)
		s = 0;
	if (s > most)
		s = (time_t)most;
	gmtime_r(&s, tm);
}

const char *
clock_iso(int64_t ms, char out[CLOCK_ISO_MAX])
{
	struct tm tm;
	char date[24];

	broken_down(ms, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, CLOCK_ISO_MAX, "%s.%03dZ", date,
		 ms < 0 ? 0 : (int)(ms % 1000));
	return out;
}

const char *
clock_http(int64_t ms, char out[CLOCK_ISO_MAX])
{
	static const char day[7][4] = {"Sun", "Mon", "Tue", "Wed",
				       "Thu", "Fri", "Sat"};
	static const char month[12][4] = {"Jan", "Feb", "Mar", "Apr",
					  "May", "Jun", "Jul", "Aug",
					  "Sep", "Oct", "Nov", "Dec"};
	struct tm tm;
	char rest[24];

	broken_down(ms, &tm);
	strftime(rest, sizeof(rest), "%Y %H:%M:%S GMT", &tm);
	snprintf(out, CLOCK_ISO_MAX, "%s, %02d %s %s", day[tm.tm_wday % 7],
		 tm.tm_mday % 100, month[tm.tm_mon % 12], rest);
	return out;
}

static char boot_id[40];

static void
read_boot_id(void)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, boot_id, sizeof(boot_id) - 1);
	close(fd);
	boot_id[n > 0 ? strcspn(boot_id, "\n") : 0] = '\0';
}

const char *
clock_boot_id(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, read_boot_id);
	return boot_id;
}
