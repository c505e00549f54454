/* What wsapp answers. */
#include "wsapp.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
page_simple(struct conn *c, int status, const char *type,
	    const struct bytes *body, const char *more)
{
	status = app.status ? app.status : status;
	bytes_fmt(&c->out,
		  "HTTP/1.1 %d Answer\r\nContent-Type: %s\r\n"
		  "Content-Length: %zu\r\n%s\r\n",
		  status, type, body->n, more);
	if (strcmp(c->method, "HEAD") != 0)
		bytes_add(&c->out, body->p, body->n);
}

static void
page_text(struct conn *c, int status, const char *text, const char *more)
{
	struct bytes body = {0};

	bytes_text(&body, text);
	page_simple(c, status, "text/plain", &body, more);
	bytes_free(&body);
}

/* The counter in the home, one higher than it was. */
static long
count(void)
{
	char path[PATH_MAX];
	FILE *f;
	long n = 0;

	snprintf(path, sizeof(path), "%s/counter", app.home);
	if ((f = fopen(path, "r"))) {
		if (fscanf(f, "%ld", &n) != 1)
			n = 0;
		fclose(f);
	}
	n++;
	if ((f = fopen(path, "w"))) {
		fprintf(f, "%ld\n", n);
		fclose(f);
	}
	return n;
}

static void
list_files(struct bytes *b)
{
	struct dirent **names;
	int i, n = scandir(app.home, &names, NULL, alphasort);

	for (i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			bytes_text(b, "<li>");
			bytes_escape(b, names[i]->d_name);
			bytes_text(b, "</li>\n");
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void
page_home(struct conn *c)
{
	struct bytes b = {0};

	bytes_fmt(&b,
		  "<!doctype html><title>wsapp</title><h1>wsapp</h1>\n"
		  "<p>Visit <span id=\"counter\">%ld</span></p>\n"
		  "<ul id=\"files\">\n",
		  count());
	list_files(&b);
	bytes_text(&b,
		   "</ul>\n<p id=\"ws\">ws connecting</p>\n<script>\n"
		   "const say = t => document.getElementById('ws')"
		   ".textContent = t;\n"
		   "const url = new URL('ws', location.href);\n"
		   "url.protocol = url.protocol.replace('http', 'ws');\n"
		   "const ws = new WebSocket(url);\n"
		   "ws.onopen = () => { say('ws open'); ws.send('hello'); };\n"
		   "ws.onmessage = e => say('ws echo ' + e.data);\n"
		   "ws.onclose = e => say('ws closed ' + e.code);\n"
		   "</script>\n");
	page_simple(c, 200, "text/html; charset=utf-8", &b,
		    "Cache-Control: no-store\r\n");
	bytes_free(&b);
}

static void
page_echo(struct conn *c)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned i, n = 0;
	struct bytes b = {0};

	if (!EVP_DigestFinal_ex(c->sum, sum, &n))
		abort();
	bytes_add(&b, c->head.p, c->head.n);
	bytes_fmt(&b, "\r\nbody: %llu\r\nsha256: ",
		  (unsigned long long)c->body_size);
	for (i = 0; i < n; i++)
		bytes_fmt(&b, "%02x", sum[i]);
	bytes_text(&b, "\r\n");
	page_simple(c, 200, "text/plain; charset=utf-8", &b, "");
	bytes_free(&b);
}

/* Names of files are plain: nothing in them leads out of the home. */
static bool
file_path(const char *name, char *path, size_t size)
{
	if (!*name || *name == '.' || strchr(name, '/') || strlen(name) > 64)
		return false;
	snprintf(path, size, "%s/%s", app.home, name);
	return true;
}

static void
page_put(struct conn *c)
{
	char path[PATH_MAX];
	FILE *f;
	bool ok;

	if (!file_path(c->target + 5, path, sizeof(path)) ||
	    c->body.n != c->body_size) {
		page_text(c, 400, "no such name, or too big\n", "");
		return;
	}
	f = fopen(path, "w");
	ok = f && fwrite(c->body.p, 1, c->body.n, f) == c->body.n;
	if (f && fclose(f) != 0)
		ok = false;
	page_text(c, ok ? 201 : 500, ok ? "stored\n" : "not stored\n", "");
}

static void
give_file(struct conn *c, const char *name, const char *type)
{
	char path[PATH_MAX], chunk[8192];
	struct bytes b = {0};
	ssize_t n;
	int fd = -1;

	if (file_path(name, path, sizeof(path)))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		page_text(c, 404, "no such file\n", "");
		return;
	}
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		bytes_add(&b, chunk, (size_t)n);
	close(fd);
	page_simple(c, 200, type, &b, "");
	bytes_free(&b);
}

static void
page_file(struct conn *c)
{
	give_file(c, c->target + 6, "application/octet-stream");
}

static void
page_page(struct conn *c)
{
	char name[80];
	const char *from = c->target + 6, *dot;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(from, "?"), from);
	dot = strrchr(name, '.');
	give_file(c, name,
		  dot && strcmp(dot, ".js") == 0 ? "text/javascript"
						 : "text/html; charset=utf-8");
}

static const struct {
	const char *path;
	bool prefix;
	void (*answer)(struct conn *c);
} pages[] = {
	{"/", false, page_home},     {"/echo", true, page_echo},
	{"/big", true, page_big},    {"/stream", false, page_stream},
	{"/push", true, page_push},  {"/say", true, page_say},
	{"/seen", false, page_seen}, {"/put/", true, page_put},
	{"/file/", true, page_file}, {"/page/", true, page_page},
};

static bool
asked_for(const char *target, const char *path, bool prefix)
{
	size_t len = strlen(path);

	return strncmp(target, path, len) == 0 &&
	       (prefix || target[len] == '\0' || target[len] == '?');
}

void
page_answer(struct conn *c)
{
	size_t i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (asked_for(c->target, pages[i].path, pages[i].prefix)) {
			pages[i].answer(c);
			return;
		}
	}
	page_text(c, 404, "nothing here\n", "");
}
