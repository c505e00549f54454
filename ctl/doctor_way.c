/* What reaches the handler through the web server, and what an instance. */
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "base/id.h"
#include "ctl/door.h"
#include "rules/names.h"

#define KIB 1024
#define LIMIT ((size_t)1 << 20) /* web/request.h: REQUEST_BODY_MAX */
#define INSTANCE "/w/" NAME_PROBE_ID

/* ---- body ---- */

/* What a body of n bytes meets: how many of them arrived, -1 when it was
 * refused; then *status and *ours say by whom. */
static int64_t
send_body(struct door *o, size_t n, int *status, bool *ours)
{
	char *body = arena_alloc(&o->cx->arena, n);
	struct door_ask ask =
		{.method = "POST",
		 .path = "/api/v1/probe",
		 .header = {"Content-Type: application/octet-stream"},
		 .body = body,
		 .body_len = n};
	struct http_answer a = {0};
	int64_t arrived = -1;

	if (door_ask(o, &ask, &a))
		cx_clear(o->cx);
	else if (a.status == 200)
		arrived = (int64_t)strtoll(buf_str(&a.body) +
						   strcspn(buf_str(&a.body),
							   "0123456789"),
					   NULL, 10);
	*status = a.status;
	*ours = door_is_ours(&a);
	http_free(&a);
	return arrived;
}

static void
say_limit(struct doctor *d, const struct door *o, size_t n, int status)
{
	const char *mend =
		door_is(o, "Apache")
			? "mod_fcgid takes 128 KiB unless FcgidMaxRequestLen "
			  "1100000 stands in the server's configuration (not "
			  "in .htaccess); see also LimitRequestBody"
		: door_is(o, "lighttpd") ? "raise server.max-request-size"
		: door_is(o, "nginx")	 ? "raise client_max_body_size"
				      : "raise its limit for bodies to 1 MiB";

	doctor_say(d, VERDICT_WARN,
		   "a body of %zu KiB does not reach the handler (%d): long "
		   "notes and uploads fail; %s",
		   n / KIB, status, mend);
}

void
doctor_body(struct doctor *d)
{
	static const size_t sizes[] = {200 * KIB, LIMIT};
	struct door *o = d->door;
	bool ours, unclear = false;
	int status = 0;

	if (!o || !o->up)
		return;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (send_body(o, sizes[i], &status, &ours) !=
		    (int64_t)sizes[i]) {
			say_limit(d, o, sizes[i], status);
			unclear = !ours;
			break;
		}
	if (!unclear) {
		(void)send_body(o, LIMIT + 1, &status, &ours);
		unclear = !ours || status != 413;
	}
	if (unclear)
		doctor_say(d, VERDICT_WARN,
			   "a body that is too long is answered by the web "
			   "server itself (%d): clients get no JSON; let "
			   "ErrorDocument 413 (and 500) lead to the handler",
			   status);
	else
		doctor_say(d, VERDICT_OK,
			   "1 MiB arrives, more is answered with 413 by us");
}

/* ---- authorization ---- */

void
doctor_authorization(struct doctor *d)
{
	struct door_ask ask = {.path = "/api/v1/probe",
			       .header = {"Authorization: Bearer doctor",
					  "X-Roost-Token: doctor",
					  "Cookie: a=1; roost_probe=1; b=2"}};
	struct door *o = d->door;
	struct http_answer a = {0};
	const char *said;

	if (!o || !o->up)
		return;
	if (door_ask(o, &ask, &a)) {
		doctor_fail(d, VERDICT_FAIL);
		http_free(&a);
		return;
	}
	said = buf_str(&a.body);
	if (!strstr(said, "\"token\":true") || !strstr(said, "\"cookie\":true"))
		doctor_say(d, VERDICT_FAIL,
			   "%s does not reach the handler: nobody can log in "
			   "or use a token; which part of the web server drops "
			   "it?",
			   strstr(said, "\"cookie\":true") ? "X-Roost-Token"
							   : "Cookie");
	else if (!strstr(said, "\"authorization\":true"))
		doctor_say(d, VERDICT_WARN,
			   "Authorization is dropped by the web server: API "
			   "clients send X-Roost-Token instead%s",
			   door_is(o, "Apache")
				   ? ", or let it pass: FcgidPassHeader "
				     "Authorization, CGIPassAuth On"
				   : ", or let it pass");
	else
		doctor_say(d, VERDICT_OK,
			   "Authorization, X-Roost-Token and cookies arrive");
	http_free(&a);
}

/* ---- gate ---- */

static bool
is_player(const struct http_answer *a)
{
	return strcasestr(buf_str(&a->head), "\r\nX-Player: doctor") != NULL;
}

/* In place of a gate that is not there the handler is asked, and its answers
 * have a number. */
