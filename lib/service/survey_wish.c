#include "service/survey_wish.h"

#include "service/wish_common.h"
#include "store/audit.h"

enum err
survey_wish(struct cx *cx, struct db *db, const struct who *who,
	    enum survey_what what)
{
	const char *action =
		arena_printf(&cx->arena, "archives.%s", survey_what_name(what));
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = survey_ask(cx, db, what, who->user_id, who->username)))
		e = audit_add(cx, db, who->user_id, who->username, action, "",
			      NULL);
	return wish_end(cx, db, e);
}
