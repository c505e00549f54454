/* The operations that lead upwards: PROVISIONING, RESTORING, STARTING. */
#include "reconcile/job.h"

#include <string.h>
#include <unistd.h>

#include "rules/names.h"

/* The host uid of a workspace's files and processes; -1: as we are. */
static int64_t
uid_of(const struct job *j)
{
	int64_t base = j->cx->site->instance_uid_base;

	return base > 0 && geteuid() == 0 ? base + j->ws.n : -1;
}

/*
 * The home of one that was deleted lies in the trash as long as the row says
 * so: nothing else may become its home before that was looked for there. When
 * it is in its place (an earlier try of this very operation may have come to
 * its end) the row names nothing in the trash any more.
 */
static enum err
take_back(struct job *j, struct outcome *out, bool *there)
{
	char id[37], op_id[37];
	enum err e;

	if ((e = job_home(j, there)))
		return e;
	if (*there) {
		out->untrashed = true;
		return OK;
	}
	if (!j->ws.trash_key || !name_trash_ids(j->ws.trash_key, id, op_id) ||
	    strcmp(id, j->ws.id) != 0)
		return OK;
	e = j->w->home->untrash(j->cx, id, op_id);
	if (e && e != ERR_NOT_FOUND)
		return e;
	cx_clear(j->cx);
	*there = !e;
	out->untrashed = true;
	return OK;
}

enum err
job_provision(struct job *j, struct outcome *out)
{
	bool there;
	enum err e;

	if ((e = take_back(j, out, &there)) || there)
		return e;
	return j->w->home->create(j->cx, j->ws.id, uid_of(j));
}

static enum err
unpack(struct job *j, struct outcome *out)
{
	const struct home_ops *home = j->w->home;
	struct progress pg = job_progress(j, "bytes");
	struct archive_meta meta;
	struct tree stage;
	enum err e;

	if ((e = home->stage(j->cx, j->ws.id, j->ws.op_id, &stage)))
		return e;
	e = archive_unpack_home(j->cx, j->w->store, j->ws.archive_key, &stage,
				uid_of(j), &pg, &meta);
	if (e)
		return e;
	/* The commit point: from here on there is a home. */
	if (job_quit_now(j))
		return cx_fail(j->cx, ERR_ABANDONED, "wanted no more");
	if ((e = home->publish(j->cx, j->ws.id, j->ws.op_id)))
		return e;
	out->bytes = meta.content;
	return OK;
}

/* An unfinished restore is never a home: what was unpacked goes again. */
static enum err
restore_archive(struct job *j, struct outcome *out)
{
	struct cx clean = {0};
	enum err e = unpack(j, out);

	if (!e)
		return OK;
	cx_begin(&clean, j->cx->site);
	if (j->w->home->unstage(&clean, j->ws.id, j->ws.op_id))
		world_note(j->w, &clean, "unstage-failed", j->ws.id, clean.why);
	cx_end(&clean);
	if (e == ERR_NOT_FOUND)
		return job_fail(j, REASON_ARCHIVE_CORRUPTED,
				"the archive %s is not in the store",
				j->ws.archive_key);
	return e;
}

enum err
job_restore(struct job *j, struct outcome *out)
{
	bool there;
	enum err e;

	if ((e = take_back(j, out, &there)) || there)
		return e;
	/* Undone: its home was to be there or in the trash, if it had one. */
	if (j->ws.status == STATUS_DELETED && j->ws.trash_key)
		return job_fail(j, REASON_DATA_LOST,
				"the home is not in the trash any more");
	if (j->ws.status == STATUS_DELETED)
		return OK;
	if (!j->ws.archive_key)
		return job_fail(j, REASON_ACTION_FAILED,
				"there is no archive to restore");
	return restore_archive(j, out);
}

enum err
job_start(struct job *j, struct outcome *out)
{
	struct instance_spec spec = {
		.id = j->ws.id,
		.op = j->ws.op_id,
		.app = site_app(j->cx->site, j->ws.app),
		.uid = uid_of(j),
		.deadline_ms = j->deadline_ms,
		.quit = job_quit,
		.arg = j,
	};
	struct tree home;
	bool there;
	enum err e;

	if (!spec.app)
		return job_fail(j, REASON_IMAGE_NOT_FOUND,
				"no application \"%s\" is set up here",
				j->ws.app ? j->ws.app : "");
	/* Invariant 2: never an instance without its home. */
	if ((e = job_home(j, &there)))
		return e;
	if (!there)
		return job_fail(j, REASON_DATA_LOST,
				"the home is not in its place");
	if ((e = j->w->home->tree(j->cx, j->ws.id, &home)))
		return e;
	spec.home = home.path;
	spec.volume = home.volume;
	if (job_quit_now(j))
		return cx_fail(j->cx, ERR_ABANDONED, "wanted no more");
	e = j->w->engine->start(j->cx, &spec, &out->endpoint);
	if (e == ERR_BUSY)
		return job_fail(j, REASON_LIMIT_EXCEEDED,
				"no place is free for one more instance");
	return e;
}
