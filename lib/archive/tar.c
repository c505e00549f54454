#include "archive/tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK 512
#define INSIDE_ID 1000
#define OCTAL_MAX 077777777777 /* eleven digits */
#define ID_MAX 07777777	       /* seven */

struct header { /* ustar */
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8];
	char type, link[100], magic[6], version[2], owner[32], group[32];
	char major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

void
tar_begin(struct tar *t, struct archive *a)
{
	*t = (struct tar){.a = a,
			  .out = malloc(TAR_OUT),
			  .uid = INSIDE_ID,
			  .gid = INSIDE_ID};
	if (!t->out)
		abort(); /* out of memory: crash-only */
	buf_init(&t->pax, TAR_PAX_MAX);
}

void
tar_free(struct tar *t)
{
	free(t->out);
	buf_free(&t->pax);
	*t = (struct tar){0};
}

static bool
flush(struct tar *t)
{
	size_t n = t->len;

	t->len = 0;
	return archive_write_data(t->a, t->out, n) == (la_ssize_t)n;
}

char *
tar_room(struct tar *t, size_t *n)
{
	if (t->len == TAR_OUT && !flush(t))
		return NULL;
	*n = TAR_OUT - t->len;
	return t->out + t->len;
}

void
tar_took(struct tar *t, size_t n)
{
	t->len += n;
	t->at += (int64_t)n;
}

static bool
add(struct tar *t, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		size_t some;
		char *room = tar_room(t, &some);

		if (!room)
			return false;
		if (some > n)
			some = n;
		memcpy(room, s, some);
		tar_took(t, some);
		s += some;
		n -= some;
	}
	return true;
}

bool
tar_pad(struct tar *t)
{
	static const char zeros[BLOCK];
	size_t over = (size_t)(t->at % BLOCK);

	return !over || add(t, zeros, BLOCK - over);
}

bool
tar_end(struct tar *t)
{
	static const char zeros[2 * BLOCK];

	return add(t, zeros, sizeof(zeros)) && flush(t);
}

/* The length counts its own digits. */
void
tar_record(struct buf *pax, const char *key, const void *value, size_t n)
{
	size_t base = strlen(key) + n + 3, len = base + 1;
	char digits[24];

	while (len !=
	       base + (size_t)snprintf(digits, sizeof(digits), "%zu", len))
		len = base + strlen(digits);
	buf_puts(pax, digits);
	buf_putc(pax, ' ');
	buf_puts(pax, key);
	buf_putc(pax, '=');
	buf_add(pax, value, n);
	buf_putc(pax, '\n');
}

static void
record_text(struct buf *pax, const char *key, const char *value)
{
	tar_record(pax, key, value, strlen(value));
}

static void
record_number(struct buf *pax, const char *key, int64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)v);
	record_text(pax, key, text);
}

/* Readers do not agree on fractions before 1970: whole seconds there. */
static void
record_time(struct buf *pax, const struct timespec *ts)
{
	char text[48];

	if (ts->tv_sec < 0)
		snprintf(text, sizeof(text), "%lld", (long long)ts->tv_sec);
	else
		snprintf(text, sizeof(text), "%lld.%09ld",
			 (long long)ts->tv_sec, ts->tv_nsec);
	record_text(pax, "mtime", text);
}

static bool
is_plain(const char *s)
{
	size_t n = 0;

	for (; *s; s++, n++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return n <= 100;
}

static void
octal(char *field, size_t size, int64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*llo", (int)size - 1,
		 (unsigned long long)(v < 0 || v > OCTAL_MAX ? 0 : v));
	memcpy(field, text, size - 1);
}

/* One that is too large stands in a record. */
static void
octal_id(char *field, int64_t id)
{
	octal(field, 8, id > ID_MAX ? 0 : id);
}

static void
name_field(char *field, const char *s)
{
	memcpy(field, s, strnlen(s, 100));
}

