/* Inside of store/: the columns of a workspace, in one table. */
#ifndef STORE_WS_ROW_H
#define STORE_WS_ROW_H

#include "rules/workspace.h"
#include "store/sql.h"
#include "store/workspace.h"

/* Reads WS_COLS (ws_cols.h) into a struct workspace. */
void workspace_row(struct row *r, void *out);
/* The one row of q into *out (may be NULL), or ERR_NOT_FOUND. */
MUST_USE enum err workspace_one(struct cx *cx, struct db *db, enum sql q,
				struct workspace *out, const struct arg *args);
MUST_USE enum err workspace_many(struct cx *cx, struct db *db, enum sql q,
				 struct workspaces *out,
				 const struct arg *args);

#endif
