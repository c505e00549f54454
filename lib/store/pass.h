/* Every pass of the reconciler is recorded. SPEC section 3. */
#ifndef STORE_PASS_H
#define STORE_PASS_H

#include "store/db.h"
#include "store/keyset.h"

enum passkind {
#define X(kind, name) kind,
#include "store/passkind.def"
#undef X
	PASS__MAX
};
const char *passkind_name(enum passkind k);
bool passkind_parse(const char *name, enum passkind *k);

struct pass {
	int64_t n;
	enum passkind kind;
	int64_t started_ms;
	int64_t ended_ms;			/* 0: at work, or died */
	int64_t rounds;				/* how often it looked again */
	int64_t workspaces;			/* rows that needed something */
	int64_t instances, homes;		/* seen */
	int64_t begun, done, failed, abandoned; /* operations */
	int64_t errors;
	const char *message; /* the first error; NULL */
};

struct passes {
	struct pass *v;
	size_t n;
};

MUST_USE enum err pass_begin(struct cx *cx, struct db *db, enum passkind kind,
			     int64_t *n);
/* Writes the counts of *p to the row p->n; ended_ms is now. */
MUST_USE enum err pass_end(struct cx *cx, struct db *db, const struct pass *p);
/* Newest first; those with n < before (0: from the newest). */
MUST_USE enum err pass_list(struct cx *cx, struct db *db, int64_t before,
			    int64_t limit, struct passes *out);
struct pass_page {
	struct pass *v; /* newest first */
	size_t n;
	struct keyset_ends ends;
};
/* ERR_INVALID (cursor). */
MUST_USE enum err pass_page(struct cx *cx, struct db *db, const char *cursor,
			    int64_t limit, struct pass_page *out);
/* ERR_NOT_FOUND when there was none of that kind. */
MUST_USE enum err pass_last(struct cx *cx, struct db *db, enum passkind kind,
			    struct pass *out);
/* Keeps the newest 10,000. */
MUST_USE enum err pass_trim(struct cx *cx, struct db *db);

#endif
