/* Instances that listen on TCP: whose port it is. Rule 6 of process.h. */
#include "support/engsite.h"

#include "rules/names.h"
#include "support/suite.h"

static struct engsite s;
static int base;

/* The last two stop listening when there is a file `go` in their home: one
 * listens anew, the other lives on without. */
static char *
more_apps(void)
{
	const char *app = engsite_wsapp();
	char *text = NULL;

	ck_assert_int_gt(
		asprintf(&text,
			 "[app everywhere]\nbinds = %s\n"
			 "command = %s --port {port} --everywhere\n"
			 "[app deaf]\n"
			 "command = /bin/sh -c \"exec sleep 60\" {port}\n"
			 "[app inside]\nnetwork = none\n"
			 "command = %s --port {port}\n"
			 "[app both]\n"
			 "command = %s --port {port} --socket {socket}\n"
			 "[app anew]\nbinds = %s\n"
			 "command = /bin/sh -c \"%s --port {port} & p=$!; "
			 "until [ -e go ]; do sleep 0.02; done; kill $p; "
			 "wait; exec %s --port {port}\"\n"
			 "[app gone]\nbinds = %s\n"
			 "command = /bin/sh -c \"%s --port {port} & p=$!; "
			 "until [ -e go ]; do sleep 0.02; done; kill $p; "
			 "wait; exec sleep 60\"\n",
			 app, app, app, app, app, app, app, app, app),
		0);
	return text;
}

static void
begin(const char *more)
{
	char *keys = NULL, *apps = more_apps();

	base = engsite_ports(4);
	ck_assert_int_gt(asprintf(&keys,
				  "slots = 4\nport_base = %d\nnetwork = "
				  "host\n%s",
				  base, more),
			 0);
	engsite_open_at(&s, &engine_process, keys, apps, "--port {port}");
	free(keys);
	free(apps);
}

static int
listen_at(int port)
{
	const struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	ck_assert_int_ge(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) || listen(fd, 9)) {
		close(fd);
		return -1;
	}
	return fd;
}

static const char *
address(int slot)
{
	return arena_printf(&s.t.cx.arena, "tcp:127.0.0.1:%d", base + slot);
}

/* How many sockets the gate would lead to. */
static size_t
marked(const char *id)
{
	const char *path =
		arena_printf(&s.t.cx.arena, "%s/run/sock/%s.port", s.t.dir, id);
	struct name_port its;
	char text[NAME_MAX_LEN];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	ck_assert(name_port_read(text, &its));
	return its.n;
}

static void
fails(const char *id, const char *app, enum err want, const char *why)
{
	struct instance_spec spec = engsite_spec(&s, id, app);
	struct endpoint out;

	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &out), want);
	ck_assert_msg(strstr(s.t.cx.why, why) != NULL, "%s", s.t.cx.why);
	ck_assert(!engsite_alive(&s, id));
}

START_TEST(it_answers_at_its_slots_port)
{
	const char *id = engsite_id(1);
	struct endpoint to;

	begin("");
	to = engsite_start(&s, id, "good");
	ck_assert_str_eq(to.address, address((int)to.slot));
	ck_assert_ptr_nonnull(
		strstr(engsite_get(&s, to.address, "/"), "HTTP/1.1 200"));
	ck_assert_uint_eq(marked(id), 1);
	engsite_stop(&s, id);
	ck_assert_int_eq(engsite_connect(to.address), -1);
	ck_assert_str_eq(engsite_file(&s, arena_printf(&s.t.cx.arena,
						       "run/sock/%s.port", id)),
			 "");
	engsite_close(&s);
}
END_TEST

START_TEST(ports_of_others_are_left_alone)
{
	struct endpoint to;
	int i, fd[4];

	begin("");
	for (i = 0; i < 3; i++)
		ck_assert_int_ge(fd[i] = listen_at(base + i), 0);
	to = engsite_start(&s, engsite_id(1), "good");
	ck_assert_int_eq(to.slot, 3);
	engsite_stop(&s, engsite_id(1));
	ck_assert_int_ge(fd[3] = listen_at(base + 3), 0);
	fails(engsite_id(1), "good", ERR_BUSY, "port_base");
	for (i = 0; i < 4; i++)
		close(fd[i]);
	engsite_start(&s, engsite_id(1), "good");
	engsite_close(&s);
}
END_TEST

