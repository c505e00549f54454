/* What an admin changes while the site runs: rules/setting.def. */
#ifndef STORE_SETTING_H
#define STORE_SETTING_H

#include "rules/words.h"
#include "store/db.h"

/* All; defaults where nothing is stored (or what is stored is no setting any
 * more, or out of its range). */
MUST_USE enum err settings_load(struct cx *cx, struct db *db,
				struct settings *out);
/* ERR_INVALID with the key as field when out of range. */
MUST_USE enum err setting_rule(struct cx *cx, enum setting s, int64_t value);
MUST_USE enum err setting_put(struct cx *cx, struct db *db, enum setting s,
			      int64_t value);
/* Back to the default. */
MUST_USE enum err setting_clear(struct cx *cx, struct db *db, enum setting s);
/* Which are stored (not default). */
MUST_USE enum err settings_stored(struct cx *cx, struct db *db,
				  bool stored[SETTING__MAX]);

#endif
