#include "support/tmpsite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

static void
must(struct cx *cx, enum err e)
{
	if (!e)
		return;
	fprintf(stderr, "tmpsite: %s: %s\n", err_name(e), cx->why);
	abort();
}

void
tmpsite_open(struct tmpsite *t, const char *more)
{
	static const char *const dirs[] = {"homes",    "archives",  "run",
					   "run/sock", "run/slots", "run/ws",
					   "log"};
	struct buf conf;
	size_t i;

	memset(t, 0, sizeof(*t));
	snprintf(t->dir, sizeof(t->dir), "%s/roost-test-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(t->dir))
		abort();
	cx_begin(&t->cx, NULL);
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		must(&t->cx, fs_mkdir(&t->cx,
				      arena_printf(&t->cx.arena, "%s/%s",
						   t->dir, dirs[i]),
				      0711));
	buf_init(&conf, 65536);
	buf_puts(&conf, more ? more : "");
	must(&t->cx,
	     fs_write_sync(&t->cx,
			   arena_printf(&t->cx.arena, "%s/roost.conf", t->dir),
			   buf_str(&conf), conf.len, 0600));
	buf_free(&conf);
	must(&t->cx, site_load(&t->cx, t->dir, &t->site));
	cx_end(&t->cx);
	cx_begin(&t->cx, &t->site);
}

void
tmpsite_close(struct tmpsite *t)
{
	must(&t->cx, fs_remove_tree(&t->cx, t->dir, NULL, NULL));
	cx_end(&t->cx);
	site_free(&t->site);
}
