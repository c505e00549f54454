/* What doctor asks of an object store, one thing after the other. */
#include <stdlib.h>
#include <string.h>

#include "archive/s3_object.h"
#include "archive/s3_xml.h"
#include "base/id.h"
#include "ctl/doctor.h"

#define CLOCK_OFF_MS 60000 /* so much is worth a word */
#define PROBE_BYTES 1000

static enum err
read_trial(struct cx *cx, struct s3 *s3, const char *name,
	   const unsigned char text[PROBE_BYTES])
{
	struct s3_ask get = {.what = "read a trial object",
			     .method = "GET",
			     .object = name,
			     .most = PROBE_BYTES * 2};
	struct http_answer a;
	bool same;
	enum err e;

	if ((e = s3_do(cx, s3, &get, NULL, &a)))
		return e;
	same = a.body.len == PROBE_BYTES &&
	       !memcmp(a.body.data, text, PROBE_BYTES);
	http_free(&a);
	return same ? OK
		    : s3_fail(cx, s3, ERR_CORRUPT, &get,
			      "it is not what was written: this is no"
			      " place for archives");
}

/* An object that nobody else has, written, read and taken away again, even
 * when it could not be read. */
static enum err
try_object(struct cx *cx, struct s3 *s3, const char *name)
{
	unsigned char text[PROBE_BYTES];
	const char *said;
	enum err e, gone;

	id_random(text, sizeof(text));
	if ((e = s3_put(cx, s3, name, text, sizeof(text), NULL, NULL)))
		return e;
	e = read_trial(cx, s3, name, text);
	said = arena_strdup(&cx->arena, cx->why);
	cx_clear(cx);
	gone = s3_delete(cx, s3, name, NULL);
	return e ? cx_fail(cx, e, "%s", said) : gone;
}

/* Of an upload only its begin and its end: may it be taken back? *by_prefix:
 * it is found by the beginning of its name, too. */
static enum err
try_upload(struct cx *cx, struct s3 *s3, const char *name, bool *by_prefix)
{
	const char *some =
		arena_strndup(&cx->arena, name, strlen(name) - ID_UUID_LEN / 2);
	const struct s3_pair query[] = {{"uploads", ""}};
	struct s3_ask begin = {.what = "begin a trial upload",
			       .method = "POST",
			       .object = name,
			       .query = query,
			       .n_query = 1};
	struct s3_items l = {0}, more = {0};
	enum err e;

	if ((e = s3_do(cx, s3, &begin, NULL, NULL)) ||
	    (e = s3_list(cx, s3, name, true, NULL, &l)) ||
	    (e = s3_list(cx, s3, some, true, NULL, &more)))
		return e;
	*by_prefix = more.n;
	if (!l.n)
		return s3_fail(cx, s3, ERR_CONFIG, &begin,
			       "the upload is not listed: what killed workers"
			       " leave could not be collected");
	return s3_abort_all(cx, s3, name, NULL);
}

static void
say_collecting(struct doctor *d, bool by_prefix)
{
	if (by_prefix)
		return;
	doctor_say(d, VERDICT_WARN,
		   "the object store lists unfinished uploads by their whole "
		   "name only (MinIO does): what killed workers leave is "
		   "ended by the next try of the same archive or by the "
		   "store's own cleaning, not by the collecting of archives; "
		   "see that it cleans (MinIO does, after a day)");
}

static void
say_trials(struct doctor *d, struct s3 *s3)
{
	struct cx *cx = &d->c->cx;
	char id[ID_UUID_LEN + 1];
	const char *name;
	bool by_prefix;

	id_uuid(id);
	name = arena_printf(&cx->arena, "roost-trial-%s", id);
	if (try_object(cx, s3, name) || try_upload(cx, s3, name, &by_prefix)) {
		doctor_fail(d, VERDICT_FAIL);
		return;
	}
	doctor_say(d, VERDICT_OK,
		   "bucket %s: a trial object was written, read and "
		   "deleted, an upload begun and ended",
		   cx->site->s3_bucket);
	say_collecting(d, by_prefix);
}

