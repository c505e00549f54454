#include "support/s3box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/s3.h"
#include "base/fs.h"
#include "base/id.h"

static pid_t pid;
static int life = -1; /* it lives as long as this is open */
static char url[64];

static void
give_up(const char *why)
{
	fprintf(stderr, "s3box: %s\n", why);
	exit(EXIT_FAILURE);
}

static void
run(int in[2], int out[2])
{
	dup2(in[0], 0);
	dup2(out[1], 1);
	close(in[1]);
	close(out[0]);
	execl("tests/support/s3server", "s3server", NULL);
	perror("tests/support/s3server");
	_exit(127);
}

void
s3box_start(void)
{
	int in[2], out[2];
	FILE *f;

	if (pipe(in) || pipe(out) || (pid = fork()) < 0)
		give_up("no pipe or process");
	if (!pid)
		run(in, out);
	close(in[0]);
	close(out[1]);
	life = in[1];
	f = fdopen(out[0], "r");
	if (!f || !fgets(url, sizeof(url), f) || strncmp(url, "http://", 7))
		give_up("the S3 server does not start: tools/deps test");
	url[strcspn(url, "\n")] = '\0';
	fclose(f);
}

void
s3box_stop(void)
{
	int status;

	if (life < 0)
		return;
	close(life);
	life = -1;
	waitpid(pid, &status, 0);
}

const char *
s3box_url(void)
{
	return url;
}

const char *
s3box_conf(const char *bucket, const char *at)
{
	static char conf[1024];

	snprintf(conf, sizeof(conf),
		 "store = s3\ns3_endpoint = %s\ns3_bucket = %s\n"
		 "s3_credentials = s3.keys\n",
		 at ? at : url, bucket);
	return conf;
}

static void
must(struct cx *cx, enum err e)
{
	if (!e)
		return;
	fprintf(stderr, "s3box: %s: %s\n", err_name(e), cx->why);
	abort();
}

void
s3box_keys(struct tmpsite *t, const char *id, const char *secret)
{
	struct cx *cx = &t->cx;
	const char *text = arena_printf(&cx->arena,
					"[default]\naws_access_key_id = %s\n"
					"aws_secret_access_key = %s\n",
					id, secret);

	must(cx, fs_write_sync(cx, t->site.s3_credentials, text, strlen(text),
			       0600));
}

void
s3box_open(struct tmpsite *t, const char *more)
{
	struct s3_ask ask = {.what = "make a bucket", .method = "PUT"};
	char id[ID_UUID_LEN + 1], conf[4096];
	struct s3 *s3;

	id_uuid(id);
	snprintf(conf, sizeof(conf), "%s%s", s3box_conf(id, NULL),
		 more ? more : "");
	tmpsite_open(t, conf);
	s3box_keys(t, "ROOSTKEY", "ROOSTSECRET");
	must(&t->cx, s3_open(&t->cx, &s3));
	must(&t->cx, s3_do(&t->cx, s3, &ask, NULL, NULL));
}
