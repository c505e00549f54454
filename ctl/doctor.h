/*
 * roostctl doctor: the checks of doctor.def.
 *
 * 1. A check says at least one thing, unless what it needs (the settings, the
 *    database) was already said to be missing.
 * 2. What is not ok comes with a sentence that says how to mend it.
 * 3. What was found is left in run/doctor.json, for the admin page.
 */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include "ctl/ctl.h"
#include "ctl/out.h"

struct door;
struct json_object;

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL };

struct doctor {
	struct ctl *c;
	struct out out;
	const char *check; /* the one at work */
	enum verdict worst;
	bool site;	   /* c->site was read */
	bool db;	   /* c->db is open */
	struct door *door; /* the running site, when it answers; door.h */
	struct json_object *said; /* all of it, for run/doctor.json */
};

void doctor_say(struct doctor *d, enum verdict v, const char *fmt, ...)
	PRINTF(3, 4);
/* The failure that c->cx holds, as it explains itself; then forgotten. */
void doctor_fail(struct doctor *d, enum verdict v);

/* Of doctor_store: what an object store must be able to do. False: it said
 * that nothing is to be had there. */
bool doctor_s3(struct doctor *d);

#define X(check, name, what) void check(struct doctor *d);
#include "ctl/doctor.def"
#undef X

#endif
