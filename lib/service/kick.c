#include "service/kick.h"
#include "base/config.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/proc.h"

enum err
kick(struct cx *cx)
{
	enum lock_state pass = LOCK_FREE;
	const char *argv[] = {NULL, "--site", cx->site->dir, "--kick", NULL};
	enum err e;

	if (FAULT(FAULT_KICK))
		return cx_fail(cx, ERR_IO, "the pass was not started");
	if ((e = fs_touch(cx, site_run_file(cx, "again"))) ||
	    (e = lock_look(cx, site_run_file(cx, "reconcile.lock"), &pass)))
		return e;
	if (pass == LOCK_HELD)
		return OK;
	argv[0] = arena_printf(&cx->arena, "%s/roost-reconcile",
			       site_libexec(cx));
	return proc_detach(cx, argv, -1);
}
