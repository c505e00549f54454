/*
 * What a file has beside its content: extended attributes (user.*) and
 * access lists. Others (security.*, trusted.*) are the system's, not the
 * home's, and stay behind. A filesystem without them is no error.
 */
#ifndef ARCHIVE_TRAITS_H
#define ARCHIVE_TRAITS_H

#include <archive_entry.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/cx.h"

/* From the open file or directory as records for its header. The buffer's
 * sticky `over` tells that they are too many. */
MUST_USE enum err traits_read(struct cx *cx, int fd, bool dir,
			      struct buf *records);
/* The same from an entry of somebody else's archive. */
void traits_copy(struct archive_entry *entry, bool dir, struct buf *records);
/* user.* of the entry onto the file. */
MUST_USE enum err traits_write(struct cx *cx, int fd,
			       struct archive_entry *entry);

/* An access list as the kernel keeps it, in an xattr of this name. */
#define TRAITS_ACL "system.posix_acl_access"
#define TRAITS_ACL_DEFAULT "system.posix_acl_default"
#define TRAITS_ACL_MAX 512 /* members */
#define TRAITS_ACL_BYTES (4 + 8 * TRAITS_ACL_MAX)

/* The entry's list as the kernel wants it; 0: it has none; too long: 0. */
size_t traits_acl(struct archive_entry *entry, bool dflt,
		  unsigned char out[TRAITS_ACL_BYTES]);
MUST_USE enum err traits_set_acl(struct cx *cx, int fd, bool dflt,
				 const unsigned char *acl, size_t n);

#endif