static void
say_refused(struct doctor *d, const struct http_answer *a)
{
	bool handler = http_header(&d->c->cx, a, "X-Request-Id") != NULL;

	if (a->status == 502 || a->status == 504)
		doctor_say(d, VERDICT_FAIL,
			   "the gate agrees, but the web server cannot reach "
			   "the socket of an instance (%d): may its user pass "
			   "to %s/sock and slots, and does it know as many "
			   "slots as roost.conf says?",
			   a->status, d->c->site.run_dir);
	else if (!handler && a->status >= 400 && a->status < 500)
		doctor_say(d, VERDICT_FAIL,
			   "the gate refuses (%d) what it should let pass: is "
			   "it this site's (--site), run by the user who owns "
			   "%s?",
			   a->status, d->c->site.run_dir);
	else
		doctor_say(d, VERDICT_FAIL,
			   "the gate does not answer (%d), so that instances "
			   "cannot be reached: is roost-gate.fcgi running, by "
			   "the site's user, and the web server set up to ask "
			   "it?",
			   a->status);
}

void
doctor_gate(struct doctor *d)
{
	struct door_ask ask = {.path = INSTANCE "/"};
	struct door_ask other = {.path = INSTANCE "/", .stranger = true};
	struct http_answer a = {0}, b = {0};
	struct door *o = d->door;

	if (!o || !o->up)
		return;
	if (!door_bool(o, "leads")) {
		doctor_say(d, VERDICT_FAIL,
			   "this host has no FastCGI, so that nobody can be "
			   "brought to an instance, on hosts of their own "
			   "neither: it needs mod_fcgid (docs/SERVERS.md)");
		return;
	}
	if (!o->player) {
		doctor_say(d, VERDICT_WARN,
			   "not asked: all slots of the web server are in use");
		return;
	}
	if (door_ask(o, &other, &b) || door_ask(o, &ask, &a))
		doctor_fail(d, VERDICT_FAIL);
	else if (is_player(&b))
		doctor_say(d, VERDICT_FAIL,
			   "a stranger reaches instances: the web server does "
			   "not ask the gate; take the site off the net until "
			   "it does");
	else if (!is_player(&a))
		say_refused(d, &a);
	else
		doctor_say(d, VERDICT_OK,
			   "strangers get %d, who may gets to the instance",
			   b.status);
	o->through = is_player(&a);
	http_free(&a);
	http_free(&b);
}

/* ---- names ---- */

static void
look_at_names(struct doctor *d, const struct http_answer *a,
	      const struct http_answer *stranger)
{
	const char *domain = d->c->site.workspace_domain;

	if (is_player(stranger))
		doctor_say(d, VERDICT_FAIL,
			   "a stranger reaches instances at their hosts: the "
			   "web server does not ask the gate; take the site "
			   "off the net until it does");
	else if (!is_player(a))
		doctor_say(d, VERDICT_FAIL,
			   "the host of a workspace answers %d, and not from "
			   "the instance: set the web server up for *.%s "
			   "(docs/HOSTNAMES.md)",
			   a->status, domain);
	else
		doctor_say(d, VERDICT_OK,
			   "*.%s leads to the instances; strangers get %d",
			   domain, stranger->status);
}

void
doctor_names(struct doctor *d)
{
	struct cx *cx = &d->c->cx;
	struct door *o = d->door;
	struct door_ask ask = {.path = "/"},
			other = {.path = "/", .stranger = true};
	struct http_answer a = {0}, b = {0};

	if (!o || !o->through || !host_mode(cx->site))
		return;
	ask.at = other.at = host_workspace(cx, NAME_PROBE_ID);
	if (door_ask(o, &other, &b) || door_ask(o, &ask, &a))
		doctor_say(d, VERDICT_FAIL,
			   "%s; does *.%s lead to the web server (DNS), with a "
			   "certificate for it?",
			   cx->why, cx->site->workspace_domain);
	else
		look_at_names(d, &a, &b);
	http_free(&a);
	http_free(&b);
}

/* ---- private, path ---- */

static void
look_at_seen(struct doctor *d, const struct http_answer *a, size_t *bad)
{
	const char *seen = buf_str(&a->body), *lower;

	lower = strcasestr(seen, "roost_session")	 ? "the session cookie"
		: strcasestr(seen, "\r\nX-Roost-Token:") ? "the token"
		: strcasestr(seen, "\r\nX-Roost-User: root")
			? "a made-up X-Roost-User"
			: NULL;
	if (lower) {
		doctor_say(d, VERDICT_FAIL,
			   "%s reaches instances: use the configuration that "
			   "comes with Roost, which takes it out",
			   lower);
		++*bad;
	}
	if (!strcasestr(seen, "other=1")) {
		doctor_say(d, VERDICT_WARN,
			   "cookies of an instance's own do not reach it");
		++*bad;
	}
	if (!strcasestr(seen, "\r\nX-Roost-User: roost-doctor")) {
		doctor_say(d, VERDICT_WARN,
			   "an instance is not told who comes: X-Roost-User "
			   "does not reach it");
		++*bad;
	}
}

