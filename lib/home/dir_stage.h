/* Stages of directory homes: where a restore unpacks. As in home.h. */
#ifndef HOME_DIR_STAGE_H
#define HOME_DIR_STAGE_H

#include "home/home.h"

MUST_USE enum err dir_stage(struct cx *cx, const char *id, const char *op_id,
			    const char **path);
MUST_USE enum err dir_publish(struct cx *cx, const char *id, const char *op_id);
MUST_USE enum err dir_unstage(struct cx *cx, const char *id, const char *op_id);
MUST_USE enum err dir_sweep_stages(struct cx *cx, const char *const keep[],
				   size_t n);

#endif
