#include "support/memtree.h"

#include <string.h>

struct buf memtree;
const char *memtree_prefix;
size_t memtree_fails_after, memtree_ends_after;
int memtree_reads;

struct tree_stream {
	size_t at;
};

static struct tree_stream stream;

void
memtree_open(const char *prefix)
{
	buf_init(&memtree, 256 << 20);
	memtree_prefix = prefix;
	memtree_fails_after = memtree_ends_after = 0;
	memtree_reads = 0;
}

void
memtree_close(void)
{
	buf_free(&memtree);
}

static enum err
begin_out(struct cx *cx, const struct tree *t, const struct patience *p,
	  struct tree_stream **s)
{
	(void)cx, (void)t, (void)p;
	stream.at = 0;
	memtree_reads++;
	*s = &stream;
	return OK;
}

static enum err
fails(struct cx *cx)
{
	return cx_fail(cx, ERR_UNREACHABLE, "the other side is gone");
}

/* In odd pieces, so that nothing falls together with blocks. */
static enum err
read_some(struct cx *cx, struct tree_stream *s, void *p, size_t max, size_t *n)
{
	size_t end = memtree_ends_after ? memtree_ends_after : memtree.len;
	size_t some = end - s->at;

	if (memtree_fails_after && s->at >= memtree_fails_after)
		return fails(cx);
	if (some > 777)
		some = 777;
	if (some > max)
		some = max;
	memcpy(p, buf_str(&memtree) + s->at, some);
	s->at += some;
	*n = some;
	return OK;
}

static enum err
begin_in(struct cx *cx, const struct tree *t, const struct patience *p,
	 struct tree_stream **s)
{
	buf_clear(&memtree);
	return begin_out(cx, t, p, s);
}

static enum err
write_some(struct cx *cx, struct tree_stream *s, const void *p, size_t n)
{
	(void)s;
	if (memtree_fails_after && memtree.len >= memtree_fails_after)
		return fails(cx);
	buf_add(&memtree, p, n);
	return OK;
}

static enum err
taken(struct cx *cx, struct tree_stream *s)
{
	(void)cx, (void)s;
	return OK;
}

static void
end(struct tree_stream *s)
{
	(void)s;
}

static const char *
prefix(const struct tree_stream *s)
{
	(void)s;
	return memtree_prefix;
}

static const struct tree_ops ops = {begin_out, read_some, begin_in, write_some,
				    taken,     end,	  prefix};

const struct tree memtree_home = {.volume = "memory", .ops = &ops};
