/* The operations that lead downwards: STOPPING, ARCHIVING, DELETING. */
#include "reconcile/job.h"

#include <unistd.h>

#include "reconcile/commit.h"
#include "reconcile/traffic.h"
#include "rules/names.h"

enum err
job_stop(struct job *j, struct outcome *out)
{
	(void)out;
	return j->w->engine->stop(j->cx, j->ws.id, j->deadline_ms);
}

/* Packs and verifies, then makes the key durable: invariant 3. */
static enum err
pack(struct job *j, struct outcome *out)
{
	struct progress pg = job_progress(j, "bytes");
	struct archive_meta meta;
	char key[NAME_MAX_LEN];
	struct tree home;
	bool there;
	enum err e;

	if ((e = job_home(j, &there)))
		return e;
	if (!there)
		return job_fail(j, REASON_DATA_LOST,
				"the home is not in its place");
	name_archive(j->ws.id, j->ws.op_id, key);
	if ((e = j->w->home->tree(j->cx, j->ws.id, &home)) ||
	    (e = archive_pack_home(j->cx, j->w->store, key, &home,
				   (int)j->w->set.v[SETTING_ARCHIVE_LEVEL], &pg,
				   &meta)))
		return e;
	out->bytes = meta.content;
	return commit_key(j, key);
}

/*
 * A home that changes while it is packed would lose the change: no instance
 * may live. The plan never archives a running one, so this is only for an
 * instance that somebody started past us.
 */
enum err
job_archive(struct job *j, struct outcome *out)
{
	char name[NAME_MAX_LEN];
	bool alive;
	enum err e;

	if ((e = job_alive(j, &alive)))
		return e;
	if (alive)
		return cx_fail(j->cx, ERR_ABANDONED, "an instance is alive");
	if (!workspace_key_is_of_op(&j->ws) && (e = pack(j, out)))
		return e;
	if ((e = j->w->home->trash(j->cx, j->ws.id, j->ws.op_id)))
		return e;
	name_trash(j->ws.id, j->ws.op_id, name);
	out->purge = arena_strdup(&j->cx->arena, name);
	out->untrashed = true; /* what the row may still name is stale */
	return OK;
}

/*
 * Instance first, then home (invariant 2). The row says where in the trash
 * the home will be before it goes there, so that nobody purges it meanwhile.
 */
enum err
job_delete(struct job *j, struct outcome *out)
{
	char name[NAME_MAX_LEN];
	bool there;
	enum err e;

	if ((e = j->w->engine->stop(j->cx, j->ws.id, j->deadline_ms)) ||
	    (e = job_home(j, &there)))
		return e;
	unlink(site_run_path(j->cx, j->ws.id, ".access"));
	traffic_forget(j->cx, j->ws.id);
	if (!there)
		return OK;
	name_trash(j->ws.id, j->ws.op_id, name);
	if ((e = commit_trash(j, name)) ||
	    (e = j->w->home->trash(j->cx, j->ws.id, j->ws.op_id)))
		return e;
	if (j->w->set.v[SETTING_UNDO_HOURS] == 0) {
		out->purge = arena_strdup(&j->cx->arena, name);
		out->untrashed = true; /* nothing to bring back */
	}
	return OK;
}
