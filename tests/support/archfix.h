/* A site with homes and archives, for tests of archive/. Header only: not
 * every layer's tests link with archive. */
#ifndef SUPPORT_ARCHFIX_H
#define SUPPORT_ARCHFIX_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/fs.h"
#include "base/id.h"
#include "support/expect.h"
#include "support/tmpsite.h"
#include "support/tree.h"

#define FIX __attribute__((unused)) static
#define KEY                                                                    \
	"11111111-1111-4111-8111-111111111111/"                                \
	"22222222-2222-4222-8222-222222222222"

FIX struct tmpsite t;
FIX struct cx *cx;

FIX void
fix_open(void)
{
	tmpsite_open(&t, NULL);
	cx = &t.cx;
	ok(store_dir.probe(cx));
}

FIX void
fix_close(void)
{
	tmpsite_close(&t);
}

FIX const char *
in(const char *name)
{
	return arena_printf(&cx->arena, "%s/%s", t.dir, name);
}

FIX const char *
new_dir(const char *name)
{
	const char *path = in(name);

	ok(fs_remove_tree(cx, path, NULL, NULL));
	ok(fs_mkdir(cx, path, 0700));
	return path;
}

FIX const char *
object(const char *suffix)
{
	return arena_printf(&cx->arena, "%s/" KEY "/home.tar.zst%s",
			    t.site.archives_dir, suffix);
}

FIX enum err
pack(const char *home, struct archive_meta *m)
{
	return archive_pack(cx, &store_dir, KEY, home, 3, NULL, m);
}

FIX enum err
unpack(const char *to)
{
	struct archive_meta m;

	return archive_unpack(cx, &store_dir, KEY, to, -1, NULL, &m);
}

FIX void
same_trees(const char *a, const char *b)
{
	struct buf x, y;
	size_t i;

	buf_init(&x, 64 << 20);
	buf_init(&y, 64 << 20);
	tree_print(a, &x);
	tree_print(b, &y);
	for (i = 0; i < x.len && i < y.len && x.data[i] == y.data[i]; i++)
		;
	while (i && x.data[i - 1] != '\n')
		i--;
	ck_assert_msg(x.len == y.len && !memcmp(x.data, y.data, x.len),
		      "trees differ:\n  %.400s\n  %.400s", x.data + i,
		      y.data + i);
	buf_free(&x);
	buf_free(&y);
}

FIX void
read_all(const char *path, struct buf *out)
{
	buf_init(out, 256 << 20);
	ok(fs_read(cx, path, out));
}

/* The marker that would fit this object. */
FIX void
write_marker(const struct buf *data, long long content, long long files)
{
	char hex[65], json[512];

	id_hash(buf_str(data), data->len, hex);
	snprintf(json, sizeof(json),
		 "{\"format\":\"tar.zst/1\",\"sha256\":\"%s\",\"size\":%zu,"
		 "\"content\":%lld,\"files\":%lld,\"skipped\":0,"
		 "\"created_at\":\"2026-01-02T03:04:05.678Z\"}",
		 hex, data->len, content, files);
	ok(store_dir.put_meta(cx, KEY, json, strlen(json), NULL));
}

FIX void
write_object(const void *p, size_t n)
{
	struct store_writer *w;

	ok(store_dir.put_open(cx, KEY, NULL, &w));
	ok(store_dir.put_write(cx, w, p, n));
	ok(store_dir.put_close(cx, w));
}

FIX int
run_suite(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