static void
say_clock(struct doctor *d, const struct s3 *s3)
{
	if (llabs(s3->offset_ms) < CLOCK_OFF_MS)
		return;
	doctor_say(d, VERDICT_WARN,
		   "the clock of the object store is %lld s %s this "
		   "machine's; let NTP set whichever is wrong: requests are "
		   "refused from 15 minutes on",
		   llabs(s3->offset_ms) / 1000,
		   s3->offset_ms > 0 ? "ahead of" : "behind");
}

static void
say_address(struct doctor *d, const struct s3 *s3)
{
	static const char *const near[] = {"http://127.", "http://localhost",
					   "http://[::1]"};
	size_t i;

	if (strncmp(s3->url, "http://", 7) != 0)
		return;
	for (i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		if (!strncmp(s3->url, near[i], strlen(near[i])))
			return;
	doctor_say(d, VERDICT_WARN,
		   "%s is not https: whoever is on the way can read the "
		   "archives; use https, with s3_ca_file if its certificate "
		   "is the store's own",
		   s3->url);
}

/* ---- Rules that delete by themselves ---- */

struct rules {
	const char *prefix; /* of the site's objects */
	char at[256];	    /* prefix of the rule at work */
	bool on, expires, bad;
};

static bool
on_rule(void *arg, const char *path, const char *text)
{
	struct rules *r = arg;
	const char *at = strstr(path, "/Rule");
	size_t n, m;

	at = at ? at + 5 : "";
	if (!strcmp(at, "/Status"))
		r->on = !strcmp(text, "Enabled");
	else if (!strcmp(at, "/Prefix") || !strcmp(at, "/Filter/Prefix") ||
		 !strcmp(at, "/Filter/And/Prefix"))
		memcpy(r->at, text, strnlen(text, sizeof(r->at) - 1));
	else if (!strcmp(at, "/Expiration/Days") ||
		 !strcmp(at, "/Expiration/Date"))
		r->expires = true;
	if (*at || !strstr(path, "/Rule"))
		return true;
	n = strlen(r->at);
	m = strlen(r->prefix);
	r->bad |= r->on && r->expires &&
		  !strncmp(r->at, r->prefix, n < m ? n : m);
	*r = (struct rules){.prefix = r->prefix, .bad = r->bad};
	return true;
}

/* Not every key may see them, and not every store has them. */
static void
say_rules(struct doctor *d, struct s3 *s3)
{
	struct cx *cx = &d->c->cx;
	const struct s3_pair query[] = {{"lifecycle", ""}};
	struct s3_ask ask = {.what = "see the rules of the bucket",
			     .method = "GET",
			     .query = query,
			     .n_query = 1};
	struct rules r = {.prefix = cx->site->s3_prefix};
	const struct s3_xml to = {on_rule, &r};
	struct http_answer a;

	if (s3_do(cx, s3, &ask, NULL, &a)) {
		cx_clear(cx);
		return;
	}
	if (s3_xml_read(cx, buf_str(&a.body), a.body.len, &to))
		cx_clear(cx);
	http_free(&a);
	if (r.bad)
		doctor_say(d, VERDICT_FAIL,
			   "a lifecycle rule of bucket %s deletes objects "
			   "below \"%s\" when they are old: archives are "
			   "people's homes; take its Expiration out (a rule "
			   "that ends unfinished uploads may stay)",
			   cx->site->s3_bucket, cx->site->s3_prefix);
}

static void
say_uploads(struct doctor *d, struct s3 *s3)
{
	struct s3_items l = {0};

	if (s3_list(&d->c->cx, s3, "", true, NULL, &l))
		doctor_fail(d, VERDICT_FAIL);
	else if (l.n)
		doctor_say(d, VERDICT_OK,
			   "%zu unfinished uploads: at work, or to be "
			   "collected with the archives",
			   l.n);
}

bool
doctor_s3(struct doctor *d)
{
	struct cx *cx = &d->c->cx;
	struct s3 *s3;

	if (s3_open(cx, &s3) || store_s3.probe(cx)) {
		doctor_fail(d, VERDICT_FAIL);
		return false;
	}
	say_address(d, s3);
	say_trials(d, s3);
	say_clock(d, s3);
	say_rules(d, s3);
	say_uploads(d, s3);
	return true;
}
