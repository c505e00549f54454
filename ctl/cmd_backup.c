/* roostctl backup. */
#include <sys/stat.h>

#include "base/fs.h"
#include "ctl/ctl.h"
#include "store/db.h"

enum err
ctl_backup(struct ctl *c)
{
	const char *file = c->arg[0];
	enum err e;

	umask(077); /* it holds hashes of passwords */
	if (fs_exists(file))
		return cx_fail(&c->cx, ERR_EXISTS,
			       "%s is there already; name another file", file);
	if ((e = db_backup(&c->cx, c->db, file)))
		return e;
	return ctl_audit(c, "backup", file, "");
}
