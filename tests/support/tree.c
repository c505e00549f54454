#include "support/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/id.h"

static void
must(int ok, const char *what, const char *path)
{
	if (ok)
		return;
	fprintf(stderr, "tree: %s %s: %s\n", what, path, strerror(errno));
	abort();
}

static unsigned
next(unsigned *seed)
{
	unsigned x = *seed ? *seed : 1;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*seed = x;
	return x >> 4;
}

static void
fill(unsigned char *p, size_t n, unsigned *seed)
{
	while (n--)
		*p++ = (unsigned char)next(seed);
}

/* ---- making ---- */

static void
odd_name(unsigned *seed, int i, char out[300])
{
	static const char *const odd[] = {
		"new\nline",	 "\xff\xfe raw",   "-rf",
		"trailing ",	 "back\\slash",	   "\xed\x95\x9c\xea\xb8\x80",
		"per%2fcent",	 "semi;$(colon)`", "..dots..",
		"tab\tand\"q\"", "star*?[x]",	   "\x01\x7f",
	};
	size_t k = next(seed) % 40, n;

	if (k < sizeof(odd) / sizeof(odd[0])) {
		snprintf(out, 300, "%d%s", i, odd[k]);
		return;
	}
	snprintf(out, 300, "f%d", i);
	if (k == 39) { /* as long as a name can be */
		n = strlen(out);
		memset(out + n, 'n', 255 - n);
		out[255] = '\0';
	}
}

static void
write_at(int fd, size_t n, off_t at, unsigned *seed, const char *path)
{
	unsigned char *p = malloc(n + 1);

	must(!!p, "memory for", path);
	fill(p, n, seed);
	must(pwrite(fd, p, n, at) == (ssize_t)n, "write", path);
	free(p);
}

static void
make_file(const char *path, unsigned *seed)
{
	static const size_t sizes[] = {0,    1,	   511,	  512,	 513,
				       4096, 5000, 65537, 300000};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	unsigned kind = next(seed) % 12, i;
	size_t n = sizes[next(seed) % (sizeof(sizes) / sizeof(sizes[0]))];

	must(fd >= 0, "make", path);
	if (kind == 0) /* nothing but a hole */
		must(!ftruncate(fd, 1 << 20), "size", path);
	else if (kind <= 2) { /* islands, a hole at the end or not */
		for (i = 0; i < 1 + kind * 3; i++)
			write_at(fd, 4096 * (1 + next(seed) % 3),
				 (off_t)(i * 100000 + next(seed) % 9000), seed,
				 path);
		if (kind == 1)
			must(!ftruncate(fd, 3 << 20), "size", path);
	} else
		write_at(fd, n, 0, seed, path);
	must(!close(fd), "close", path);
}

static bool portable;

static void
make_attrs(const char *path, unsigned *seed)
{
	static const char *const names[] = {"user.a", "user.a=b", "user.long",
					    "user.\xed\x95\x9c", "user.%41"};
	unsigned char v[900];
	size_t i;

	if (next(seed) % 6)
		return;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = i == 2 ? sizeof(v) : next(seed) % 20;

		fill(v, n, seed);
		if (portable && strchr(names[i], '='))
			continue;
		if (next(seed) % 2 && setxattr(path, names[i], v, n, 0))
			must(errno == ENOTSUP, "setxattr", path);
	}
}

static void
make_time(const char *path, unsigned *seed, int flags)
{
	struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}};

	t[1].tv_sec = (time_t)(next(seed) % 3 ? next(seed) * 100U
					      : next(seed) % 1000);
	t[1].tv_nsec = next(seed) % 2 ? (long)(next(seed) % 1000000000U) : 0;
	if (next(seed) % 8 == 0) { /* before 1970: whole seconds are kept */
		t[1].tv_sec = -t[1].tv_sec;
		t[1].tv_nsec = 0;
	}
	must(!utimensat(AT_FDCWD, path, t, flags), "time of", path);
}

