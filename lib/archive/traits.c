#include "archive/traits.h"

#include <archive.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "archive/tar.h"

#define LIST_MAX 65536 /* the kernel's own limits */
#define VALUE_MAX 65536

/* Kinds of members, in the order in which the kernel wants them. */
static const struct {
	uint16_t kernel;
	int tag;
	const char *word;
	bool named;
} kinds[] = {
	{0x01, ARCHIVE_ENTRY_ACL_USER_OBJ, "user", false},
	{0x02, ARCHIVE_ENTRY_ACL_USER, "user", true},
	{0x04, ARCHIVE_ENTRY_ACL_GROUP_OBJ, "group", false},
	{0x08, ARCHIVE_ENTRY_ACL_GROUP, "group", true},
	{0x10, ARCHIVE_ENTRY_ACL_MASK, "mask", false},
	{0x20, ARCHIVE_ENTRY_ACL_OTHER, "other", false},
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int
type_of(bool dflt)
{
	return dflt ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT
		    : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
}

static bool
is_unsupported(int errnum)
{
	return errnum == ENOTSUP || errnum == ENOSYS;
}

static uint32_t
get32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static uint16_t
get16(const unsigned char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static void
put32(unsigned char *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static void
put16(unsigned char *p, unsigned v)
{
	uint16_t h = htole16((uint16_t)v);

	memcpy(p, &h, sizeof(h));
}

/*
 * Kernel form: version 2, then members of tag, permissions, id. As text, with
 * the id once more at the end, as star and libarchive have it.
 */
static void
acl_record(struct buf *records, bool dflt, const unsigned char *p, size_t n)
{
	char *text = NULL;
	size_t len, i, k;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		abort(); /* out of memory: crash-only */
	for (i = 4; i + 8 <= n && get32(p) == 2; i += 8)
		for (k = 0; k < N_KINDS; k++) {
			unsigned perm = get16(p + i + 2);

			if (kinds[k].kernel != get16(p + i))
				continue;
			fprintf(f, "%s%s:", i > 4 ? "," : "", kinds[k].word);
			if (kinds[k].named)
				fprintf(f, "%u", get32(p + i + 4));
			fprintf(f, ":%c%c%c", perm & 4 ? 'r' : '-',
				perm & 2 ? 'w' : '-', perm & 1 ? 'x' : '-');
			if (kinds[k].named)
				fprintf(f, ":%u", get32(p + i + 4));
		}
	fclose(f);
	if (len)
		tar_record(records,
			   dflt ? "SCHILY.acl.default" : "SCHILY.acl.access",
			   text, len);
	free(text);
}

struct member {
	int tag, perm, id;
};

static size_t
acl_members(struct archive_entry *entry, bool dflt, struct member *v)
{
	const char *name;
	int type;
	size_t n = 0;

	if (archive_entry_acl_reset(entry, type_of(dflt)) <= 0)
		return 0;
	while (n < TRAITS_ACL_MAX &&
	       archive_entry_acl_next(entry, type_of(dflt), &type, &v[n].perm,
				      &v[n].tag, &v[n].id, &name) == ARCHIVE_OK)
		n++;
	return n < TRAITS_ACL_MAX ? n : 0;
}

size_t
traits_acl(struct archive_entry *entry, bool dflt,
	   unsigned char out[TRAITS_ACL_BYTES])
{
	struct member v[TRAITS_ACL_MAX];
	size_t n = acl_members(entry, dflt, v), i, k, len = 4;

	put32(out, 2);
	for (k = 0; k < N_KINDS; k++)
		for (i = 0; i < n; i++)
			if (v[i].tag == kinds[k].tag) {
				put16(out + len, kinds[k].kernel);
				put16(out + len + 2, (unsigned)v[i].perm & 7U);
				put32(out + len + 4, kinds[k].named
							     ? (uint32_t)v[i].id
							     : UINT32_MAX);
				len += 8;
			}
	return n ? len : 0;
}

enum err
traits_set_acl(struct cx *cx, int fd, bool dflt, const unsigned char *acl,
	       size_t n)
{
	if (!n ||
	    !fsetxattr(fd, dflt ? TRAITS_ACL_DEFAULT : TRAITS_ACL, acl, n, 0) ||
	    is_unsupported(errno))
		return OK;
	return cx_errno(cx, errno, "set an access list");
}

static void
base64(struct buf *out, const unsigned char *p, size_t n)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				  "pqrstuvwxyz0123456789+/";
	size_t i;

	for (i = 0; i < n; i += 3) {
		unsigned v = (unsigned)p[i] << 16;

		v |= i + 1 < n ? (unsigned)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? p[i + 2] : 0U;
		buf_putc(out, set[v >> 18]);
		buf_putc(out, set[v >> 12 & 63]);
		if (i + 1 < n)
			buf_putc(out, set[v >> 6 & 63]);
		if (i + 2 < n)
			buf_putc(out, set[v & 63]);
	}
}

/* A name with "=" in it would end there: it and its value go encoded. */
static void
attr_record(struct buf *records, const char *name, const char *value, size_t n)
{
	struct buf key, text;

	buf_init(&key, 4096);
	buf_init(&text, 2 * (size_t)VALUE_MAX);
	if (!strchr(name, '=')) {
		buf_printf(&key, "SCHILY.xattr.%s", name);
		buf_add(&text, value, n);
	} else {
		buf_puts(&key, "LIBARCHIVE.xattr.");
		for (; *name; name++)
			buf_printf(&key, "%%%02X", (unsigned char)*name);
		base64(&text, (const unsigned char *)value, n);
	}
	tar_record(records, buf_str(&key), buf_str(&text), text.len);
	buf_free(&key);
	buf_free(&text);
}

static enum err
read_one(struct cx *cx, int fd, const char *name, char *value,
	 struct buf *records)
{
	ssize_t n = fgetxattr(fd, name, value, VALUE_MAX);
	bool dflt = !strcmp(name, TRAITS_ACL_DEFAULT);

	if (n < 0)
		return cx_errno(cx, errno, "read the attribute %.100s", name);
	if (dflt || !strcmp(name, TRAITS_ACL))
		acl_record(records, dflt, (const unsigned char *)value,
			   (size_t)n);
	else
		attr_record(records, name, value, (size_t)n);
	return OK;
}

static bool
is_ours(const char *name, bool dir)
{
	return !strncmp(name, "user.", 5) || !strcmp(name, TRAITS_ACL) ||
	       (dir && !strcmp(name, TRAITS_ACL_DEFAULT));
}

enum err
traits_read(struct cx *cx, int fd, bool dir, struct buf *records)
{
	char few[1], *list, *value, *p;
	ssize_t n = flistxattr(fd, few, 0);
	enum err e = OK;

	if (!n || (n < 0 && is_unsupported(errno)))
		return OK;
	list = malloc(LIST_MAX + VALUE_MAX);
	if (!list)
		abort(); /* out of memory: crash-only */
	value = list + LIST_MAX;
	n = flistxattr(fd, list, LIST_MAX);
	if (n < 0)
		e = cx_errno(cx, errno, "list attributes");
	for (p = list; !e && n > 0 && p < list + n; p += strlen(p) + 1)
		if (is_ours(p, dir))
			e = read_one(cx, fd, p, value, records);
	free(list);
	return e;
}

void
traits_copy(struct archive_entry *entry, bool dir, struct buf *records)
{
	unsigned char acl[TRAITS_ACL_BYTES];
	const char *name;
	const void *value;
	size_t n;
	int i;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &n) == ARCHIVE_OK)
		if (name && !strncmp(name, "user.", 5))
			attr_record(records, name, value, n);
	for (i = 0; i < 1 + dir; i++)
		if ((n = traits_acl(entry, i, acl)))
			acl_record(records, i, acl, n);
}

enum err
traits_write(struct cx *cx, int fd, struct archive_entry *entry)
{
	const char *name;
	const void *value;
	size_t n;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &n) ==
	       ARCHIVE_OK) {
		if (!name || strncmp(name, "user.", 5) != 0)
			continue;
		if (fsetxattr(fd, name, value, n, 0)) {
			if (is_unsupported(errno))
				return OK;
			return cx_errno(cx, errno, "set the attribute %.100s",
					name);
		}
	}
	return OK;
}
