#include "net/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "net/easy.h"

#define HEAD_MAX ((size_t)64 << 10)
#define CONNECT_MS 10000

/* One request at work. */
struct flight {
	const struct http_ask *ask;
	struct http_answer *out;
	CURL *easy;
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	int64_t began_ms;
};

/* ---- What comes in ---- */

/* A new status line begins a new answer: what came before was a 100. */
static size_t
take_head(char *p, size_t size, size_t n, void *arg)
{
	struct flight *f = arg;

	n *= size;
	if (n > 5 && strncmp(p, "HTTP/", 5) == 0)
		buf_clear(&f->out->head);
	buf_add(&f->out->head, p, n);
	return f->out->head.over ? 0 : n;
}

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct flight *f = arg;
	struct http_answer *a = f->out;

	n *= size;
	if (a->first_ms < 0)
		a->first_ms = clock_mono_ms() - f->began_ms;
	buf_add(&a->body, p, n);
	if (f->ask->first_only) {
		a->left = true;
		return 0;
	}
	return a->body.over ? 0 : n;
}

/* ---- Before and after ---- */

void
easy_common(CURL *easy, const char *url, int64_t deadline_ms, char *error)
{
	long ms = (long)deadline_ms;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
			 ms < CONNECT_MS ? ms : (long)CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
}

static void
set_request(struct flight *f)
{
	const struct http_ask *ask = f->ask;

	if (ask->body) {
		curl_easy_setopt(f->easy, CURLOPT_POSTFIELDS, ask->body);
		curl_easy_setopt(f->easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)ask->body_len);
	}
	if (ask->method)
		curl_easy_setopt(f->easy, CURLOPT_CUSTOMREQUEST, ask->method);
	if (ask->socket)
		curl_easy_setopt(f->easy, CURLOPT_UNIX_SOCKET_PATH,
				 ask->socket);
	/* no waiting for a 100 that many servers never send */
	f->headers = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; ask->header && ask->header[i]; i++)
		f->headers = curl_slist_append(f->headers, ask->header[i]);
	curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers);
	curl_easy_setopt(f->easy, CURLOPT_USERAGENT, "roost");
}

static void
flight_open(struct flight *f)
{
	*f->out = (struct http_answer){.first_ms = -1};
	buf_init(&f->out->head, HEAD_MAX);
	buf_init(&f->out->body, f->ask->most);
	f->easy = curl_easy_init();
	if (!f->easy)
		abort(); /* out of memory: crash-only */
	easy_common(f->easy, f->ask->url, f->ask->deadline_ms, f->error);
	set_request(f);
	curl_easy_setopt(f->easy, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(f->easy, CURLOPT_HEADERDATA, f);
	curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(f->easy, CURLOPT_PRIVATE, f);
	f->began_ms = clock_mono_ms();
}

static void
flight_close(struct flight *f)
{
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers);
}

enum err
easy_fail(struct cx *cx, CURLcode rc, const char *url, const char *error)
{
	enum err e =
		rc == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_UNREACHABLE;

	return cx_fail(cx, e, "%s: %s", url,
		       *error ? error : curl_easy_strerror(rc));
}

static enum err
flight_end(struct cx *cx, struct flight *f, CURLcode rc)
{
	struct http_answer *a = f->out;
	long status = 0;

	a->took_ms = clock_mono_ms() - f->began_ms;
	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	a->status = (int)status;
	if (rc == CURLE_OK || (rc == CURLE_WRITE_ERROR && a->left))
		return a->err = OK;
	if (a->head.over || a->body.over)
		return a->err = cx_fail(cx, ERR_TOO_LARGE,
					"%s: the answer is too long",
					f->ask->url);
	return a->err = easy_fail(cx, rc, f->ask->url, f->error);
}

/* ---- All at once ---- */

static enum err
reap(struct cx *cx, CURLM *multi)
{
	enum err e = OK;
	struct flight *f;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(multi, &left))) {
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE,
				  (char **)&f);
		e = flight_end(cx, f, m->data.result);
		curl_multi_remove_handle(multi, f->easy);
	}
	return e;
}

static enum err
fly(struct cx *cx, CURLM *multi)
{
	enum err e, last = OK;
	int running = 1;

	while (running) {
		if (curl_multi_perform(multi, &running) ||
		    (running && curl_multi_poll(multi, NULL, 0, 1000, NULL)))
			return cx_fail(cx, ERR_INTERNAL, "libcurl gave up");
		if ((e = reap(cx, multi)))
			last = e;
	}
	return last;
}

static enum err
all(struct cx *cx, const struct http_ask *ask, size_t n,
    struct http_answer *out)
{
	struct flight *f = arena_array(&cx->arena, n, sizeof(*f));
	CURLM *multi = easy_begin() ? curl_multi_init() : NULL;
	enum err e;

	if (!multi)
		abort();
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)n);
	for (size_t i = 0; i < n; i++) {
		f[i] = (struct flight){.ask = &ask[i], .out = &out[i]};
		flight_open(&f[i]);
		curl_multi_add_handle(multi, f[i].easy);
	}
	e = fly(cx, multi);
	for (size_t i = 0; i < n; i++) {
		curl_multi_remove_handle(multi, f[i].easy);
		flight_close(&f[i]);
	}
	curl_multi_cleanup(multi);
	return e;
}

enum err
http_all(struct cx *cx, const struct http_ask *ask, size_t n,
	 struct http_answer *out)
{
	enum err e = all(cx, ask, n, out);

	if (e == ERR_INTERNAL)
		return e;
	cx_clear(cx);
	return OK;
}

enum err
http_do(struct cx *cx, const struct http_ask *ask, struct http_answer *out)
{
	return all(cx, ask, 1, out);
}

void
http_free(struct http_answer *a)
{
	buf_free(&a->head);
	buf_free(&a->body);
}

const char *
http_header(struct cx *cx, const struct http_answer *a, const char *name)
{
	const char *line = buf_str(&a->head), *end;
	size_t n = strlen(name);

	for (; (end = strstr(line, "\r\n")); line = end + 2) {
		if (strncasecmp(line, name, n) != 0 || line[n] != ':')
			continue;
		line += n + 1;
		line += strspn(line, " \t");
		return arena_strndup(&cx->arena, line, (size_t)(end - line));
	}
	return NULL;
}
