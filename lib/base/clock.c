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

/* A moment taken apart. gmtime_r() would do it under a lock of the whole
 * process, and a workspace has ten times in it. */
struct parts {
	int year, month, day, weekday; /* month and weekday from 0 */
	int hour, minute, second, ms;
};

/* Out of range for a four-digit year gives the range's end. */
static struct parts
broken_down(int64_t ms)
{
	const int64_t most = INT64_C(253402300799999);
	int64_t t = ms < 0 ? 0 : ms > most ? most : ms;
	int days = (int)(t / 86400000), left = (int)(t % 86400000);
	struct parts p = {.hour = left / 3600000,
			  .minute = left / 60000 % 60,
			  .second = left / 1000 % 60,
			  .ms = left % 1000,
			  .weekday = (days + 4) % 7};
	/* Years begin in March here, so that leap days end them. */
	int from = days + 719468, era = from / 146097, in_era = from % 146097;
	int year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) /
		   365;
	int in_year = in_era - (365 * year + year / 4 - year / 100);
	int march = (5 * in_year + 2) / 153;

	p.day = in_year - (153 * march + 2) / 5 + 1;
	p.month = (march + 2) % 12;
	p.year = era * 400 + year + (p.month < 2);
	return p;
}

/* n digits of a number at to; returns what is behind them. */
static char *
digits(char *to, int number, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		to[i] = (char)('0' + number % 10);
		number /= 10;
	}
	return to + n;
}

static char *
join(char *to, char c, int number, int n)
{
	*to = c;
	return digits(to + 1, number, n);
}

const char *
clock_iso(int64_t ms, char out[CLOCK_ISO_MAX])
{
	struct parts p = broken_down(ms);
	char *to = digits(out, p.year, 4);

	to = join(to, '-', p.month + 1, 2);
	to = join(to, '-', p.day, 2);
	to = join(to, 'T', p.hour, 2);
	to = join(to, ':', p.minute, 2);
	to = join(to, ':', p.second, 2);
	to = join(to, '.', p.ms, 3);
	memcpy(to, "Z", 2);
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
	struct parts p = broken_down(ms);

	snprintf(out, CLOCK_ISO_MAX, "%s, %02d %s %04d %02d:%02d:%02d GMT",
		 day[p.weekday], p.day % 100, month[p.month], p.year % 10000,
		 p.hour % 100, p.minute % 100, p.second % 100);
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

bool
clock_day(const char *day, int64_t *ms)
{
	struct tm tm = {0}, back;
	int year, month, mday, n = 0;
	char again[CLOCK_ISO_MAX];
	int64_t at;

	if (strlen(day) != 10 ||
	    sscanf(day, "%4d-%2d-%2d%n", &year, &month, &mday, &n) != 3 ||
	    n != 10 || year < 1970)
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = mday;
	back = tm;
	at = (int64_t)timegm(&back) * 1000;
	/* what is no day (2026-02-30) comes back as another */
	if (strncmp(clock_iso(at, again), day, 10) != 0)
		return false;
	*ms = at;
	return true;
}
