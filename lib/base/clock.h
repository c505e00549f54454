/* Time: int64_t milliseconds, UTC, since 1970; ISO 8601 for people. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_ISO_MAX 32

int64_t clock_now_ms(void);  /* wall clock, UTC */
int64_t clock_mono_ms(void); /* never jumps; only for durations */
void clock_sleep_ms(int64_t ms);
/* "2026-01-02T03:04:05.678Z"; returns out. */
const char *clock_iso(int64_t ms, char out[CLOCK_ISO_MAX]);
/* "2026-01-31" as the moment in which that day begins; false when it is no
 * day from 1970 to 9999. */
bool clock_day(const char *day, int64_t *ms);
/* RFC 7231: "Fri, 02 Jan 2026 03:04:05 GMT"; returns out. */
const char *clock_http(int64_t ms, char out[CLOCK_ISO_MAX]);
/* The kernel's boot id (36 chars) or "" when it cannot be read. */
const char *clock_boot_id(void);

#endif
