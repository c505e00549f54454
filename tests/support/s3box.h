/*
 * A real S3 server for tests (tests/support/s3server): started once, by the
 * main of a test program, before its tests fork. Without the packages that it
 * needs the program ends, loudly.
 */
#ifndef SUPPORT_S3BOX_H
#define SUPPORT_S3BOX_H

#include "support/tmpsite.h"

void s3box_start(void);
void s3box_stop(void);
const char *s3box_url(void);
/* What roost.conf needs for a bucket of this name there, or at another
 * address (NULL: there). */
const char *s3box_conf(const char *bucket, const char *url);
/* The file of keys that this conf names, in an open site. */
void s3box_keys(struct tmpsite *t, const char *id, const char *secret);
/* A site whose archives are in a new bucket of its own. */
void s3box_open(struct tmpsite *t, const char *more);

#endif
