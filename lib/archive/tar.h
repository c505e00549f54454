/*
 * The tar stream of an archive: pax, as POSIX has it, and for files with
 * holes the form that GNU tar calls sparse 1.0. Compressed by libarchive.
 *
 * libarchive 3.6 writes pax too, but gives a file with holes and a long name
 * a name that is cut off. Written here, any name, any attribute and any hole
 * comes back; GNU tar and libarchive read it (tests/test_archive_others.c).
 *
 * 1. Names and attributes are bytes: no charset has a say.
 * 2. Owner and group are 1000, without names, in what is kept; whoever writes
 *    for another reader sets uid and gid.
 */
#ifndef ARCHIVE_TAR_H
#define ARCHIVE_TAR_H

#include <archive.h>
#include <sys/types.h>
#include <time.h>

#include "archive/sparse.h"
#include "base/buf.h"

#define TAR_OUT ((size_t)1 << 18)
/* A reader refuses a header over 1 MiB. */
#define TAR_PAX_MAX ((size_t)900 << 10)

enum tar_type {
	TAR_FILE = '0',
	TAR_LINK = '1', /* a further name */
	TAR_SYMLINK = '2',
	TAR_DIR = '5',
	TAR_PIPE = '6'
};

struct tar {
	struct archive *a; /* takes bytes as they are */
	char *out;
	size_t len;
	int64_t at; /* bytes so far, of which the last len are in out */
	int64_t uid, gid;
	struct buf pax;
};

struct tar_entry {
	const char *path; /* relative; "." is the root */
	enum tar_type type;
	mode_t mode;
	int64_t size; /* of a file, holes included */
	struct timespec mtime;
	const char *link;	  /* NULL: none */
	const struct buf *traits; /* records; NULL: none */
	const struct sparse *map; /* NULL: no holes */
};

/* false, everywhere here: archive_error_string(a) tells why. */
void tar_begin(struct tar *t, struct archive *a);
/* Everything up to the content; false with *too_long: it cannot be kept. */
bool tar_header(struct tar *t, const struct tar_entry *en, bool *too_long);
/* Room for content, never 0 bytes; tar_took says how much came. NULL: no. */
char *tar_room(struct tar *t, size_t *n);
void tar_took(struct tar *t, size_t n);
bool tar_pad(struct tar *t); /* after the content */
bool tar_end(struct tar *t);
void tar_free(struct tar *t); /* a zeroed one is fine */

/* Adds a record "length key=value\n". */
void tar_record(struct buf *pax, const char *key, const void *value, size_t n);

#endif
