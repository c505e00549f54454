/* links: docker */
/* The world of the docker engine: containers, images, certificates. */
#include <signal.h>
#include <stdio.h>

#include "base/fault.h"
#include "docker/docker.h"
#include "support/dockerfix.h"
#include "support/suite.h"

static struct dockerfix docker = {.kind = "docker"};
static struct engsite s;
static char tls_port[8];

static void
begin(const char *more)
{
	char keys[1024];
	size_t n;

	dockerfix_keys(&docker, keys, sizeof(keys));
	n = strlen(keys);
	snprintf(keys + n, sizeof(keys) - n, "%s", more);
	engsite_open(&s, &engine_docker, keys, NULL);
}

static const char *
name_of(const char *id)
{
	return arena_printf(&s.t.cx.arena, "ws-%s", id);
}

static struct docker_state
look(const char *id)
{
	struct docker_state st;

	MUST(&s, docker_look(&s.t.cx, name_of(id), "instance", 0, &st));
	return st;
}

/* ---- What a container may ---- */

static const char *
first(struct json_object *o, const char *path)
{
	struct json_object *list = docker_member(o, path);

	ck_assert_msg(json_object_is_type(list, json_type_array), "%s", path);
	ck_assert_uint_eq(json_object_array_length(list), 1);
	return json_object_get_string(json_object_array_get_idx(list, 0));
}

static void
is_set(struct json_object *o, const char *path, int64_t n)
{
	ck_assert_msg(docker_number(o, path) == n, "%s is %lld", path,
		      (long long)docker_number(o, path));
}

/* As the kernel has it: the line of /proc/PID/status. */
static const char *
kernel_says(int64_t pid, const char *key)
{
	static char line[256];
	char path[64];
	size_t n = strlen(key);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%lld/status", (long long)pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, n)) {
			fclose(f);
			line[strcspn(line, "\n")] = '\0';
			return line + n;
		}
	ck_abort_msg("no %s in %s", key, path);
}

START_TEST(it_is_hardened)
{
	const char *id = engsite_id(1);
	struct json_object *o;
	struct docker_state st;

	begin("processes = 77\ncpu_percent = 150\n");
	s.uid = 4321;
	engsite_start(&s, id, "good");
	st = look(id);
	o = st.json;
	ck_assert(st.ours);
	ck_assert_str_eq(first(o, "HostConfig/CapDrop"), "ALL");
	ck_assert_str_eq(first(o, "HostConfig/SecurityOpt"),
			 "no-new-privileges");
	ck_assert_str_eq(docker_text(o, "HostConfig/RestartPolicy/Name"), "no");
	ck_assert_str_eq(docker_text(o, "HostConfig/NetworkMode"), "none");
	ck_assert_str_eq(docker_text(o, "HostConfig/IpcMode"), "private");
	ck_assert_str_eq(docker_text(o, "Config/User"), "4321:4321");
	ck_assert(docker_true(o, "HostConfig/ReadonlyRootfs"));
	ck_assert(!docker_true(o, "HostConfig/Privileged"));
	is_set(o, "HostConfig/PidsLimit", 77);
	is_set(o, "HostConfig/NanoCpus", 1500000000);
	ck_assert_str_eq(kernel_says(st.pid, "CapEff:\t"), "0000000000000000");
	ck_assert_str_eq(kernel_says(st.pid, "CapBnd:\t"), "0000000000000000");
	ck_assert_str_eq(kernel_says(st.pid, "NoNewPrivs:\t"), "1");
	ck_assert_str_eq(kernel_says(st.pid, "Uid:\t"),
			 "4321\t4321\t4321\t4321");
	engsite_close(&s);
}
END_TEST

/* ---- What is not there ---- */

static enum err
fails(const char *id)
{
	struct instance_spec spec = engsite_spec(&s, id, "good");
	struct endpoint out = {.slot = -7};
	enum err e = s.ops->start(&s.t.cx, &spec, &out);

	ck_assert_int_ne(e, OK);
	ck_assert_int_eq(out.slot, -7);
	return e;
}

