/*
 * Looks at stores, homes and instances: asked for by an administrator, done by
 * the next pass, and what the newest one found.
 */
#ifndef STORE_SURVEY_H
#define STORE_SURVEY_H

#include "store/db.h"
#include "store/keyset.h"

enum survey_what {
#define X(what, name) what,
#include "store/surveywhat.def"
#undef X
	SURVEY__MAX
};
const char *survey_what_name(enum survey_what w);
bool survey_what_parse(const char *name, enum survey_what *w);

struct survey {
	int64_t n;
	enum survey_what what;
	int64_t user_id;
	const char *actor;
	int64_t asked_ms, ended_ms; /* 0: not yet */
	int64_t archives, archive_bytes;
	int64_t removed, removed_bytes;
	int64_t homes, instances, stopped; /* of nobody */
	const char *message;		   /* why it failed; NULL */
};
struct surveys {
	struct survey *v;
	size_t n;
};

enum found_kind {
#define X(kind, name) kind,
#include "store/foundkind.def"
#undef X
	FOUND__MAX
};
const char *found_kind_name(enum found_kind k);
bool found_kind_parse(const char *name, enum found_kind *k);

struct found {
	const char *key, *workspace_id;
	const char *why; /* a name of reconcile/gcwhy.def */
	int64_t since_ms, created_ms, bytes;
	bool gone;
	const char *name, *owner; /* of the workspace; NULL: not known */
};
struct founds {
	struct found *v;
	size_t n;
	struct keyset_ends ends;
};

/* While one waits to be done, asking for the same again is that one. */
MUST_USE enum err survey_ask(struct cx *cx, struct db *db,
			     enum survey_what what, int64_t user_id,
			     const char *actor);
/* The oldest that is not done. ERR_NOT_FOUND: none. */
MUST_USE enum err survey_open(struct cx *cx, struct db *db, struct survey *out);
/* The newest first. */
MUST_USE enum err survey_list(struct cx *cx, struct db *db, int64_t limit,
			      struct surveys *out);

/* What was found, of all kinds; v[i] is of kind kinds[i]. Only key to gone are
 * written. */
struct survey_finds {
	const enum found_kind *kinds;
	const struct found *v;
	size_t n;
};
/* Ends s->n with the counts of *s; ended_ms is now. finds NULL: it failed, and
 * what the one before has found stays. ERR_CONFLICT: it has ended already. */
MUST_USE enum err survey_end(struct cx *cx, struct db *db,
			     const struct survey *s,
			     const struct survey_finds *finds);

/* In order of key; why NULL: any. ERR_INVALID (cursor). */
MUST_USE enum err found_list(struct cx *cx, struct db *db, enum found_kind kind,
			     const char *why, const char *cursor, int64_t limit,
			     struct founds *out);
struct found_sum {
	const char *why;
	bool gone;
	int64_t count, bytes;
};
struct found_sums {
	struct found_sum *v;
	size_t n;
};
MUST_USE enum err found_sums(struct cx *cx, struct db *db, enum found_kind kind,
			     struct found_sums *out);
/* Keeps the newest 100. */
MUST_USE enum err survey_trim(struct cx *cx, struct db *db);

#endif
