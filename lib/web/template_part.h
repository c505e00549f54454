/* Inside of template_*.c only: compiled templates. */
#ifndef WEB_TEMPLATE_PART_H
#define WEB_TEMPLATE_PART_H

#include <stdbool.h>
#include <stddef.h>

#include "web/template.h"

#define NAME_PARTS 4

enum op_kind {
	OP_TEXT,     /* literal */
	OP_VALUE,    /* escaped */
	OP_URL,	     /* the same at the beginning of an address */
	OP_SECTION,  /* up to end */
	OP_INVERTED, /* up to end */
	OP_PARTIAL,
	OP_WORD,    /* a message */
	OP_WORD_OF, /* the message that a value names */
};

/* "a.b": parts a, b. "." has none. */
struct name {
	const char *part[NAME_PARTS];
	size_t n;
};

struct op {
	enum op_kind kind;
	const char *text; /* TEXT: it; PARTIAL: its name */
	size_t len;
	struct name name;
	size_t end; /* SECTION, INVERTED: the op after its last */
	size_t partial;
	int word;
	unsigned line;
};

struct template
{
	const char *name; /* without .html */
	const char *text;
	struct op *ops;
	size_t n, cap;
	enum { UNSEEN, OPEN, DONE } visit; /* while loops are looked for */
};

struct templates {
	struct arena arena;
	const struct template_words *words;
	struct template *v;
	size_t n;
};

/*
 * Where in the HTML the compiler stands. It need not understand HTML, only
 * never take a place for harmless that is not.
 */
enum place {
	PLACE_TEXT,
	PLACE_LESS,	/* after < */
	PLACE_TAG_NAME, /* also of a closing tag */
	PLACE_TAG,	/* between attributes */
	PLACE_ATTR,	/* in the name of one */
	PLACE_TIGHT,	/* after a section mark that stood in a name */
	PLACE_AFTER,	/* after a name and white space: = may follow */
	PLACE_EQUALS,	/* after = */
	PLACE_QUOTED,
	PLACE_BARE,
	PLACE_RAW,     /* in script or style */
	PLACE_COMMENT, /* <!-- */
	PLACE_WRONG
};

struct html {
	enum place place;
	char quote;	/* of PLACE_QUOTED */
	char first;	/* first character of the value, 0: none yet */
	bool slash;	/* there was a literal one in the value */
	bool value_out; /* first came from a value: begun, not literal */
	char tag[16], attr[16];
	size_t n_tag, n_attr;
	char tail[9]; /* last characters in RAW and COMMENT */
};

void html_text(struct html *h, const char *p, size_t n);
/* A section mark stands here; false where none may. */
bool html_mark(struct html *h);
/* Do both ends of a section stand in the same place? */
bool html_same(const struct html *a, const struct html *b);
/* A value stands here: OP_VALUE or OP_URL; false where none may. */
bool html_value(struct html *h, enum op_kind *kind);
bool html_is_url(const struct html *h); /* in an address */

/* NULL when there is none. */
const struct template *template_find(const struct templates *ts,
				     const char *name);
/* Compiles one; partials get their index later. */
MUST_USE enum err template_compile(struct cx *cx, struct templates *ts,
				   struct template *t);

#endif
