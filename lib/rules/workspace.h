/*
 * One workspace as the database knows it: every column under its own name.
 * 0 in a time or id means "none"; NULL in a text means "none".
 */
#ifndef RULES_WORKSPACE_H
#define RULES_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/words.h"

struct workspace {
	int64_t n; /* row number, never reused; as root the instance runs as
				 uid instance_uid_base + n */
	const char *id;		 /* UUID v4 */
	int64_t owner_id;	 /* user.id */
	const char *name;	 /* 1-255 */
	const char *description; /* 0-500, never NULL */
	const char *memo;	 /* never NULL */
	const char *app;	 /* name of an app of the site */

	enum status status;	  /* what exists: set only by the pass */
	enum operation operation; /* what is being done about it */
	enum status desired;	  /* PENDING, STANDBY, RUNNING */
	const char *archive_key;  /* "{id}/{op_id}": the archive to restore */
	const char *restore_key;  /* another one, which shall take the place of
				     the home; NULL */

	const char *op_id; /* UUID of the operation at work, or of the last */
	int64_t op_started_ms;
	int64_t op_done, op_total; /* progress; total 0: not known */
	const char *op_unit;	   /* "bytes", "files", or NULL */

	int64_t last_access_ms;
	int64_t idle_since_ms; /* 0: connections hold it, or not running */
	int64_t connections;
	int64_t status_changed_ms;
	int64_t standby_ttl_s, archive_ttl_s; /* 0: never */
	int64_t keep_until_ms; /* somebody asked for it until then */

	enum reason error_reason;
	const char *error_message; /* for people; NULL */
	int64_t error_count;	   /* failures in a row */
	int64_t next_retry_ms;
	enum status previous_status; /* before ERROR */
	int64_t reported_ms; /* when the mail line of this incident was said */

	const char
		*endpoint;   /* "unix:/path" or "tcp:host:port" while RUNNING */
	int64_t slot;	     /* proxy slot while RUNNING; -1 none */
	const char *boot_id; /* kernel boot in which it was started */

	const char *trash_key; /* name in the trash while it can be undone */
	int64_t purge_ms;      /* when the trash of it goes */

	int64_t created_ms, updated_ms, deleted_ms;
	int64_t rev; /* grows with every change */
};

/* "ARCHIVED" for PENDING with an archive, else the status's name. SPEC 1. */
const char *workspace_phase(const struct workspace *w);
/* "{id}/{op_id}" is the archive that this very operation writes. */
bool workspace_key_is_of_op(const struct workspace *w);
/* When the TTL rules will stop or archive it as it stands; 0: never. */
int64_t workspace_stops_ms(const struct workspace *w);
int64_t workspace_archives_ms(const struct workspace *w);

#endif
