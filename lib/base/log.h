/*
 * One line per event: `ts=... level=... prog=... rid=... event=... k=v`.
 * Values are quoted and escaped, so that no byte from outside can forge a
 * line. Only the top level calls this. Never a secret.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/cx.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR
};

/* prog: a static string. fd: where to write (2, or an O_APPEND file). */
void log_open(const char *prog, int fd, enum log_level least);
/* kv: key, value pairs ended by NULL; a NULL value prints as "-". */
void log_event(const struct cx *cx, enum log_level level, const char *event,
	       ... /* const char *key, const char *value, ..., NULL */)
	__attribute__((sentinel));
/* The recorded failure of cx as one event. */
void log_fail(const struct cx *cx, const char *event);

#endif
