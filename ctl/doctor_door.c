/* What doctor asks of the running site: who answers, and how. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/badge.h"
#include "base/clock.h"
#include "base/lock.h"
#include "ctl/door.h"
#include "rules/names.h"

#define CLOCK_OFF_MS 5000

/* ---- Which address ---- */

static const char *
which_url(struct doctor *d, bool *asked_for)
{
	const char *url = d->c->option[OPTION_URL];
	size_t n;

	*asked_for = url || *d->c->site.base_url;
	if (!url)
		url = site_url(&d->c->cx);
	if (!url || (strncmp(url, "http://", 7) && strncmp(url, "https://", 8)))
		return NULL;
	n = strlen(url);
	while (url[n - 1] == '/')
		n--;
	return arena_strndup(&d->c->cx.arena, url, n);
}

/* ---- server ---- */

static enum err
begin(struct door *o)
{
	struct cx *cx = o->cx;
	enum err e;

	if ((e = lock_take(cx, site_run_file(cx, "doctor.lock"), &o->lock)))
		return e;
	if (!player_open(o, &o->player))
		return OK;
	/* all slots are in use, say: then only the handler is asked */
	cx_clear(cx);
	return badge_issue(cx, BADGE_DOCTOR, BADGE_MOST_MS, "-1 none",
			   o->secret);
}

/* "nobody", a server without this site, or the site. */
static void
look_at_answer(struct doctor *d, struct door *o, const struct http_answer *a)
{
	o->show = json_tokener_parse(buf_str(&a->body));
	o->serve = door_text(o, "serve");
	o->server = door_text(o, "server");
	if (a->status == 200 && *o->serve) {
		o->up = true;
		return;
	}
	if (a->status >= 300 && a->status < 400)
		doctor_say(d, VERDICT_FAIL,
			   "%s sends everybody to %s; set base_url in "
			   "roost.conf to where people really go",
			   o->url, http_header(o->cx, a, "Location"));
	else if (a->status == 404 && door_is_ours(a))
		doctor_say(d, VERDICT_FAIL,
			   "a Roost answers at %s, but another site's, or one "
			   "that cannot read %s: set base_url, and run doctor "
			   "as the user who runs the site",
			   o->url, o->cx->site->run_dir);
	else
		doctor_say(d, VERDICT_FAIL,
			   "%s answers %d, and not from the handler: is "
			   "roost.fcgi running, and the web server set up to "
			   "ask it? See the web server's error log",
			   o->url, a->status);
}

static void
say_server(struct doctor *d, const struct door *o)
{
	const char *name = *o->server ? o->server : "a web server";

	if (!strcmp(o->serve, "socket"))
		doctor_say(d, VERDICT_OK,
			   "%s at %s; the handler has a socket of its own, "
			   "%lld threads",
			   name, o->url, (long long)door_int(o, "threads"));
	else if (!strcmp(o->serve, "started"))
		doctor_say(d, VERDICT_OK,
			   "%s at %s; it starts the handlers itself (FastCGI), "
			   "one request at a time each",
			   name, o->url);
	else
		doctor_say(d, VERDICT_WARN,
			   "%s at %s; a process for each request (plain CGI): "
			   "slow, and nobody can wait; use FastCGI where the "
			   "host has it (mod_fcgid)",
			   name, o->url);
}

void
doctor_server(struct doctor *d)
{
	struct cx *cx = &d->c->cx;
	struct door *o;
	struct http_answer a = {0};
	bool asked_for;
	const char *url;

	if (!d->site)
		return;
	if (!(url = which_url(d, &asked_for))) {
		doctor_say(d, VERDICT_WARN,
			   "where the site is served is not known: set "
			   "base_url in roost.conf, or say --url "
			   "http://host:port");
		return;
	}
	o = arena_alloc(&cx->arena, sizeof(*o));
	*o = (struct door){.cx = cx,
			   .url = url,
			   .asked_for = asked_for,
			   .lock = -1,
			   .server = "",
			   .serve = ""};
	if (begin(o)) {
		doctor_say(d, VERDICT_WARN,
			   "the running site was not asked: %s", cx->why);
		door_close(o);
		return;
	}
	d->door = o;
	if (!door_ask(o, &(struct door_ask){.path = "/api/v1/probe"}, &a))
		look_at_answer(d, o, &a);
	else
		doctor_say(d, asked_for ? VERDICT_FAIL : VERDICT_WARN,
			   "%s; is the web server running, and base_url right?",
			   cx->why);
	http_free(&a);
	if (o->up)
		say_server(d, o);
}

/* ---- address ---- */

static const char *
host_of(const char *url)
{
	return strstr(url, "://") + 3;
}