START_TEST(an_image_that_is_not_there_is_said_in_the_engines_words)
{
	const char *id = engsite_id(1);

	begin("");
	s.t.site.docker_image = "no-such-image:1";
	ck_assert_int_eq(fails(id), ERR_IMAGE);
	ck_assert_ptr_nonnull(strstr(s.t.cx.why, "No such image"));
	ck_assert(!look(id).there);
	/* nobody listens there */
	s.t.site.docker_pull = true;
	s.t.site.docker_image = "127.0.0.1:1/no-such-image:1";
	ck_assert_int_eq(fails(id), ERR_IMAGE);
	ck_assert_msg(strstr(s.t.cx.why, "connection refused") != NULL, "%s",
		      s.t.cx.why);
	ck_assert(!look(id).there);
	engsite_close(&s);
}
END_TEST

START_TEST(an_engine_that_is_not_there_is_no_empty_list)
{
	const char *host;
	struct instances list = {.n = 77};
	bool alive = true;

	begin("");
	host = s.t.site.docker_host;
	s.t.site.docker_host = "unix:///no/such/socket";
	ck_assert_int_eq(s.ops->list(&s.t.cx, &list), ERR_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(s.t.cx.why, "docker_host"));
	ck_assert_uint_eq(list.n, 77);
	ck_assert_int_eq(s.ops->alive(&s.t.cx, engsite_id(1), &alive),
			 ERR_UNREACHABLE);
	ck_assert(alive);
	ck_assert_int_eq(fails(engsite_id(1)), ERR_UNREACHABLE);
	s.t.site.docker_host = "tcp://127.0.0.1:1";
	ck_assert_int_eq(s.ops->list(&s.t.cx, &list), ERR_CONFIG);
	s.t.site.docker_host = host;
	engsite_close(&s);
}
END_TEST

/* ---- Whose it is ---- */

START_TEST(what_is_another_sites_is_left_alone)
{
	const char *id = engsite_id(1), *site;
	struct instances list;

	begin("");
	engsite_start(&s, id, "good");
	site = s.t.site.site_id;
	s.t.site.site_id = "another";
	MUST(&s, s.ops->list(&s.t.cx, &list));
	ck_assert_uint_eq(list.n, 0);
	ck_assert_int_eq(fails(id), ERR_CONFIG);
	ck_assert_int_eq(s.ops->stop(&s.t.cx, id, clock_mono_ms() + 20000),
			 ERR_CONFIG);
	s.t.site.site_id = site;
	ck_assert(engsite_alive(&s, id));
	engsite_close(&s);
}
END_TEST

/* ---- Its end ---- */

START_TEST(what_ended_by_itself_is_taken_away_by_the_next_look)
{
	const char *id = engsite_id(1);
	struct endpoint to;

	begin("");
	to = engsite_start(&s, id, "good");
	ck_assert(!kill((pid_t)look(id).pid, SIGKILL));
	while (engsite_alive(&s, id))
		clock_sleep_ms(20);
	ck_assert(look(id).there);
	ck_assert_uint_eq(engsite_list(&s).n, 0);
	ck_assert(!look(id).there);
	ck_assert_int_eq(engsite_connect(to.address), -1);
	engsite_start(&s, id, "good");
	engsite_close(&s);
}
END_TEST

/* Every fault point of a start, one after the other: nothing is left, and the
 * next start comes to its end. */
START_TEST(each_fault_of_a_start_leaves_nothing)
{
	const char *id = engsite_id(1);
	struct endpoint out;
	bool fired = true;
	long n;

	begin("");
	for (n = 1; fired; n++) {
		struct instance_spec spec = engsite_spec(&s, id, "good");
		enum err e;

		fault_arm(n);
		e = s.ops->start(&s.t.cx, &spec, &out);
		fired = fault_fired();
		fault_arm(0);
		ck_assert_int_lt(n, 30);
		if (e)
			engsite_start(&s, id, "good");
		engsite_stop(&s, id);
		ck_assert(!look(id).there);
	}
	ck_assert_int_gt(n, 4);
	engsite_close(&s);
}
END_TEST

