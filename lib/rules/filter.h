/*
 * A filter for workspaces, as an administrator writes it: pure.
 *
 *	owner:kim phase:running app:shell idle>7d "some name"
 *
 * Words separated by spaces, all of which must fit; a word is KEY:VALUE,
 * KEY<VALUE or KEY>VALUE (filter.def), or a part of the name. A value, or the
 * whole part of a name, may stand in "..."; in it \" and \\ are " and \.
 *
 * 1. Nothing is guessed: a word that is not understood is named.
 * 2. A filter has a size: FILTER_CHARS characters, values that fit below.
 */
#ifndef RULES_FILTER_H
#define RULES_FILTER_H

#include "rules/words.h"

#define FILTER_CHARS 500

enum filter_key {
#define X(key, word, kind, how, what) key,
#include "rules/filter.def"
#undef X
	FILTER__MAX
};
const char *filter_word(enum filter_key k);
const char *filter_what(enum filter_key k);

enum filter_wrong {
#define X(why, name, text) why,
#include "rules/filterwrong.def"
#undef X
	FILTER_WRONG__MAX
};
const char *filter_wrong_name(enum filter_wrong why);
const char *filter_wrong_text(enum filter_wrong why);

/* Times are bounds: 0 is none; `from` is within, `before` is not. */
struct filter {
	bool set[FILTER__MAX];
	char owner[257]; /* as it was written; the store knows who it is */
	char name[1021], app[257];
	const char *phase; /* as workspace_phase() says; NULL any */
	enum operation operation;
	enum reason error; /* REASON_NONE: any */
	bool pinned, deleted;
	int64_t used_from_ms, used_before_ms;
	int64_t created_from_ms, created_before_ms;
};

struct filter_bad {
	enum filter_wrong why;
	char word[161]; /* the beginning of the word that is wrong; UTF-8 */
};

/* False, *out untouched and *bad filled, when it is not understood. An empty
 * text fits all. */
bool filter_parse(const char *text, int64_t now_ms, struct filter *out,
		  struct filter_bad *bad);

#endif
