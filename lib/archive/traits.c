#include "archive/traits.h"

#include <archive.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#define LIST_MAX 65536 /* the kernel's own limits */
#define VALUE_MAX 65536
#define COUNT_MAX 20000 /* twice what such a list can name */

/* Kinds of members, in the order in which the kernel wants them. */
static const struct {
	uint16_t kernel;
	int tag;
} kinds[] = {
	{0x01, ARCHIVE_ENTRY_ACL_USER_OBJ},  {0x02, ARCHIVE_ENTRY_ACL_USER},
	{0x04, ARCHIVE_ENTRY_ACL_GROUP_OBJ}, {0x08, ARCHIVE_ENTRY_ACL_GROUP},
	{0x10, ARCHIVE_ENTRY_ACL_MASK},	     {0x20, ARCHIVE_ENTRY_ACL_OTHER},
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

/* Kernel form: version 2, then members of tag, permissions, id. */
static void
acl_into_entry(struct archive_entry *entry, bool dflt, const unsigned char *p,
	       size_t n)
{
	size_t i, k;

	if (n < 4 || get32(p) != 2)
		return;
	for (i = 4; i + 8 <= n; i += 8)
		for (k = 0; k < N_KINDS; k++)
			if (kinds[k].kernel == get16(p + i))
				archive_entry_acl_add_entry(entry,
							    type_of(dflt),
							    get16(p + i + 2) &
								    7,
							    kinds[k].tag,
							    (int)get32(p + i +
								       4),
							    NULL);
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
				bool named = k == 1 || k == 3;

				put16(out + len, kinds[k].kernel);
				put16(out + len + 2, (unsigned)v[i].perm & 7U);
				put32(out + len + 4,
				      named ? (uint32_t)v[i].id : UINT32_MAX);
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

static enum err
read_one(struct cx *cx, int fd, const char *name, char *value,
	 struct archive_entry *entry)
{
	ssize_t n = fgetxattr(fd, name, value, VALUE_MAX);
	const unsigned char *p = (const unsigned char *)value;

	if (n < 0)
		return cx_errno(cx, errno, "read the attribute %.100s", name);
	if (!strcmp(name, TRAITS_ACL) || !strcmp(name, TRAITS_ACL_DEFAULT))
		acl_into_entry(entry, !strcmp(name, TRAITS_ACL_DEFAULT), p,
			       (size_t)n);
	else
		archive_entry_xattr_add_entry(entry, name, value, (size_t)n);
	return OK;
}

static bool
is_ours(const char *name, bool dir)
{
	return !strncmp(name, "user.", 5) || !strcmp(name, TRAITS_ACL) ||
	       (dir && !strcmp(name, TRAITS_ACL_DEFAULT));
}

enum err
traits_read(struct cx *cx, int fd, bool dir, struct archive_entry *entry)
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
			e = read_one(cx, fd, p, value, entry);
	free(list);
	return e;
}

/* Each is written in two ways, one of them in base64. */
size_t
traits_size(struct archive_entry *entry)
{
	const char *name;
	const void *value;
	size_t n, all = 0;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &n) == ARCHIVE_OK)
		all += 3 * n + 4 * strlen(name) + 100;
	return all;
}

/*
 * Two ways: LIBARCHIVE.xattr keeps any name, and SCHILY.xattr is what GNU tar
 * reads. The latter ends the name at the first "=", so that user.a=b with the
 * value c comes back a second time as user.a with the value b=c.
 */
static bool
is_echo(struct archive_entry *entry, const char *name, const void *value,
	size_t n)
{
	size_t len = strlen(name), n2;
	const char *other;
	const void *v2;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &other, &v2, &n2) ==
	       ARCHIVE_OK) {
		size_t more = strlen(other) - len - 1;

		if (strncmp(other, name, len) || other[len] != '=')
			continue;
		if (n == more + 1 + n2 &&
		    !memcmp(value, other + len + 1, more) &&
		    ((const char *)value)[more] == '=' &&
		    !memcmp((const char *)value + more + 1, v2, n2))
			return true;
	}
	return false;
}

/* The i-th, because is_echo walks through the same list. */
static bool
nth(struct archive_entry *entry, int i, const char **name, const void **value,
    size_t *n)
{
	archive_entry_xattr_reset(entry);
	do {
		if (archive_entry_xattr_next(entry, name, value, n) !=
		    ARCHIVE_OK)
			return false;
	} while (i--);
	return true;
}

enum err
traits_write(struct cx *cx, int fd, struct archive_entry *entry)
{
	const char *name;
	const void *value;
	size_t n;
	int i;

	for (i = 0; nth(entry, i, &name, &value, &n); i++) {
		if (i == COUNT_MAX)
			return cx_fail(cx, ERR_CORRUPT,
				       "a file with too many attributes");
		if (!name || strncmp(name, "user.", 5) ||
		    is_echo(entry, name, value, n))
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
