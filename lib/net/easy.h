/* What all handles of libcurl here have in common. */
#ifndef NET_EASY_H
#define NET_EASY_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cx.h"

/* Once per process, before the first handle; false: out of memory. */
bool easy_begin(void);
void easy_common(CURL *easy, const char *url, int64_t deadline_ms, char *error);
enum err easy_fail(struct cx *cx, CURLcode rc, const char *url,
		   const char *error);

#endif