/* Called while the start waits: somebody is quicker than the application. */
static bool
be_quicker(void *arg)
{
	int i, *fd = arg;

	for (i = 0; i < 4 && *fd < 0; i++)
		if (fs_exists(arena_printf(&s.t.cx.arena,
					   "%s/run/slots/%02d.sock", s.t.dir,
					   i)))
			*fd = listen_at(base + i);
	return false;
}

START_TEST(who_is_quicker_is_not_taken_for_the_instance)
{
	const char *id = engsite_id(1);
	struct instance_spec spec;
	struct endpoint out;
	int fd = -1;

	begin("");
	spec = engsite_spec(&s, id, "deaf");
	spec.quit = be_quicker;
	spec.arg = &fd;
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &out), ERR_ACTION);
	ck_assert_ptr_nonnull(strstr(s.t.cx.why, "another program"));
	ck_assert(!engsite_alive(&s, id));
	ck_assert_int_ge(fd, 0);
	engsite_start(&s, id, "good"); /* at another port */
	close(fd);
	engsite_close(&s);
}
END_TEST

START_TEST(what_is_open_to_others_does_not_start)
{
	begin("");
	fails(engsite_id(1), "everywhere", ERR_ACTION, "127.0.0.1");
	fails(engsite_id(1), "inside", ERR_CONFIG, "network = host");
	fails(engsite_id(1), "both", ERR_CONFIG, "one of them");
	engsite_close(&s);
}
END_TEST

static void
go(const char *id)
{
	const char *file =
		arena_printf(&s.t.cx.arena, "%s/go", engsite_home(&s, id));

	close(open(file, O_CREAT | O_WRONLY, 0644));
}

START_TEST(an_application_may_bind_anew)
{
	const char *id = engsite_id(1);
	int64_t until = clock_mono_ms() + 10000;
	struct endpoint to;
	struct tcp_sock old, now;

	begin("");
	to = engsite_start(&s, id, "anew");
	MUST(&s, tcp_listener(&s.t.cx, (uint16_t)(base + to.slot), &old));
	go(id);
	do {
		MUST(&s,
		     tcp_listener(&s.t.cx, (uint16_t)(base + to.slot), &now));
	} while ((!now.inode || now.inode == old.inode) &&
		 clock_mono_ms() < until);
	ck_assert_uint_ne(now.inode, 0);
	ck_assert_int_eq(engsite_connections(&s, id, 0), 0); /* a look */
	ck_assert_uint_eq(marked(id), 1);
	ck_assert_ptr_nonnull(
		strstr(engsite_get(&s, to.address, "/"), "HTTP/1.1 200"));
	engsite_close(&s);
}
END_TEST

START_TEST(a_port_that_was_left_leads_nobody_to_a_stranger)
{
	const char *id = engsite_id(1);
	int64_t until = clock_mono_ms() + 10000;
	struct endpoint to;
	int fd;

	begin("");
	to = engsite_start(&s, id, "gone");
	ck_assert_uint_eq(marked(id), 1);
	go(id);
	while ((fd = listen_at(base + (int)to.slot)) < 0 &&
	       clock_mono_ms() < until)
		clock_sleep_ms(5);
	ck_assert_int_ge(fd, 0);
	ck_assert(engsite_alive(&s, id));
	ck_assert_uint_eq(engsite_list(&s).n, 1);
	ck_assert_uint_eq(marked(id), 0);
	close(fd);
	engsite_close(&s);
}
END_TEST

/* Without a sandbox it is known by descent. */
START_TEST(without_a_sandbox_too)
{
	const char *id = engsite_id(1);
	struct endpoint to;

	begin("allow_unsandboxed = yes");
	setenv("PATH", "/none", 1);
	to = engsite_start(&s, id, "good");
	ck_assert_ptr_nonnull(
		strstr(engsite_get(&s, to.address, "/"), "HTTP/1.1 200"));
	ck_assert_uint_eq(engsite_list(&s).n, 1);
	ck_assert_uint_eq(marked(id), 1);
	engsite_close(&s);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		it_answers_at_its_slots_port,
		ports_of_others_are_left_alone,
		who_is_quicker_is_not_taken_for_the_instance,
		what_is_open_to_others_does_not_start,
		an_application_may_bind_anew,
		a_port_that_was_left_leads_nobody_to_a_stranger,
		without_a_sandbox_too,
	};

	return SUITE_RUN("engine_port", tests);
}
