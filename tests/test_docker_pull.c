/* An image that must be fetched first: what the engine says meanwhile is many
 * JSON texts, one after the other. With an engine of the test's own, for the
 * real ones of the other tests have nobody to fetch from. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "docker/docker.h"
#include "support/httpd.h"
#include "support/suite.h"
#include "support/tmpsite.h"

#define JSON "Content-Type: application/json\r\n"

static struct tmpsite t;
static struct tcpd *engine;
static const char *pulled; /* what it says while it pulls */
static bool there;	   /* the image */
static char path[100];	   /* of its socket */
static char asked[256];	   /* for what it was asked */

static void
answer(struct conn *c, const struct httpd_request *rq)
{
	static const char none[] = "{\"message\": \"No such image: x:1\"}";

	if (!strcmp(rq->path, "/_ping")) {
		httpd_answer(c, 200, "Api-Version: 1.41\r\n", "OK", 2);
	} else if (strstr(rq->path, "/images/create")) {
		snprintf(asked, sizeof(asked), "%.255s", rq->path);
		there = !strstr(pulled, "\"error\"");
		httpd_answer(c, 200, JSON, pulled, strlen(pulled));
	} else if (there) {
		httpd_answer(c, 201, JSON, "{\"Id\": \"1\"}", 11);
	} else {
		httpd_answer(c, 404, JSON, none, sizeof(none) - 1);
	}
}

static void
serve(struct conn *c, void *arg)
{
	struct httpd_request rq = {0};

	(void)arg;
	while (httpd_read(c, &rq))
		answer(c, &rq);
	httpd_free(&rq);
}

static void
up(void)
{
	struct tcpd_how how = {.serve = serve, .socket = path};
	char conf[300];

	snprintf(path, sizeof(path), "%s/roost-pull-%d.sock",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
	engine = tcpd_start(&how);
	snprintf(conf, sizeof(conf),
		 "site_id = s\ndocker_host = unix://%s\n"
		 "[app x]\ncommand = x\n",
		 path);
	tmpsite_open(&t, conf);
	there = false;
}

static void
down(void)
{
	tcpd_stop(engine);
	unlink(path);
	tmpsite_close(&t);
}

static enum err
create(const char *image)
{
	const struct docker_ask patience = {.deadline_ms = 0};
	struct json_object *body = json_object_new_object();

	docker_put_text(docker_keep(&t.cx, body), "Image", image);
	return docker_create(&t.cx, "ws-1", body, &patience);
}

START_TEST(an_image_is_fetched_and_the_container_made)
{
	pulled = "{\"status\": \"Pulling from x\", \"id\": \"1\"}\r\n"
		 "{\"status\": \"Downloading\", \"progressDetail\": {}}\r\n"
		 "{\"status\": \"Status: Downloaded\"}\r\n";
	ck_assert_msg(!create("x:1"), "%s", t.cx.why);
	ck_assert_ptr_nonnull(strstr(asked, "fromImage=x%3A1"));
	ck_assert_ptr_null(strstr(asked, "tag="));
}
END_TEST

START_TEST(a_fetch_that_fails_on_its_way_is_told_in_its_words)
{
	pulled = "{\"status\": \"Pulling from x\"}\r\n"
		 "{\"errorDetail\": {\"message\": \"no basic auth\"}, "
		 "\"error\": \"no basic auth\"}\r\n";
	ck_assert_int_eq(create("x"), ERR_IMAGE);
	ck_assert_ptr_nonnull(strstr(t.cx.why, "no basic auth"));
	ck_assert_ptr_nonnull(strstr(asked, "tag=latest"));
}
END_TEST

int
main(void)
{
	static const struct suite what = {.name = "docker_pull",
					  .up = up,
					  .down = down,
					  .seconds = 30};
	const TTest *const tests[] = {
		an_image_is_fetched_and_the_container_made,
		a_fetch_that_fails_on_its_way_is_told_in_its_words,
	};

	return suite_run(&what, tests, sizeof(tests) / sizeof(tests[0]));
}
