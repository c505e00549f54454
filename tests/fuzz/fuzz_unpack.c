/* A tar of anything: nothing appears beside the directory it goes to. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/fs.h"
#include "base/id.h"
#include "fuzz.h"

static const uint8_t *input;
static size_t input_n, input_at;
static char base[64];

static enum err
get_meta(struct cx *cx, const char *key, const struct progress *pg,
	 struct archive_meta *m)
{
	(void)pg;
	(void)cx;
	(void)key;
	*m = (struct archive_meta){.size = (int64_t)input_n,
				   .content = 1 << 20,
				   .files = 64};
	id_hash((const char *)input, input_n, m->sha256);
	return OK;
}

static enum err
get_open(struct cx *cx, const char *key, const struct progress *pg,
	 struct store_reader **r)
{
	(void)pg;
	(void)cx;
	(void)key;
	*r = NULL;
	input_at = 0;
	return OK;
}

static enum err
get_read(struct cx *cx, struct store_reader *r, void *p, size_t max, size_t *n)
{
	(void)cx;
	(void)r;
	*n = input_n - input_at < max ? input_n - input_at : max;
	memcpy(p, input + input_at, *n);
	input_at += *n;
	return OK;
}

static void
get_close(struct store_reader *r)
{
	(void)r;
}

static const struct store_ops store = {.name = "input",
				       .get_meta = get_meta,
				       .get_open = get_open,
				       .get_read = get_read,
				       .get_close = get_close};

static const char *
in(const char *name, char out[128])
{
	snprintf(out, 128, "%s/%s", base, name);
	return out;
}

/* base has "home" and "victim", and victim has "file" of one name. */
static void
make_base(void)
{
	char path[128];
	FILE *f;

	snprintf(base, sizeof(base), "%s/fuzz-unpack-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	MUST(mkdtemp(base));
	MUST(!mkdir(in("victim", path), 0700));
	f = fopen(in("victim/file", path), "w");
	MUST(f && fputs("victim", f) >= 0 && !fclose(f));
}

static int
entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	MUST(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void
remove_base(void)
{
	struct cx cx = {0};

	MUST(!fs_remove_tree(&cx, base, NULL, NULL));
	cx_end(&cx);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char home[128], victim[128];
	struct archive_meta m;
	struct cx cx = {0};
	struct stat st;

	if (!*base) {
		make_base();
		atexit(remove_base);
	}
	input = data;
	input_n = n;
	in("home", home);
	MUST(!mkdir(home, 0700));
	if (archive_unpack(&cx, &store, "k", home, -1, NULL, &m))
		MUST(cx.err != OK && cx.why[0]);
	MUST(entries(base) == 2);
	MUST(entries(in("victim", victim)) == 1);
	MUST(!lstat(in("victim/file", victim), &st));
	MUST(st.st_size == 6 && st.st_nlink == 1);
	MUST(!fs_remove_tree(&cx, home, NULL, NULL));
	cx_end(&cx);
	return 0;
}
