/*
 * A request at the door, as the web server tells of it: lines "VARIABLE value".
 * Whatever they say, nobody comes to an instance who does not know its owner's
 * secret, and the answer's head is one. An odd number of bytes: workspaces
 * have hosts of their own.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/fs.h"
#include "base/id.h"
#include "base/log.h"
#include "cgi/gate.h"
#include "fuzz.h"
#include "store/session.h"
#include "store/token.h"
#include "store/workspace.h"

#define LINES 64
#define ANNS "11111111-1111-4111-8111-111111111111"
#define BOBS "22222222-2222-4222-8222-222222222222"
/* What the seeds know. Bob's are in none: whoever comes to his is wrong. */
#define SESSION "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define TOKEN "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

static struct {
	char dir[64];
	struct site path_mode, host_mode;
	struct cx cx;
	struct gate gate;
} the;

struct input {
	struct io io;
	char *text, *line[LINES];
	size_t n;
	struct buf out;
};

/* ---- The site ---- */

static void
must(enum err e)
{
	if (e)
		fprintf(stderr, "%s: %s\n", err_name(e), the.cx.why);
	MUST(!e);
}

/* Somebody with a workspace that runs behind that slot. */
static void
live(struct db *db, const char *name, const char *id, int64_t slot,
     const char *session, const char *token)
{
	struct workspace w = {.id = id, .name = name, .app = "shell"};
	struct ws_outcome o = {.status = STATUS_RUNNING,
			       .error = WS_ERROR_CLEAR,
			       .set_instance = true,
			       .endpoint = "unix:/run/it.sock",
			       .slot = slot,
			       .boot_id = "boot"};
	char hash[ID_HASH_LEN + 1], link[128];

	must(user_add(&the.cx, db, name, "$y$", ROLE_USER, &w.owner_id));
	must(workspace_add(&the.cx, db, &w, &w));
	must(workspace_observe(&the.cx, db, id, w.rev, &o, &w));
	id_hash(session, strlen(session), hash);
	must(session_add(&the.cx, db, hash, w.owner_id, "csrf", "", "",
			 INT64_MAX / 2));
	id_hash(token, strlen(token), hash);
	must(token_add(&the.cx, db, w.owner_id, "t", hash, 0, NULL));
	snprintf(link, sizeof(link), "%s/run/slots/%02d.sock", the.dir,
		 (int)slot);
	MUST(!symlink(arena_printf(&the.cx.arena, "../sock/%s.sock", id),
		      link));
}

static void
clean_up(void)
{
	struct cx cx = {0};

	if (fs_remove_tree(&cx, the.dir, NULL, NULL))
		perror(the.dir);
}

static void
open_site(void)
{
	static const char conf[] = "[app shell]\ncommand = /bin/true\n";
	static const char *const dirs[] = {"run", "run/slots", "log"};
	char session[ID_SECRET_LEN + 1], token[ID_SECRET_LEN + 1];
	struct db *db;

	snprintf(the.dir, sizeof(the.dir), "/tmp/roost-fuzz-XXXXXX");
	MUST(mkdtemp(the.dir));
	atexit(clean_up);
	for (size_t i = 0; i < 3; i++)
		MUST(!mkdir(arena_printf(&the.cx.arena, "%s/%s", the.dir,
					 dirs[i]),
			    0700));
	must(site_parse(&the.cx, the.dir, conf, sizeof(conf) - 1,
			&the.path_mode));
	the.host_mode = the.path_mode;
	the.host_mode.base_url = "https://roost.example.org";
	the.host_mode.workspace_domain = "ws.example.org";
	the.cx.site = &the.path_mode;
	must(db_open(&the.cx, DB_CREATE, &db));
	live(db, "ann", ANNS, 7, SESSION, TOKEN);
	id_secret(session);
	id_secret(token);
	live(db, "bob", BOBS, 9, session, token);
	db_close(db);
	must(db_open(&the.cx, DB_READ, &the.gate.db));
	log_open("fuzz", open("/dev/null", O_WRONLY), LOG_LEVEL_ERROR);
}

