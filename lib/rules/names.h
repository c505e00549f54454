/* Names of things outside: SPEC section 5 and 6. Pure. */
#ifndef RULES_NAMES_H
#define RULES_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_MAX_LEN 128

/* The workspace that doctor plays when it asks whether instances can be
 * reached. No real one ever has this id: ids are random. */
#define NAME_PROBE_ID "00000000-d0c7-4000-8000-000000000000"

/* "ws-{id}-home", "ws-{id}"; each returns out. */
const char *name_home(const char *id, char out[NAME_MAX_LEN]);
const char *name_instance(const char *id, char out[NAME_MAX_LEN]);
/* The id in "ws-{id}-home"; false when it is not such a name. */
bool name_home_id(const char *name, char id[37]);
/* Trash entry "ws-{id}-home~{op_id}" and back. */
const char *name_trash(const char *id, const char *op_id,
		       char out[NAME_MAX_LEN]);
bool name_trash_ids(const char *name, char id[37], char op_id[37]);
/* Archive key "{id}/{op_id}" and back. */
const char *name_archive(const char *id, const char *op_id,
			 char out[NAME_MAX_LEN]);
bool name_archive_ids(const char *key, char id[37], char op_id[37]);
/*
 * Who may be found at a TCP port: "20007:123,456", the port and the inodes of
 * the sockets that listen there; none: nobody. The text of the symlink
 * run/sock/{id}.port. At most NAME_INODES; more are not kept.
 */
#define NAME_INODES 8
struct name_port {
	long port;
	unsigned inode[NAME_INODES];
	size_t n;
};
const char *name_port(const struct name_port *p, char out[NAME_MAX_LEN]);
bool name_port_read(const char *s, struct name_port *out);
bool name_port_has(const struct name_port *p, unsigned inode);
/* Valid UTF-8, no control characters, least..most characters (not bytes). */
bool name_text_ok(const char *s, size_t least, size_t most, bool lines);

#endif
