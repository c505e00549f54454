/* A connection as it is: net/http.h. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/easy.h"
#include "net/http.h"

struct http_raw {
	CURL *easy;
	curl_socket_t fd;
	int64_t ends_ms;
	const char *url;
	char error[CURL_ERROR_SIZE];
};

static bool begun;

static void
begin(void)
{
	begun = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

bool
easy_begin(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, begin);
	return begun;
}

enum err
http_raw_open(struct cx *cx, const char *url, int64_t deadline_ms,
	      struct http_raw **out)
{
	struct http_raw *r = calloc(1, sizeof(*r));
	CURLcode rc;
	enum err e;

	if (!r || !easy_begin() || !(r->easy = curl_easy_init()))
		abort(); /* out of memory: crash-only */
	r->url = arena_strdup(&cx->arena, url);
	r->ends_ms = clock_mono_ms() + deadline_ms;
	easy_common(r->easy, r->url, deadline_ms, r->error);
	curl_easy_setopt(r->easy, CURLOPT_CONNECT_ONLY, 1L);
	rc = curl_easy_perform(r->easy);
	if (!rc)
		rc = curl_easy_getinfo(r->easy, CURLINFO_ACTIVESOCKET, &r->fd);
	if (rc) {
		e = easy_fail(cx, rc, url, r->error);
		http_raw_close(r);
		return e;
	}
	*out = r;
	return OK;
}

static enum err
wait_for(struct cx *cx, struct http_raw *r, short events)
{
	struct pollfd p = {.fd = r->fd, .events = events};
	int64_t left = r->ends_ms - clock_mono_ms();

	if (left <= 0 || poll(&p, 1, (int)left) == 0)
		return cx_fail(cx, ERR_TIMEOUT, "%s: nothing came", r->url);
	return OK;
}

enum err
http_raw_send(struct cx *cx, struct http_raw *r, const void *p, size_t n)
{
	const char *from = p;
	size_t sent;
	CURLcode rc;
	enum err e;

	while (n) {
		rc = curl_easy_send(r->easy, from, n, &sent);
		if (rc == CURLE_AGAIN) {
			if ((e = wait_for(cx, r, POLLOUT)))
				return e;
			continue;
		}
		if (rc)
			return easy_fail(cx, rc, r->url, r->error);
		from += sent;
		n -= sent;
	}
	return OK;
}

enum err
http_raw_recv(struct cx *cx, struct http_raw *r, void *p, size_t n, size_t *got)
{
	CURLcode rc;
	enum err e;

	while ((rc = curl_easy_recv(r->easy, p, n, got)) == CURLE_AGAIN)
		if ((e = wait_for(cx, r, POLLIN)))
			return e;
	return rc ? easy_fail(cx, rc, r->url, r->error) : OK;
}

void
http_raw_close(struct http_raw *r)
{
	if (!r)
		return;
	curl_easy_cleanup(r->easy);
	free(r);
}
