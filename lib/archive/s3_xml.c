#include "archive/s3_xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define PATH_MOST 256

struct reading {
	XML_Parser parser;
	const struct s3_xml *to;
	struct buf path, text;
	size_t above[S3_XML_DEPTH]; /* where each element's name begins */
	int depth;
	bool refused;
};

static void
refuse(struct reading *r)
{
	r->refused = true;
	XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL
on_start(void *arg, const char *name, const char **attributes)
{
	struct reading *r = arg;

	(void)attributes;
	if (r->depth == S3_XML_DEPTH) {
		refuse(r);
		return;
	}
	r->above[r->depth++] = r->path.len;
	buf_printf(&r->path, "%s%s", r->path.len ? "/" : "", name);
	buf_clear(&r->text);
	if (r->path.over)
		refuse(r);
}

static void XMLCALL
on_end(void *arg, const char *name)
{
	struct reading *r = arg;
	size_t from;

	(void)name;
	if (r->refused)
		return;
	if (!r->to->on(r->to->arg, buf_str(&r->path), buf_str(&r->text))) {
		refuse(r);
		return;
	}
	from = r->above[--r->depth];
	r->path.len = from;
	r->path.data[from] = '\0';
	buf_clear(&r->text);
}

static void XMLCALL
on_text(void *arg, const char *s, int n)
{
	struct reading *r = arg;

	buf_add(&r->text, s, (size_t)n);
	if (r->text.over)
		refuse(r);
}

static void XMLCALL
on_doctype(void *arg, const char *name, const char *sys, const char *pub,
	   int has)
{
	(void)name;
	(void)sys;
	(void)pub;
	(void)has;
	refuse(arg);
}

enum err
s3_xml_read(struct cx *cx, const char *p, size_t n, const struct s3_xml *to)
{
	struct reading r = {.to = to};
	bool fine;

	r.parser = XML_ParserCreate("UTF-8");
	if (!r.parser)
		abort(); /* out of memory: crash-only */
	buf_init(&r.path, PATH_MOST);
	buf_init(&r.text, S3_XML_TEXT);
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	fine = n <= 1 << 30 &&
	       XML_Parse(r.parser, p, (int)n, XML_TRUE) == XML_STATUS_OK &&
	       !r.refused;
	XML_ParserFree(r.parser);
	buf_free(&r.path);
	buf_free(&r.text);
	return fine ? OK
		    : cx_fail(cx, ERR_UNREACHABLE,
			      "the answer is not that of an object store");
}