struct made {
	char (*dirs)[PATH_MAX];
	int n_dirs;
	char last[PATH_MAX]; /* a file to link to */
};

static void
make_one(struct made *m, int i, unsigned *seed)
{
	char name[300], path[PATH_MAX];
	static const char *const to[] = {"f1",	    "/etc/passwd", "../../..",
					 "no/such", "\xff\n",	   "."};
	static const mode_t modes[] = {0644, 0600, 0755, 0444, 0400, 0666};
	const char *dir = m->dirs[next(seed) % (unsigned)m->n_dirs];

	odd_name(seed, i, name);
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) > 3000)
		return;
	switch (next(seed) % 10) {
	case 0:
	case 1:
		must(!mkdir(path, 0700), "mkdir", path);
		make_attrs(path, seed);
		snprintf(m->dirs[m->n_dirs++], PATH_MAX, "%s", path);
		break;
	case 2:
		must(!symlink(to[next(seed) % 6], path), "symlink", path);
		make_time(path, seed, AT_SYMLINK_NOFOLLOW);
		break;
	case 3:
		if (*m->last)
			must(!linkat(AT_FDCWD, m->last, AT_FDCWD, path, 0),
			     "link", path);
		break;
	case 4:
		if (next(seed) % 3 == 0)
			must(!mkfifo(path, 0620), "mkfifo", path);
		break;
	default:
		make_file(path, seed);
		make_attrs(path, seed);
		must(!chmod(path, modes[next(seed) % 6]), "chmod", path);
		make_time(path, seed, 0);
		snprintf(m->last, sizeof(m->last), "%s", path);
	}
}

void
tree_make(const char *path, unsigned seed, int n)
{
	static const mode_t modes[] = {0755, 0700, 01777, 02755, 0555, 0500};
	struct made m = {.n_dirs = 1};
	int i;

	m.dirs = calloc((size_t)n + 1, PATH_MAX);
	must(!!m.dirs, "memory for", path);
	snprintf(m.dirs[0], PATH_MAX, "%s", path);
	for (i = 0; i < n; i++)
		make_one(&m, i, &seed);
	/* From the bottom up: what is made in a directory changes its time. */
	for (i = m.n_dirs - 1; i >= 0; i--) {
		if (i)
			must(!chmod(m.dirs[i], modes[next(&seed) % 6]), "chmod",
			     m.dirs[i]);
		make_time(m.dirs[i], &seed, 0);
	}
	free(m.dirs);
}

void
tree_make_portable(const char *path, unsigned seed, int n)
{
	portable = true;
	tree_make(path, seed, n);
	portable = false;
}

void
tree_file(const char *dir, const char *name, size_t n, unsigned seed)
{
	char path[PATH_MAX];
	size_t at;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0, "make", path);
	for (at = 0; at < n; at += 1 << 20)
		write_at(fd, n - at < 1 << 20 ? n - at : 1 << 20, (off_t)at,
			 &seed, path);
	must(!close(fd), "close", path);
}

/* ---- printing ---- */

struct seen {
	ino_t ino;
	char path[PATH_MAX];
};

struct printer {
	struct buf *out;
	struct seen *seen;
	size_t n_seen;
	size_t skip; /* bytes of the root's own path */
};

