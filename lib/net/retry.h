/*
 * Trying again what may be repeated: exponential backoff with jitter.
 *
 *	struct retry r = {.most = 5, .deadline_ms = ..., .quit = ...};
 *	do {
 *		e = try_it();
 *	} while (retry_again(cx, &r, &e, 0));
 */
#ifndef NET_RETRY_H
#define NET_RETRY_H

#include <stdint.h>

#include "base/cx.h"

struct retry {
	unsigned most;	     /* tries in all; 0: 5 */
	int64_t first_ms;    /* longest first pause; 0: 200 ms */
	int64_t longest_ms;  /* of any pause; 0: 10 s */
	int64_t deadline_ms; /* clock_mono_ms; 0: none */
	bool (*quit)(void *arg);
	void *arg;
	unsigned n; /* tries that failed so far */
};

/*
 * A try ended with *e. True after a pause (of least_ms and more) when there
 * should be one more: then the failure is cleared. False: *e stands, or has
 * become ERR_ABANDONED because quit() said so. Only ERR_UNREACHABLE and
 * ERR_BUSY are tried again.
 */
bool retry_again(struct cx *cx, struct retry *r, enum err *e, int64_t least_ms);

#endif
