/* A person leaves. */
#include "service/people.h"
#include "service/people_part.h"
#include "service/wish_common.h"
#include "store/audit.h"

struct leaving {
	struct user user, heir; /* heir.id 0: into the trash */
	struct leave leave;
};

static enum err
find_heir(struct cx *cx, struct db *db, const char *name, struct leaving *l)
{
	enum err e = user_by_name(cx, db, name, &l->heir);

	if (e == ERR_NOT_FOUND)
		return cx_field(cx, "to", "there is no such user");
	if (!e && l->heir.disabled_ms != 0)
		return cx_field(cx, "to", "is disabled");
	if (!e && l->heir.id == l->user.id)
		return cx_field(cx, "to", "is the user to be deleted");
	return e;
}

static enum err
look(struct cx *cx, struct db *db, const struct who *who, int64_t id,
     const char *heir, struct leaving *l)
{
	enum err e;

	*l = (struct leaving){.user = {.id = id}};
	if ((e = people_get(cx, db, id, &l->user)) ||
	    (e = people_may_fall(cx, db, who, &l->user)))
		return e;
	if (heir != NULL && (e = find_heir(cx, db, heir, l)))
		return e;
	return leave_look(cx, db, id, &l->leave);
}

enum err
people_delete_look(struct cx *cx, struct db *db, const struct who *who,
		   int64_t id, const char *heir, struct leave *out)
{
	struct leaving l;
	enum err e = look(cx, db, who, id, heir, &l);

	if (!e)
		*out = l.leave;
	return e;
}

static enum err
move(struct cx *cx, struct db *db, const struct who *who,
     const struct leaving *l)
{
	const char *name = l->user.name, *heir = l->heir.name;
	enum err e;

	if (heir == NULL) {
		e = leave_audit(cx, db, l->user.id, who->user_id, who->username,
				"workspace.delete",
				arena_printf(&cx->arena, "owner %s is deleted",
					     name));
		return e ? e : leave_delete(cx, db, l->user.id);
	}
	e = leave_audit(cx, db, l->user.id, who->user_id, who->username,
			"workspace.owner",
			arena_printf(&cx->arena, "%s -> %s", name, heir));
	return e ? e : leave_hand_over(cx, db, l->user.id, l->heir.id);
}

static enum err
end(struct cx *cx, struct db *db, const struct who *who,
    const struct leaving *l)
{
	const char *heir = l->heir.name;
	enum err e;

	if ((e = move(cx, db, who, l)) || (e = leave_end(cx, db, l->user.id)))
		return e;
	return audit_add(cx, db, who->user_id, who->username, "user.delete",
			 l->user.name,
			 arena_printf(&cx->arena, "%lld workspaces %s%s",
				      (long long)l->leave.living,
				      heir != NULL ? "to " : "into the trash",
				      heir != NULL ? heir : ""));
}

enum err
people_delete(struct cx *cx, struct db *db, const struct who *who, int64_t id,
	      const char *heir, int64_t expect, struct leave *out)
{
	struct leaving l;
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	e = look(cx, db, who, id, heir, &l);
	if (!e && expect >= 0 && expect != l.leave.living)
		e = cx_fail(cx, ERR_CONFLICT, "%lld workspaces, not %lld",
			    (long long)l.leave.living, (long long)expect);
	if (!e)
		e = end(cx, db, who, &l);
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = l.leave;
	return OK;
}
