/*
 * An object store in memory that can be made to misbehave as no real one
 * would on request. It beside, not instead of, the real one (s3box.h): it
 * checks no signature.
 */
#ifndef SUPPORT_FAKE_S3_H
#define SUPPORT_FAKE_S3_H

#include <stdbool.h>
#include <stdint.h>

enum fake_s3_how {
	FAKE_S3_WELL,
	FAKE_S3_SAYS,	   /* status and code, instead of doing it */
	FAKE_S3_SAYS_200,  /* code in a body whose status says 200 */
	FAKE_S3_HTML,	   /* status, with a web page */
	FAKE_S3_CUT,	   /* closes without doing it */
	FAKE_S3_CUT_AFTER, /* closes when it is done */
	FAKE_S3_CUT_BODY,  /* closes in the middle of the answer */
	FAKE_S3_RAW,	   /* code is the whole body, status 200 */
	FAKE_S3_SILENT,	   /* never answers: until it stops */
};

/* What goes wrong, and how often: set it between requests. */
struct fake_s3 {
	enum fake_s3_how how;
	const char *method; /* NULL: any */
	const char *match;  /* in path and query; NULL: any */
	int times;	    /* so many of those; < 0: all */
	int skip;	    /* after so many of those */
	int status;
	const char *code, *head; /* head: further lines, "\r\n" at the end */
	int64_t ahead_ms;	 /* its clock, of ours */
	bool checks_clock;	 /* refuses what is 15 minutes off */
	bool no_date;		 /* its answers do not say what time it is */
	bool encrypts;		 /* its ETags say nothing */
	bool no_etags;		 /* its listings have none */
	bool ignores_ranges, ignores_if_match, ignores_prefix;
	bool endless;	    /* each page of a listing names one more */
	bool lists_exactly; /* uploads: of that very name only */
	int page;	    /* of listings; 0: 1000 */
	/* What it saw. */
	int requests, hits;
	char last[512]; /* method, path and query */
};

extern struct fake_s3 fake_s3;

void fake_s3_start(void);
void fake_s3_stop(void);
const char *fake_s3_url(void);
int fake_s3_objects(void); /* how many there are */
int fake_s3_uploads(void); /* not complete */
bool fake_s3_has(const char *name);
/* Other bytes under the same ETag: a disk that rots. */
void fake_s3_rot(const char *name);

#endif
