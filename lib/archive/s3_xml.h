/*
 * Answers of an object store: small XML, from a server that may be anything.
 * No document type (so no entities), no deep nesting, no long texts.
 */
#ifndef ARCHIVE_S3_XML_H
#define ARCHIVE_S3_XML_H

#include <stddef.h>

#include "base/cx.h"

#define S3_XML_DEPTH 8
#define S3_XML_TEXT 4096

struct s3_xml {
	/* An element has ended: its path "Error/Code" and its own text (""
	 * when it has children only). False: what it says cannot be. */
	bool (*on)(void *arg, const char *path, const char *text);
	void *arg;
};

/* ERR_UNREACHABLE when it is not such a text: this is no object store. */
MUST_USE enum err s3_xml_read(struct cx *cx, const char *p, size_t n,
			      const struct s3_xml *to);

#endif