/* ---- The request ---- */

static const char *
var(struct io *io, const char *name)
{
	struct input *in = (struct input *)io;
	size_t len = strlen(name);

	for (size_t i = 0; i < in->n; i++)
		if (strncmp(in->line[i], name, len) == 0 &&
		    in->line[i][len] == ' ')
			return in->line[i] + len + 1;
	return NULL;
}

static bool
take_answer(struct io *io, const void *p, size_t n)
{
	buf_add(&((struct input *)io)->out, p, n);
	return true;
}

static void
split(struct input *in, const uint8_t *data, size_t n)
{
	char *p, *rest;

	in->text = rest = strndup((const char *)data, n);
	while (in->n < LINES && (p = strsep(&rest, "\n")))
		in->line[in->n++] = p;
}

/* ---- The answer ---- */

/* "Name: value" each, then an empty line. */
static void
is_a_head(const char *p)
{
	MUST(!strncmp(p, "Status: ", 8));
	MUST(strspn(p + 8, "0123456789") == 3);
	while (strncmp(p, "\r\n", 2) != 0) {
		size_t name = strcspn(p, ":\r\n"), n = strcspn(p, "\r\n");

		MUST(name > 0 && p[name] == ':' && p[name + 1] == ' ');
		MUST(!strncmp(p + n, "\r\n", 2));
		for (size_t i = 0; i < n; i++)
			MUST((unsigned char)p[i] >= ' ');
		p += n + 2;
	}
}

/* In the answer, and not because it was asked for: a fuzzer that watches
 * comparisons puts into its inputs what they are compared with. */
static bool
tells(const char *out, const char *what, const uint8_t *data, size_t n)
{
	return strstr(out, what) && !memmem(data, n, what, strlen(what));
}

static void
nobody_came_in(const struct input *in, const uint8_t *data, size_t n)
{
	const char *out = buf_str(&in->out);
	bool knows = memmem(data, n, SESSION, strlen(SESSION)) ||
		     memmem(data, n, TOKEN, strlen(TOKEN));

	MUST(!tells(out, "slot09", data, n));
	MUST(!tells(out, BOBS ".sock", data, n));
	MUST(!tells(out, "slot07", data, n) || knows);
	MUST(!strstr(out, SESSION) || !strncmp(out, "Status: 302", 11));
	MUST(!tells(out, the.dir, data, n));
}

static void
ask(struct input *in, const uint8_t *data, size_t n)
{
	*in = (struct input){.io = {.var = var, .write = take_answer}};
	split(in, data, n);
	buf_init(&in->out, 1 << 20);
	MUST(gate_answer(&the.gate, &in->io));
	free(in->text);
}

/* Whoever knows the secret does come in, or all of this says nothing. */
static void
the_owner_comes_in(void)
{
	static const char *const secrets[] =
		{"HTTP_COOKIE roost_session=" SESSION,
		 "HTTP_X_ROOST_TOKEN " TOKEN};
	struct input in;

	the.gate.cx.site = &the.path_mode;
	for (size_t i = 0; i < 2; i++) {
		const char *rq = arena_printf(&the.cx.arena,
					      "REQUEST_METHOD GET\n"
					      "REQUEST_URI /w/%s/\n%s",
					      ANNS, secrets[i]);

		ask(&in, (const uint8_t *)rq, strlen(rq));
		MUST(strstr(buf_str(&in.out), "slot07"));
		buf_free(&in.out);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in;

	if (!the.dir[0]) {
		open_site();
		the_owner_comes_in();
	}
	the.gate.cx.site = n & 1 ? &the.host_mode : &the.path_mode;
	ask(&in, data, n);
	is_a_head(buf_str(&in.out));
	nobody_came_in(&in, data, n);
	buf_free(&in.out);
	return 0;
}
