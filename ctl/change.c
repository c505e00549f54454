/* Changes that roostctl makes, with their row in the audit. */
#include "ctl/ctl.h"
#include "service/auth.h"
#include "store/audit.h"

enum err
ctl_audit(struct ctl *c, const char *action, const char *target,
	  const char *detail)
{
	return audit_add(&c->cx, c->db, who_ctl.user_id, who_ctl.username,
			 action, target, detail);
}

enum err
ctl_change(struct ctl *c, const struct change *ch)
{
	enum err e;

	if ((e = db_begin(&c->cx, c->db)))
		return e;
	if ((e = ch->make(c, ch->arg)) ||
	    (e = ctl_audit(c, ch->action, ch->target, ch->detail)) ||
	    (e = db_commit(&c->cx, c->db))) {
		db_rollback(c->db);
		return e;
	}
	db_ring(&c->cx);
	return OK;
}