void
doctor_private(struct doctor *d)
{
	struct door_ask ask =
		{.path = INSTANCE "/",
		 .header = {"Cookie: roost_session=secret; other=1; "
			    "__Host-roost_session=secret",
			    "X-Roost-Token: secret", "X-Roost-User: root"}};
	struct door *o = d->door;
	struct http_answer a = {0};
	size_t bad = 0;

	if (!o || !o->through)
		return;
	if (door_ask(o, &ask, &a) || !is_player(&a)) {
		doctor_say(d, VERDICT_FAIL, "the instance was not reached: %s",
			   d->c->cx.why);
		http_free(&a);
		return;
	}
	look_at_seen(d, &a, &bad);
	if (strcasestr(buf_str(&a.head), "roost_session=stolen")) {
		doctor_say(d, VERDICT_FAIL,
			   "an instance can set the session cookie of the "
			   "site: use the configuration that comes with Roost");
		bad++;
	}
	if (!bad)
		doctor_say(d, VERDICT_OK,
			   "instances see no session and no token, and set no "
			   "cookie of ours");
	http_free(&a);
}

void
doctor_path(struct doctor *d)
{
	struct door_ask ask = {.path = INSTANCE "/a%2Fb%20c?d=%2F"};
	struct door *o = d->door;
	struct http_answer a = {0};

	if (!o || !o->through)
		return;
	if (door_ask(o, &ask, &a))
		doctor_fail(d, VERDICT_FAIL);
	else if (is_player(&a) &&
		 strstr(buf_str(&a.body), " /a%2Fb%20c?d=%2F HTTP/"))
		doctor_say(d, VERDICT_OK, "%%2F and the like pass as written");
	else
		doctor_say(d, VERDICT_WARN,
			   "a path with %%2F does not reach an instance as it "
			   "was written (%d): some applications need it%s",
			   a.status,
			   door_is(o, "Apache")
				   ? "; AllowEncodedSlashes NoDecode in the "
				     "virtual host"
				   : "");
	http_free(&a);
}

/* ---- websocket ---- */

static const char *
host_and_port(struct cx *cx, const char *url)
{
	const char *host = strstr(url, "://") + 3;

	return arena_strndup(&cx->arena, host, strcspn(host, "/"));
}

/* What has come so far has `want` in it: reads on until it does. */
static enum err
read_until(struct cx *cx, struct http_raw *r, char *got, size_t most,
	   const char *want)
{
	size_t n = strlen(got), more;
	enum err e;

	while (!strstr(got, want)) {
		if (n == most - 1)
			return cx_fail(cx, ERR_TOO_LARGE, "too long an answer");
		if ((e = http_raw_recv(cx, r, got + n, most - 1 - n, &more)))
			return e;
		if (!more)
			return cx_fail(cx, ERR_UNREACHABLE,
				       "the connection was closed");
		got[n += more] = '\0';
	}
	return OK;
}

/* The upgrade, and then bytes there and back. *status is what it got. */
static enum err
try_websocket(struct door *o, struct http_raw *r, int *status)
{
	struct cx *cx = o->cx;
	char got[8192] = "", word[ID_UUID_LEN + 1];
	const char *path = strchr(strstr(o->url, "://") + 3, '/');
	const char *rq =
		arena_printf(&cx->arena,
			     "GET %s" INSTANCE "/ws HTTP/1.1\r\nHost: %s\r\n"
			     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			     "Sec-WebSocket-Version: 13\r\n"
			     "Sec-WebSocket-Key: cm9vc3Qtcm9vc3Qtcm9vcw==\r\n"
			     "X-Roost-Probe: %s\r\n\r\n",
			     path ? path : "", host_and_port(cx, o->url),
			     o->secret);
	enum err e;

	id_uuid(word);
	if ((e = http_raw_send(cx, r, rq, strlen(rq))) ||
	    (e = read_until(cx, r, got, sizeof(got), "\r\n\r\n")))
		return e;
	*status = strlen(got) > 9 ? (int)strtol(got + 9, NULL, 10) : 0;
	if (*status != 101)
		return cx_fail(cx, ERR_UNREACHABLE, "no upgrade");
	if ((e = http_raw_send(cx, r, word, strlen(word))))
		return e;
	return read_until(cx, r, got, sizeof(got), word);
}

void
doctor_websocket(struct doctor *d)
{
	struct door *o = d->door;
	struct cx *cx = &d->c->cx;
	struct http_raw *r = NULL;
	int status = 0;

	if (!o || !o->through)
		return;
	if (!http_raw_open(cx, o->url, DOOR_MS, &r) &&
	    !try_websocket(o, r, &status))
		doctor_say(d, VERDICT_OK, "opens, and echoes");
	else if (status && status != 101)
		doctor_say(d, VERDICT_FAIL,
			   "is not let through (%d): editors and terminals "
			   "will not work; %s",
			   status,
			   door_is(o, "lighttpd")
				   ? "proxy.header needs \"upgrade\" => "
				     "\"enable\""
			   : door_is(o, "Apache")
				   ? "load mod_proxy_wstunnel, and let no "
				     "proxy in front drop Upgrade"
				   : "let the web server and every proxy in "
				     "front pass Upgrade");
	else
		doctor_say(d, VERDICT_FAIL, "opens, but nothing comes back: %s",
			   cx->why);
	http_raw_close(r);
}