static void
look_at_scheme(struct doctor *d, const struct door *o)
{
	bool outside = !strncmp(o->url, "https://", 8);

	if (outside && !door_bool(o, "https"))
		doctor_say(d, VERDICT_FAIL,
			   "people come by https, but the handler is told "
			   "http: cookies are not kept to https; let the web "
			   "server set HTTPS=on, or behind a proxy set "
			   "trust_proxy = yes and let it send "
			   "X-Forwarded-Proto");
	else if (!outside && door_bool(o, "https"))
		doctor_say(d, VERDICT_WARN,
			   "asked by http, the handler is told https: "
			   "browsers will not send its cookies back; do not "
			   "set HTTPS or X-Forwarded-Proto for http");
	else
		doctor_say(d, VERDICT_OK, "%s, and the handler knows it",
			   outside ? "https" : "http");
}

static void
look_at_host(struct doctor *d, const struct door *o)
{
	const char *seen = door_text(o, "host");
	size_t n = strcspn(host_of(o->url), "/");

	if (strlen(seen) == n && !strncasecmp(seen, host_of(o->url), n))
		return;
	doctor_say(d, *door_text(o, "base_url") ? VERDICT_OK : VERDICT_FAIL,
		   "asked for host %.*s, the handler is told \"%s\": let the "
		   "proxy in front keep Host, or set base_url",
		   (int)n, host_of(o->url), seen);
}

void
doctor_address(struct doctor *d)
{
	const struct door *o = d->door;
	const char *base;
	int64_t off;

	if (!o || !o->up)
		return;
	look_at_scheme(d, o);
	look_at_host(d, o);
	base = door_text(o, "base_url");
	if (strcmp(base, d->c->site.base_url))
		doctor_say(d, VERDICT_WARN,
			   "the handler runs with base_url \"%s\", roost.conf "
			   "says \"%s\": restart the handlers",
			   base, d->c->site.base_url);
	off = door_int(o, "time_ms") - clock_now_ms();
	if (off < -CLOCK_OFF_MS - DOOR_MS || off > CLOCK_OFF_MS)
		doctor_say(d, VERDICT_FAIL,
			   "the handler's clock is %lld seconds off ours: set "
			   "the machine's clock (NTP); times decide when "
			   "workspaces sleep",
			   (long long)(off / 1000));
}

/* ---- static ---- */

void
doctor_static(struct doctor *d)
{
	struct door_ask ask = {.path = "/static/roost.css"};
	struct http_answer a = {0};
	const char *type;

	if (!d->door || !d->door->up)
		return;
	if (door_ask(d->door, &ask, &a)) {
		doctor_fail(d, VERDICT_FAIL);
		http_free(&a);
		return;
	}
	type = http_header(&d->c->cx, &a, "Content-Type");
	if (a.status != 200 || door_is_ours(&a))
		doctor_say(d, VERDICT_FAIL,
			   "/static/roost.css answers %d%s: let the web server "
			   "serve the folder www/static there",
			   a.status,
			   door_is_ours(&a) ? " from the handler" : "");
	else if (!type || strncmp(type, "text/css", 8))
		doctor_say(d, VERDICT_FAIL,
			   "/static/roost.css comes as \"%s\", which browsers "
			   "do not take for a style sheet: set its type to "
			   "text/css",
			   type ? type : "nothing");
	else
		doctor_say(d, VERDICT_OK, "served by the web server itself");
	http_free(&a);
}

/* ---- waiting ---- */

static void
say_buffered(struct doctor *d, const struct door *o)
{
	const char *mend =
		door_is(o, "lighttpd") ? "set server.stream-response-body = 1"
		: door_is(o, "Apache")
			? "mod_proxy_fcgi needs flushpackets=on, "
			  "mod_fcgid FcgidOutputBufferSize 0"
		: door_is(o, "nginx") ? "set fastcgi_buffering off"
				      : "turn its output buffering off";

	doctor_say(d, VERDICT_WARN,
		   "event streams are held back until they end; pages ask with "
		   "long polls instead, other clients hear nothing. %s; "
		   "compression by the web server holds back too",
		   mend);
}

void
doctor_waiting(struct doctor *d)
{
	struct door_ask ask = {.path = "/api/v1/probe/events",
			       .header = {"Accept: text/event-stream"},
			       .first_only = true};
	struct door *o = d->door;
	struct http_answer a = {0};
	enum err e;

	if (!o || !o->up)
		return;
	e = door_ask(o, &ask, &a);
	if (!door_bool(o, "parks") && !e && a.status == 200)
		doctor_say(d, VERDICT_OK,
			   "the handler cannot let anybody wait here: it "
			   "answers at once and clients come again");
	else if (!e && a.status == 200 && a.left)
		doctor_say(d, VERDICT_OK,
			   "long polls and event streams wait; the first event "
			   "came after %lld ms, while the stream was open",
			   (long long)a.first_ms);
	else if (e == ERR_TIMEOUT)
		say_buffered(d, o);
	else
		doctor_say(d, VERDICT_FAIL, "an event stream got %d: %s",
			   a.status,
			   e ? d->c->cx.why : "not what was asked for");
	http_free(&a);
}
