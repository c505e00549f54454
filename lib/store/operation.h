/*
 * The history of operations: a row each, begun by op_begin() and ended by
 * op_end() (workspace.h). SPEC section 7.
 */
#ifndef STORE_OPERATION_H
#define STORE_OPERATION_H

#include "rules/workspace.h"
#include "store/db.h"

enum result {
#define X(result, name, meaning) result,
#include "store/result.def"
#undef X
	RESULT__MAX
};
const char *result_name(enum result r);
bool result_parse(const char *name, enum result *r);

struct oper {
	int64_t n;
	const char *workspace_id, *workspace_name;
	int64_t owner_id;
	const char *op_id;
	enum operation operation;
	int64_t started_ms;
	int64_t ended_ms; /* 0: at work */
	int64_t bytes;	  /* moved: packed, unpacked, removed */
	enum result result;
	enum reason reason;
	const char *message; /* NULL: none */
};

struct opers {
	struct oper *v;
	size_t n;
};

/* Newest first; those with n < before (0: from the newest). */
MUST_USE enum err operation_list(struct cx *cx, struct db *db,
				 const char *workspace_id, int64_t before,
				 int64_t limit, struct opers *out);
/* The newest ARCHIVINGs, however they ended: of each there may be an archive,
 * "{id}/{op_id}". */
MUST_USE enum err operation_archives(struct cx *cx, struct db *db,
				     const char *workspace_id, int64_t limit,
				     struct opers *out);
/* The newest that went well. */
MUST_USE enum err operation_good(struct cx *cx, struct db *db,
				 const char *workspace_id, int64_t limit,
				 struct opers *out);
/* All at work, oldest first. */
MUST_USE enum err operation_running(struct cx *cx, struct db *db,
				    struct opers *out);
/* Ended ones older than before_ms, but for the newest 20 of a workspace and
 * its newest 20 ARCHIVINGs. */
MUST_USE enum err operation_trim(struct cx *cx, struct db *db,
				 int64_t before_ms);

#endif
