#include "archive/s3.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/s3_keys.h"

static _Thread_local struct s3 *kept;

static void
s3_close(struct s3 *s3)
{
	if (!s3)
		return;
	peer_close(s3->peer);
	arena_release(&s3->arena);
	free(s3);
}

/* "https://host[:port]" of the site's settings. */
static const char *
address_of(struct cx *cx, const struct site *s)
{
	const char *url = s->s3_endpoint, *host;

	if (!*url)
		url = arena_printf(&cx->arena, "https://s3.%s.amazonaws.com",
				   s->s3_region);
	host = strstr(url, "://");
	if (strcmp(s->s3_style, "host") || !host)
		return url;
	return arena_printf(&cx->arena, "%.*s://%s.%s", (int)(host - url), url,
			    s->s3_bucket, host + 3);
}

static const char *
settings_of(struct cx *cx, const struct site *s)
{
	return arena_printf(&cx->arena, "%s %s %s %s %s %s %s",
			    address_of(cx, s), s->s3_bucket, s->s3_prefix,
			    s->s3_region, s->s3_style, s->s3_ca_file,
			    s->s3_credentials);
}

/* Keys are changed while handlers live: by another file of the name, or in
 * the file. Its text is not read to see that. */
static const char *
stamp_of(struct cx *cx, const struct site *s)
{
	struct stat st;

	if (!*s->s3_credentials || stat(s->s3_credentials, &st))
		return "";
	return arena_printf(&cx->arena, "%ju %jd %jd.%09ld",
			    (uintmax_t)st.st_ino, (intmax_t)st.st_size,
			    (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

/* In the client that is there: an upload or a stream may be holding it. What
 * changes between the stamp and the keys is seen by the next call. */
static enum err
refresh_keys(struct cx *cx, struct s3 *s3)
{
	const char *stamp = stamp_of(cx, cx->site);
	struct s3_keys k;
	enum err e;

	if (s3->stamp && !strcmp(s3->stamp, stamp))
		return OK;
	if ((e = s3_keys_load(cx, &k)))
		return e;
	s3->keys.id = arena_strdup(&s3->arena, k.id);
	s3->keys.secret = arena_strdup(&s3->arena, k.secret);
	s3->keys.token = arena_strdup(&s3->arena, k.token);
	s3->stamp = arena_strdup(&s3->arena, stamp);
	return OK;
}

/* Where requests go and what of it is signed; asks nobody. */
static enum err
set_up(struct cx *cx, struct s3 *s3)
{
	const struct site *s = cx->site;
	const char *host;
	enum err e;

	if ((e = refresh_keys(cx, s3)))
		return e;
	s3->url = arena_strdup(&s3->arena, address_of(cx, s));
	host = strstr(s3->url, "://");
	if (!host)
		return cx_fail(cx, ERR_CONFIG,
			       "s3_endpoint must be like https://host:port");
	s3->host = host + 3;
	s3->root = strcmp(s->s3_style, "host")
			   ? arena_printf(&s3->arena, "/%s", s->s3_bucket)
			   : "";
	return OK;
}

enum err
s3_open(struct cx *cx, struct s3 **out)
{
	const char *of = settings_of(cx, cx->site), *ca = cx->site->s3_ca_file;
	struct peer_at at = {.connect_ms = 5000, .silent_ms = 60000};
	struct s3 *s3;
	enum err e;

	if (kept && !strcmp(kept->of, of)) {
		if ((e = refresh_keys(cx, kept)))
			return e;
		*out = kept;
		return OK;
	}
	s3_close(kept);
	kept = NULL;
	s3 = calloc(1, sizeof(*s3));
	if (!s3)
		abort(); /* out of memory: crash-only */
	s3->page = 1000;
	s3->of = arena_strdup(&s3->arena, of);
	if (!(e = set_up(cx, s3))) {
		at.url = s3->url;
		at.ca_file = *ca ? arena_strdup(&s3->arena, ca) : NULL;
		e = peer_open(cx, &at, &s3->peer);
	}
	if (e) {
		s3_close(s3);
		return e;
	}
	*out = kept = s3;
	return OK;
}
