/*
 * Templates that cannot print unescaped.
 *
 *   {{name}} {{a.b}} {{.}}   a value of the view, HTML-escaped; absent: nothing
 *   {{#name}}...{{/name}}    for each of a list (the item is the new scope),
 *                            once inside an object, or once when it is true,
 *                            a number other than 0 or a text that is not empty
 *   {{^name}}...{{/name}}    when it is none of that
 *   {{>name}}                another template, in the same scope
 *   {{@key}}                 a message in the reader's language; {x.y} in its
 *                            text is filled from the view, escaped, and
 *                            {x.y|file|files} is the first word when it is 1,
 *                            else the second
 *   {{@*name}}               the message whose key is the view's value `name`;
 *                            the value itself when there is no such message
 *   {{! a comment }}
 *
 * A name is looked up in the innermost scope, then outwards.
 *
 * 1. Every value is escaped (& < > " '), so it is safe between tags and in
 *    quoted attributes. At load a value is refused where that would not do: in
 *    script and style, in comments, in tag and attribute names, in unquoted
 *    attributes, in on..., style and srcdoc, in content before a "/". In href, src, action and
 *    formaction a value at the very beginning is printed only when it leads
 *    to this site ("/x", "?x" or "#x"; else "#"), and one further on only
 *    after a literal beginning like that.
 * 2. Load refuses unclosed and crossed sections, sections that begin in one
 *    place of the HTML and end in another (they may stand between attributes
 *    and in quoted values), partials that are unknown, that include
 *    themselves or that stand within a tag, and unknown messages: a site that
 *    starts cannot meet them.
 * 3. Output past the buffer's ceiling is an error, never a page cut short.
 */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/cx.h"

struct json_object;
struct templates;

/* Where messages come from. */
struct template_words {
	int (*find)(const char *key);		 /* -1: there is none */
	const char *(*text)(int word, int lang); /* never NULL */
};

/* Every *.html of dir. ERR_CONFIG names file and line. */
MUST_USE enum err templates_load(struct cx *cx, const char *dir,
				 const struct template_words *words,
				 struct templates **out);
/* The same from memory, for tests: names[n], texts[n]. */
MUST_USE enum err templates_parse(struct cx *cx, const char *const names[],
				  const char *const texts[], size_t n,
				  const struct template_words *words,
				  struct templates **out);
void templates_free(struct templates *ts);

/* ERR_NOT_FOUND when there is no such page; ERR_TOO_LARGE at the ceiling. */
MUST_USE enum err template_render(struct cx *cx, const struct templates *ts,
				  const char *name,
				  const struct json_object *view, int lang,
				  struct buf *out);
/* Names of all, for tests that render each. NULL at the end. */
const char *templates_name(const struct templates *ts, size_t i);

void html_escape(struct buf *out, const char *s, size_t n);

#endif