static void
print_bytes(struct buf *out, const char *s, size_t n)
{
	for (; n--; s++)
		if (*s > ' ' && *s < 127 && *s != '\\')
			buf_putc(out, *s);
		else
			buf_printf(out, "\\%02x", (unsigned char)*s);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
print_attrs(struct printer *p, const char *path)
{
	char list[4096], value[4096], *names, *s;
	ssize_t n = llistxattr(path, list, sizeof(list));
	size_t k = 0, i;

	names = calloc(64, 256);
	must(!!names, "memory for", path);
	for (s = list; n > 0 && s < list + n; s += strlen(s) + 1)
		if (!strncmp(s, "user.", 5) ||
		    !strncmp(s, "system.posix_acl", 16))
			snprintf(names + 256 * k++, 256, "%.255s", s);
	qsort(names, k, 256, by_name);
	for (i = 0; i < k; i++) {
		buf_puts(p->out, " ");
		print_bytes(p->out, names + 256 * i, strlen(names + 256 * i));
		buf_puts(p->out, "=");
		n = lgetxattr(path, names + 256 * i, value, sizeof(value));
		must(n >= 0, "getxattr", path);
		print_bytes(p->out, value, (size_t)n);
	}
	free(names);
}

static void
print_file(struct printer *p, const char *path, const struct stat *st)
{
	int fd = open(path, O_RDONLY);
	char *data = malloc((size_t)st->st_size + 1), hex[65];

	must(fd >= 0 && data, "open", path);
	must(read(fd, data, (size_t)st->st_size) == st->st_size, "read", path);
	id_hash(data, (size_t)st->st_size, hex);
	/* Holes: kept as holes, but blocks need not be laid out the same. */
	buf_printf(p->out, " %lld %s%s", (long long)st->st_size, hex,
		   st->st_blocks * 512 < st->st_size - 65536 ? " holes" : "");
	free(data);
	close(fd);
}

static void
print_link(struct printer *p, const char *path)
{
	char to[PATH_MAX];
	ssize_t n = readlink(path, to, sizeof(to));

	must(n >= 0, "readlink", path);
	buf_puts(p->out, " -> ");
	print_bytes(p->out, to, (size_t)n);
}

/* The path under which this inode was printed before, or NULL. */
static const char *
first_name(struct printer *p, const struct stat *st, const char *path)
{
	size_t i;

	if (S_ISDIR(st->st_mode) || st->st_nlink < 2)
		return NULL;
	for (i = 0; i < p->n_seen; i++)
		if (p->seen[i].ino == st->st_ino)
			return p->seen[i].path;
	p->seen = reallocarray(p->seen, p->n_seen + 1, sizeof(*p->seen));
	must(!!p->seen, "memory for", path);
	p->seen[p->n_seen].ino = st->st_ino;
	snprintf(p->seen[p->n_seen++].path, PATH_MAX, "%s", path + p->skip);
	return NULL;
}

static void
print_one(struct printer *p, const char *path, const struct stat *st)
{
	const char *first = first_name(p, st, path);

	print_bytes(p->out, path + p->skip, strlen(path + p->skip));
	if (first) {
		buf_puts(p->out, " = ");
		print_bytes(p->out, first, strlen(first));
		buf_putc(p->out, '\n');
		return;
	}
	buf_printf(p->out, " %o %lld.%09ld", st->st_mode,
		   (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	if (S_ISREG(st->st_mode))
		print_file(p, path, st);
	if (S_ISLNK(st->st_mode))
		print_link(p, path);
	else
		print_attrs(p, path);
	buf_putc(p->out, '\n');
}

static int
not_dot(const struct dirent *de)
{
	return strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0;
}

static int
bytewise(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
print_dir(struct printer *p, const char *path)
{
	struct dirent **v;
	int n = scandir(path, &v, not_dot, bytewise), i;

	must(n >= 0, "list", path);
	for (i = 0; i < n; i++) {
		char *child = NULL;
		struct stat st;

		must(asprintf(&child, "%s/%s", path, v[i]->d_name) > 0,
		     "memory for", path);
		must(!lstat(child, &st), "stat", child);
		print_one(p, child, &st);
		if (S_ISDIR(st.st_mode))
			print_dir(p, child);
		free(child);
		free(v[i]);
	}
	free(v);
}

void
tree_print(const char *path, struct buf *out)
{
	struct printer p = {.out = out, .skip = strlen(path)};

	print_attrs(&p, path);
	buf_putc(out, '\n');
	print_dir(&p, path);
	free(p.seen);
}
