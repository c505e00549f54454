/*
 * Changing the settings of the site, and seeing before what that does. SPEC
 * sections 2 (F3), 8, 9.
 *
 * 1. A rehearsal asks the very rules that a pass asks (rules/ttl.h), about
 *    rows as they would be. It changes nothing.
 * 2. It looks at no more than REHEARSAL_ROWS running and as many sleeping
 *    workspaces; `more` says that there are others.
 * 3. A setting that is put to its default is not stored: a later default
 *    counts for it.
 * 4. Who saves says what they have seen: ERR_CONFLICT when somebody else has
 *    changed a setting meanwhile.
 * 5. TTLs of the settings are those of new workspaces; which of the others
 *    get them too is said each time.
 */
#ifndef SERVICE_SETTINGS_H
#define SERVICE_SETTINGS_H

#include "service/auth.h"
#include "store/setting.h"

#define REHEARSAL_ROWS 10000

/* Whose TTL becomes the new one, too. */
enum ttl_scope {
	TTL_NEW,  /* nobody's */
	TTL_SAME, /* of those that have the setting's old value */
	TTL_ALL	  /* of all */
};

struct settings_wish {
	bool set[SETTING__MAX];
	int64_t value[SETTING__MAX];
	enum ttl_scope scope;
	const char *seen; /* settings_mark() of what was shown; NULL: any */
};

struct settings_diff {
	enum setting setting;
	int64_t from, to;
};

struct rehearsal {
	struct settings_diff diff[SETTING__MAX];
	size_t n_diff;
	int64_t touched; /* workspaces that get another TTL */
	/* What the rules would do at once, and do not as it is now. */
	int64_t stops, archives;
	bool more;	    /* not all were looked at */
	int64_t over_users; /* people who run more than they may */
	int64_t running;    /* workspaces that count as running */
	bool over_global;   /* more than may run */
	int64_t overdue;    /* operations at work beyond their limit */
};

/* What the settings are, as 16 hex digits in the arena. */
const char *settings_mark(struct cx *cx, const struct settings *s);
/* ERR_INVALID with the key as field; ERR_CONFLICT. Reads only. */
MUST_USE enum err settings_rehearse(struct cx *cx, struct db *db,
				    const struct settings_wish *wish,
				    struct rehearsal *out);
/* All of it or nothing, with an audit row of what differs. */
MUST_USE enum err settings_save(struct cx *cx, struct db *db,
				const struct who *who,
				const struct settings_wish *wish);

#endif
