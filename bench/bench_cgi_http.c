/*
 * Requests through lighttpd to roost.fcgi, against the least that a program
 * there can do: FastCGI, one prepared SELECT by key, ten bytes of answer,
 * as many threads. Rounds of ours and the floor take turns; medians count.
 */
#include "support/tmpsite.h"

#include <fcgiapp.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/id.h"
#include "bench/load.h"
#include "cgi/io.h"
#include "store/session.h"
#include "store/sql.h"
#include "store/workspace.h"

#define ROUNDS 7
#define ROUND_SECONDS 1.0
#define WORKSPACES 100
#define MANY 10000 /* of another owner */
#define THREADS 4

#define LIST "/api/v1/workspaces?limit=50"
#define NAMES LIST "&sort=name"

static struct tmpsite t;
static struct cx *cx;
static char id[ID_UUID_LEN + 1], secret[ID_SECRET_LEN + 1];
static char rich[ID_SECRET_LEN + 1]; /* session of who has many */
static char bin[1000];
static pid_t child[3];
static int port;

static void
stop(void)
{
	for (size_t i = 0; i < 3; i++)
		if (child[i] > 0) {
			kill(child[i], SIGTERM);
			waitpid(child[i], NULL, 0);
		}
	tmpsite_close(&t);
}

static void
must(enum err e)
{
	if (!e)
		return;
	fprintf(stderr, "%s: %s\n", err_name(e), cx->why);
	exit(1);
}

static const char *
in_site(const char *name)
{
	return arena_printf(&cx->arena, "%s/%s", t.dir, name);
}

/* ---- The floor ---- */

struct floor {
	int sock;
	struct db *db;
	pthread_t id;
};

static void *
floor_main(void *arg)
{
	struct floor *f = arg;
	sqlite3_stmt *st;
	FCGX_Request rq;

	FCGX_InitRequest(&rq, f->sock, 0);
	if (sqlite3_prepare_v2(f->db->sq,
			       "SELECT name FROM workspace WHERE id = ?", -1,
			       &st, NULL))
		abort();
	while (FCGX_Accept_r(&rq) == 0) {
		sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
		if (sqlite3_step(st) != SQLITE_ROW)
			abort();
		FCGX_FPrintF(rq.out, "Content-Type: text/plain\r\n\r\n%s\n",
			     sqlite3_column_text(st, 0));
		sqlite3_reset(st);
		FCGX_Finish_r(&rq);
	}
	return NULL;
}

static void
floor_serve(void)
{
	struct floor f[THREADS];

	FCGX_Init();
	f[0].sock = FCGX_OpenSocket(in_site("run/floor.sock"), 1024);
	for (int i = 0; i < THREADS; i++) {
		f[i].sock = f[0].sock;
		must(db_open(cx, DB_READ, &f[i].db));
		pthread_create(&f[i].id, NULL, floor_main, &f[i]);
	}
	pause();
}

/* ---- The site ---- */

/* Somebody with that many workspaces; id is the last of them. */
static void
owner(struct db *db, const char *name, int n, char session[ID_SECRET_LEN + 1])
{
	struct workspace w = {.id = id,
			      .app = "shell",
			      .desired = STATUS_PENDING,
			      .standby_ttl_s = 300,
			      .archive_ttl_s = 86400};
	char hash[ID_HASH_LEN + 1];

	must(user_add(cx, db, name, "$y$x", ROLE_USER, &w.owner_id));
	id_secret(session);
	id_hash(session, strlen(session), hash);
	must(session_add(cx, db, hash, w.owner_id, "csrf", "", "",
			 cx->now_ms + 3600000));
	must(db_begin(cx, db));
	for (int i = 0; i < n; i++) {
		id_uuid(id);
		w.name = arena_printf(&cx->arena, "workspace %d", i);
		must(workspace_add(cx, db, &w, NULL));
	}
	must(db_commit(cx, db));
}

static void
fill(void)
{
	struct db *db;

	must(db_open(cx, DB_CREATE, &db));
	owner(db, "rich", MANY, rich);
	owner(db, "ann", WORKSPACES, secret);
	db_close(db);
}

static pid_t
run(const char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)!freopen(in_site("log/out"), "a", stderr);
		(void)!freopen("/dev/null", "w", stdout);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