static void
fill_header(const struct tar *t, struct header *h, char type, mode_t mode,
	    int64_t size, int64_t mtime)
{
	unsigned sum = 0;
	size_t i;

	octal(h->mode, sizeof(h->mode), mode & 07777);
	octal_id(h->uid, t->uid);
	octal_id(h->gid, t->gid);
	octal(h->size, sizeof(h->size), size);
	octal(h->mtime, sizeof(h->mtime), mtime);
	h->type = type;
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	memset(h->sum, ' ', sizeof(h->sum));
	for (i = 0; i < sizeof(*h); i++)
		sum += ((const unsigned char *)h)[i];
	octal(h->sum, 7, sum);
	h->sum[6] = '\0';
}

/* The map stands before the data, in blocks of its own. A last region of no
 * bytes says where the file ends. */
static void
print_map(const struct tar_entry *en, struct buf *out)
{
	size_t i;

	buf_printf(out, "%zu\n", en->map->n + 1);
	for (i = 0; i < en->map->n; i++)
		buf_printf(out, "%lld\n%lld\n", (long long)en->map->v[i].at,
			   (long long)en->map->v[i].n);
	buf_printf(out, "%lld\n0\n", (long long)en->size);
	while (out->len % BLOCK)
		buf_putc(out, '\0');
}

static int64_t
stored_size(const struct tar_entry *en, const struct buf *map)
{
	int64_t all = (int64_t)map->len;
	size_t i;

	if (en->type != TAR_FILE)
		return 0;
	if (!en->map)
		return en->size;
	for (i = 0; i < en->map->n; i++)
		all += en->map->v[i].n;
	return all;
}

/* What the header itself has no room for. */
static void
print_pax(const struct tar_entry *en, int64_t stored, struct buf *pax)
{
	bool link = en->link && !is_plain(en->link);
	bool path = !is_plain(en->path);

	buf_clear(pax);
	if (path || link)
		record_text(pax, "hdrcharset", "BINARY");
	if (path && !en->map)
		record_text(pax, "path", en->path);
	if (link)
		record_text(pax, "linkpath", en->link);
	if (stored > OCTAL_MAX)
		record_number(pax, "size", stored);
	if (en->mtime.tv_nsec || en->mtime.tv_sec < 0 ||
	    en->mtime.tv_sec > OCTAL_MAX)
		record_time(pax, &en->mtime);
	if (en->map) {
		record_text(pax, "GNU.sparse.major", "1");
		record_text(pax, "GNU.sparse.minor", "0");
		record_text(pax, "GNU.sparse.name", en->path);
		record_number(pax, "GNU.sparse.realsize", en->size);
	}
	if (en->traits)
		buf_add(pax, en->traits->data, en->traits->len);
}

static bool
put_pax(struct tar *t)
{
	struct header h = {.name = "PaxHeader"};

	if (!t->pax.len)
		return true;
	fill_header(t, &h, 'x', 0600, (int64_t)t->pax.len, 0);
	return add(t, &h, sizeof(h)) && add(t, t->pax.data, t->pax.len) &&
	       tar_pad(t);
}

static bool
put_all(struct tar *t, const struct tar_entry *en, const struct buf *map,
	int64_t stored)
{
	struct header h = {.name = ""};

	name_field(h.name, en->map ? "GNUSparseFile.0/file" : en->path);
	if (en->link)
		name_field(h.link, en->link);
	fill_header(t, &h, (char)en->type, en->mode, stored, en->mtime.tv_sec);
	return put_pax(t) && add(t, &h, sizeof(h)) &&
	       add(t, buf_str(map), map->len);
}

bool
tar_header(struct tar *t, const struct tar_entry *en, bool *too_long)
{
	struct buf map;
	int64_t stored;
	bool good;

	buf_init(&map, (size_t)SPARSE_MAX * 48);
	if (en->map)
		print_map(en, &map);
	stored = stored_size(en, &map);
	print_pax(en, stored, &t->pax);
	if (t->uid > ID_MAX)
		record_number(&t->pax, "uid", t->uid);
	if (t->gid > ID_MAX)
		record_number(&t->pax, "gid", t->gid);
	*too_long = t->pax.over || (en->traits && en->traits->over);
	good = !*too_long && put_all(t, en, &map, stored);
	buf_free(&map);
	return good;
}
