/* What archives are in a bucket, and the end of one. */
#include <string.h>

#include "archive/store_s3.h"
#include "base/fault.h"
#include "rules/names.h"

enum err
s3_remove(struct cx *cx, const char *key)
{
	struct s3 *s3;
	enum err e;

	if ((e = spot_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_DELETE))
		return cx_fail(cx, ERR_IO, "fault: delete archive %s", key);
	if ((e = s3_ours(cx, NULL, &s3)) ||
	    (e = s3_delete(cx, s3, s3_name(cx, key, SPOT_META), NULL)) ||
	    (e = s3_delete(cx, s3, s3_name(cx, key, SPOT_OBJECT), NULL)))
		return e;
	return s3_abort_all(cx, s3, s3_name(cx, key, SPOT_OBJECT), NULL);
}

/* "{id}/{op_id}/home.tar.zst..."; what is called otherwise is not ours. */
static void
add(struct cx *cx, struct spots *l, const struct s3_item *it)
{
	char id[37], op_id[37];
	const char *file = it->object;
	struct spot *s;

	if (strlen(file) < 74 || file[73] != '/' ||
	    !name_archive_ids(arena_strndup(&cx->arena, file, 73), id, op_id))
		return;
	file += 74;
	if (strncmp(file, SPOT_OBJECT, strlen(SPOT_OBJECT)) != 0)
		return;
	s = spots_add(cx, l, id, op_id);
	s->fact.marked = !strcmp(file, SPOT_META);
	if (!strcmp(file, SPOT_OBJECT) && !it->upload)
		s->fact.size = it->size;
}

enum err
s3_names(struct cx *cx, struct archive_names *out)
{
	struct s3_items objects = {0}, uploads = {0};
	struct spots l = {0};
	struct s3 *s3;
	enum err e;
	size_t i;

	if (FAULT(FAULT_STORE_LIST))
		return cx_fail(cx, ERR_IO, "fault: list archives");
	if ((e = s3_ours(cx, NULL, &s3)) ||
	    /* This order: what is completed meanwhile is in one at least. */
	    (e = s3_list(cx, s3, "", true, NULL, &uploads)) ||
	    (e = s3_list(cx, s3, "", false, NULL, &objects)))
		return e;
	for (i = 0; i < objects.n; i++)
		add(cx, &l, &objects.v[i]);
	for (i = 0; i < uploads.n; i++)
		add(cx, &l, &uploads.v[i]);
	spots_list(cx, &l, out);
	return OK;
}