START_TEST(its_last_words_are_kept_once)
{
	const char *id = engsite_id(1), *at;
	struct instance_spec spec;
	struct endpoint out;
	struct buf log;
	int n = 0;

	begin("");
	spec = engsite_spec(&s, id, "crash");
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &out), ERR_ACTION);
	ck_assert_ptr_nonnull(strstr(s.t.cx.why, "it broke"));
	buf_init(&log, 1 << 20);
	MUST(&s, fs_read(&s.t.cx,
			 arena_printf(&s.t.cx.arena, "%s/%s.log",
				      s.t.site.log_dir, name_of(id)),
			 &log));
	for (at = buf_str(&log); (at = strstr(at, "it broke")); at++)
		n++;
	buf_free(&log);
	ck_assert_int_eq(n, 1);
	engsite_close(&s);
}
END_TEST

/* Its worker died between the start and the record of it. */
START_TEST(a_port_without_its_record_is_found_again)
{
	const char *id = engsite_id(1), *status;
	struct endpoint was, is;
	char keys[1024];
	size_t n;

	dockerfix_keys(&docker, keys, sizeof(keys));
	n = strlen(keys);
	snprintf(keys + n, sizeof(keys) - n,
		 "slots = 2\nport_base = %d\nnetwork = host", engsite_ports(2));
	engsite_open_at(&s, &engine_docker, keys, NULL, "--port {port}");
	was = engsite_start(&s, id, "good");
	status = arena_printf(&s.t.cx.arena, "%s/%s.status", s.t.site.run_dir,
			      id);
	ck_assert(!unlink(status));
	is = engsite_start(&s, id, "good");
	ck_assert_str_eq(is.address, was.address);
	ck_assert_int_eq(is.slot, was.slot);
	ck_assert(fs_exists(status));
	ck_assert_int_eq(engsite_connections(&s, id, 0), 0);
	engsite_close(&s);
}
END_TEST

/* ---- Over the network ---- */

START_TEST(with_certificates_it_is_reached_over_tcp)
{
	struct instances list;
	const char *host, *key;

	begin("");
	host = s.t.site.docker_host;
	s.t.site.docker_host =
		arena_printf(&s.t.cx.arena, "tcp://127.0.0.1:%s", tls_port);
	s.t.site.docker_ca =
		arena_printf(&s.t.cx.arena, "%s/tls/ca.pem", docker.dir);
	s.t.site.docker_cert =
		arena_printf(&s.t.cx.arena, "%s/tls/client.pem", docker.dir);
	key = arena_printf(&s.t.cx.arena, "%s/tls/client.key", docker.dir);
	s.t.site.docker_key = key;
	MUST(&s, s.ops->list(&s.t.cx, &list));
	engsite_start(&s, engsite_id(1), "good");
	engsite_stop(&s, engsite_id(1));
	/* the key of somebody else */
	s.t.site.docker_key =
		arena_printf(&s.t.cx.arena, "%s/tls/server.key", docker.dir);
	ck_assert_int_eq(s.ops->list(&s.t.cx, &list), ERR_CONFIG);
	/* an authority that has not signed its certificate */
	s.t.site.docker_key = key;
	s.t.site.docker_ca = s.t.site.docker_cert;
	ck_assert_int_eq(s.ops->list(&s.t.cx, &list), ERR_CONFIG);
	s.t.site.docker_host = host;
	engsite_close(&s);
}
END_TEST

int
main(void)
{
	static const struct suite what = {.name = "engine_docker",
					  .seconds = 180};
	const TTest *const tests[] = {
		it_is_hardened,
		an_image_that_is_not_there_is_said_in_the_engines_words,
		an_engine_that_is_not_there_is_no_empty_list,
		what_is_another_sites_is_left_alone,
		what_ended_by_itself_is_taken_away_by_the_next_look,
		each_fault_of_a_start_leaves_nothing,
		its_last_words_are_kept_once,
		a_port_without_its_record_is_found_again,
		with_certificates_it_is_reached_over_tcp,
	};
	int rc;

	snprintf(tls_port, sizeof(tls_port), "%d", engsite_ports(1));
	setenv("TLS_PORT", tls_port, 1);
	if (!dockerfix_begin(&docker, "docker"))
		fprintf(stderr, "docker could not be begun\n");
	rc = suite_run(&what, tests, sizeof(tests) / sizeof(tests[0]));
	dockerfix_end(&docker);
	return rc;
}