static void
start(void)
{
	const char *conf = arena_printf(
		&cx->arena,
		"server.modules = ( \"mod_fastcgi\" )\n"
		"server.port = %d\nserver.bind = \"127.0.0.1\"\n"
		"server.document-root = \"%s\"\n"
		"server.errorlog = \"%s/log/lighttpd.log\"\n"
		"server.max-keep-alive-requests = 1000000\n"
		"server.stream-response-body = 1\n"
		"fastcgi.server = ( \"/floor\" => (( \"socket\" => "
		"\"%s/run/floor.sock\", \"check-local\" => \"disable\" )), "
		"\"/\" => (( \"socket\" => \"%s/run/handler.sock\", "
		"\"check-local\" => \"disable\", "
		"\"fix-root-scriptname\" => \"enable\" )) )\n",
		port, t.dir, t.dir, t.dir, t.dir);
	const char *const web[] = {"/usr/sbin/lighttpd", "-D", "-f",
				   in_site("lighttpd.conf"), NULL};
	const char *const ours[] = {bin, t.dir, "--socket",
				    in_site("run/handler.sock"), NULL};
	const char *const handler[] = {ours[0], "--site", ours[1],
				       ours[2], ours[3],  NULL};

	must(fs_write_sync(cx, in_site("lighttpd.conf"), conf, strlen(conf),
			   0600));
	if ((child[0] = fork()) == 0) {
		floor_serve();
		_exit(0);
	}
	child[1] = run(handler);
	for (int i = 0; i < 500 && (!fs_exists(in_site("run/handler.sock")) ||
				    !fs_exists(in_site("run/floor.sock")));
	     i++)
		clock_sleep_ms(10);
	child[2] = run(web);
	for (int i = 0, fd = -1; i < 500 && fd < 0; i++) {
		clock_sleep_ms(10);
		if ((fd = load_connect(port)) >= 0)
			close(fd);
	}
}

/* ---- Measuring ---- */

static const char *
request_of(const char *session, const char *method, const char *path,
	   const char *body)
{
	return arena_printf(&cx->arena,
			    "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
			    "Cookie: roost_session=%s\r\n"
			    "Content-Type: application/json\r\n"
			    "Content-Length: %zu\r\n\r\n%s",
			    method, path, session, strlen(body), body);
}

static const char *
request(const char *method, const char *path, const char *body)
{
	return request_of(secret, method, path, body);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), load_compare);
	return v[n / 2];
}

/* Prints what one costs in time of the machine, and the tail. */
static void
compare(const char *name, const char *rq, const char *most, const char *floor,
	const char *floor_is)
{
	struct load ours = {port, rq, "200", ROUND_SECONDS, 0};
	struct load least = {port, floor, "200", ROUND_SECONDS, 0};
	double us[2][ROUNDS], p50[2][ROUNDS], p99[2][ROUNDS];
	size_t bad = 0;

	for (int i = 0; i < ROUNDS; i++) {
		for (int k = 0; k < 2; k++) {
			struct load_result r = load_run(k ? &least : &ours);

			us[k][i] = 1e6 / r.per_second;
			p50[k][i] = r.p50_us;
			p99[k][i] = r.p99_us;
			bad += r.bad;
		}
	}
	if (bad) {
		fprintf(stderr, "%s: %zu requests failed\n", name, bad);
		exit(1);
	}
	printf("%s: %.0f against %.0f requests a second\n", name,
	       1e6 / median(us[0], ROUNDS), 1e6 / median(us[1], ROUNDS));
	printf("bench %s %.1f %.1f us %s %s\n", name, us[0][ROUNDS / 2],
	       us[1][ROUNDS / 2], most, floor_is);
	printf("bench %s_p50 %.0f %.0f us - the same, half are faster\n", name,
	       median(p50[0], ROUNDS), median(p50[1], ROUNDS));
	printf("bench %s_p99 %.0f %.0f us - the same, 99 of 100 are faster\n",
	       name, median(p99[0], ROUNDS), median(p99[1], ROUNDS));
	fflush(stdout);
}

static int
free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&a, n) ||
	    getsockname(fd, (struct sockaddr *)&a, &n))
		exit(1);
	close(fd);
	return ntohs(a.sin_port);
}

static const char *
programs(void)
{
	char self[900] = "";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	for (int i = 0; i < 2 && n > 0; i++)
		if ((slash = strrchr(self, '/')))
			*slash = '\0';
	snprintf(bin, sizeof(bin), "%s/bin/roost.fcgi", self);
	return bin;
}

int
main(void)
{
	char here[4096], conf[8192];
	const char *one, *floor;

	if (!getcwd(here, sizeof(here)) || access(programs(), X_OK)) {
		fprintf(stderr, "%s: build it first: make\n", bin);
		return 1;
	}
	snprintf(conf, sizeof(conf),
		 "www_dir = %s/www\nhandler_threads = %d\nlog_level = error\n"
		 "[app shell]\ncommand = /bin/true\n",
		 here, THREADS);
	tmpsite_open(&t, conf);
	cx = &t.cx;
	atexit(stop);
	fill();
	port = free_port();
	start();
	floor = request("GET", "/floor", "");
	one = arena_printf(&cx->arena, "/api/v1/workspaces/%s", id);
	compare("http_get_one", request("GET", one, ""), "1.25", floor,
		"a hello with one SELECT");
	compare("http_list_50", request("GET", LIST, ""), "-", floor,
		"a hello with one SELECT");
	compare("http_list_50_of_10000", request_of(rich, "GET", LIST, ""), "3",
		request("GET", LIST, ""), "the same of who has 100");
	compare("http_page_of_10000", request_of(rich, "GET", "/", ""), "3",
		request("GET", "/", ""), "the same of who has 100");
	compare("http_names_of_10000", request_of(rich, "GET", NAMES, ""), "3",
		request("GET", NAMES, ""), "the same of who has 100");
	compare("http_patch", request("PATCH", one, "{\"memo\":\"m\"}"), "-",
		floor, "a hello with one SELECT");
	return 0;
}
