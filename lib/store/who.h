/* Inside of store/: the user whom a session or a token stands for. */
#ifndef STORE_WHO_H
#define STORE_WHO_H

#include "store/sql.h"
#include "store/user.h"

/* Reads U_WHO of sql.def. */
void who_row(struct row *r, struct user *u);
/* Reads a struct session; of SQL_SESSION_FIND and its like. */
void session_row(struct row *r, void *out);
/* For UPDATE and DELETE of one row: none changed is ERR_NOT_FOUND. */
MUST_USE enum err sql_hit(struct cx *cx, struct db *db, enum sql q,
			  const char *what, const struct arg *args);
/* ERR_NOT_FOUND with a reason instead of a statement's name. */
MUST_USE enum err sql_absent(struct cx *cx, enum err e, const char *what);

#endif
