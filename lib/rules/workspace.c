#include "rules/workspace.h"

#include <string.h>

#include "rules/names.h"
#include "rules/ttl.h"

const char *
workspace_phase(const struct workspace *w)
{
	if (w->status == STATUS_PENDING && w->archive_key)
		return "ARCHIVED";
	return status_name(w->status);
}

bool
workspace_key_is_of_op(const struct workspace *w)
{
	char id[37], op_id[37];

	return w->archive_key && w->op_id &&
	       name_archive_ids(w->archive_key, id, op_id) &&
	       !strcmp(op_id, w->op_id);
}

int64_t
workspace_stops_ms(const struct workspace *w)
{
	return ttl_stops_ms(w);
}

int64_t
workspace_archives_ms(const struct workspace *w)
{
	return ttl_archives_ms(w);
}
