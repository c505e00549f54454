/* Files of a volume, through the container that holds it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/tree.h"
#include "home/holder.h"

#define GIVE_MS 20000
#define BLOCK 512
#define PREFIX "home/coder/" /* HOLDER_HOME, from the root */

struct tree_stream {
	struct docker_stream *in;
};

/* Docker refuses a symlink that leads out of the folder into which it unpacks:
 * so that is the root of the holder. */
static enum err
open_stream(struct cx *cx, const char *volume, const struct patience *p,
	    bool in, struct tree_stream **out)
{
	struct docker_ask ask = {
		.method = in ? "PUT" : "GET",
		.path = arena_printf(&cx->arena,
				     "/containers/%s/archive?path=%s", volume,
				     in ? "/" : HOLDER_HOME "/."),
		.is_tar = in,
	};
	struct tree_stream *s;
	struct docker_stream *d;
	enum err e;

	if ((e = holder_engine(cx)))
		return e;
	if (p) {
		ask.deadline_ms = p->deadline_ms;
		ask.quit = p->quit;
		ask.arg = p->arg;
	}
	if (FAULT(FAULT_VOLUME_SEND))
		return cx_fail(cx, ERR_UNREACHABLE, "fault: ask for %s",
			       volume);
	if ((e = in ? docker_put(cx, &ask, "filling a home", &d)
		    : docker_get(cx, &ask, "reading a home", &d)))
		return e;
	s = calloc(1, sizeof(*s));
	if (!s)
		abort(); /* out of memory: crash-only */
	s->in = d;
	*out = s;
	return OK;
}

/* The id in the name of a volume; "" when it is none of ours. */
static const char *
id_of(struct cx *cx, const char *volume)
{
	return strlen(volume) > 39 ? arena_strndup(&cx->arena, volume + 3, 36)
				   : "";
}

static enum err
begin_out(struct cx *cx, const struct tree *t, const struct patience *p,
	  struct tree_stream **s)
{
	enum err e;

	if ((e = holder_hold(cx, t->volume, id_of(cx, t->volume))))
		return e;
	return open_stream(cx, t->volume, p, false, s);
}

static enum err
begin_in(struct cx *cx, const struct tree *t, const struct patience *p,
	 struct tree_stream **s)
{
	enum err e;

	if ((e = holder_hold(cx, t->volume, id_of(cx, t->volume))))
		return e;
	return open_stream(cx, t->volume, p, true, s);
}

static enum err
read_some(struct cx *cx, struct tree_stream *s, void *p, size_t max, size_t *n)
{
	return docker_read(cx, s->in, p, max, n);
}

/* The engine has no other word for a full disk. */
static enum err
no_space(struct cx *cx, enum err e)
{
	if (!e || !strstr(cx->why, "no space left on device"))
		return e;
	return cx_fail(cx, ERR_NO_SPACE, "%s",
		       arena_strdup(&cx->arena, cx->why));
}

static enum err
write_some(struct cx *cx, struct tree_stream *s, const void *p, size_t n)
{
	return no_space(cx, docker_write(cx, s->in, p, n));
}

static enum err
taken(struct cx *cx, struct tree_stream *s)
{
	enum err e = no_space(cx, docker_taken(cx, s->in));

	if (!e && FAULT(FAULT_VOLUME_TAKEN))
		return cx_fail(cx, ERR_UNREACHABLE, "fault: a home was taken");
	return e;
}

static void
end(struct tree_stream *s)
{
	if (!s)
		return;
	docker_end(s->in);
	free(s);
}

static const char *
prefix_of(const struct tree_stream *s)
{
	(void)s;
	return PREFIX;
}

const struct tree_ops holder_stream = {
	.out = begin_out,
	.read = read_some,
	.in = begin_in,
	.write = write_some,
	.taken = taken,
	.end = end,
	.prefix = prefix_of,
};

/* ---- Its owner ---- */

static void
octal(char *field, int digits, int64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*llo", digits, (unsigned long long)v);
	memcpy(field, text, (size_t)digits);
}

/* Seven octal digits, or as many bytes as GNU tar has it. */
static void
put_id(char *field, int64_t id)
{
	int i;

	if (id <= 07777777) {
		octal(field, 7, id);
		return;
	}
	field[0] = (char)0x80;
	for (i = 7; i > 0; i--, id >>= 8)
		field[i] = (char)(id & 0xff);
}

/* A tar of one directory: name, mode, uid, gid, size, mtime, sum, type. */
static void
print_dir(char tar[3 * BLOCK], const char *name, int64_t uid, int64_t gid)
{
	unsigned sum = 0;
	int i;

	memset(tar, 0, 3 * BLOCK);
	memcpy(tar, name, strlen(name));
	octal(tar + 100, 7, 0700);
	put_id(tar + 108, uid);
	put_id(tar + 116, gid);
	octal(tar + 124, 11, 0);
	octal(tar + 136, 11, clock_now_ms() / 1000);
	memset(tar + 148, ' ', 8);
	tar[156] = '5';
	memcpy(tar + 257,
	       "ustar\0"
	       "00",
	       8);
	for (i = 0; i < BLOCK; i++)
		sum += (unsigned char)tar[i];
	octal(tar + 148, 6, sum);
	tar[154] = '\0';
}

enum err
holder_give(struct cx *cx, const char *volume, int64_t uid)
{
	const struct patience p = {.deadline_ms = clock_mono_ms() + GIVE_MS};
	struct tree_stream *s = NULL;
	char tar[3 * BLOCK];
	enum err e;

	if ((e = open_stream(cx, volume, &p, true, &s)))
		return e;
	print_dir(tar, PREFIX, uid >= 0 ? uid : (int64_t)geteuid(),
		  uid >= 0 ? uid : (int64_t)getegid());
	if (!(e = docker_write(cx, s->in, tar, sizeof(tar))))
		e = docker_taken(cx, s->in);
	end(s);
	return e;
}
