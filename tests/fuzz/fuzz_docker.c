/* What a container engine says: whatever it is, texts of it come out as one
 * plain line, and members that are not there read as nothing. */
#include <string.h>

#include "base/uri.h"
#include "docker/docker.h"
#include "fuzz.h"

static void
is_plain(const char *s)
{
	MUST(strlen(s) <= 300);
	for (; *s; s++)
		MUST((unsigned char)*s >= ' ' && *s != 0x7f);
}

static void
look(struct cx *cx, struct json_object *o)
{
	static const char *const path[] = {"State",
					   "State/Status",
					   "State/ExitCode",
					   "Labels/roost.site",
					   "message",
					   "",
					   "Id"};
	size_t i;

	for (i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		is_plain(docker_words(cx, docker_text(o, path[i])));
		(void)docker_number(o, path[i]);
		(void)docker_true(o, path[i]);
	}
	(void)docker_is_ours(cx, docker_member(o, "Labels"), "instance");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct site site = {.site_id = "fuzz"};
	struct cx cx = {.site = &site};
	struct json_object *o;
	struct buf out;
	char *text = arena_strndup(&cx.arena, (const char *)data, n);
	size_t i;

	buf_init(&out, n + 1);
	docker_unframe((const char *)data, n, &out);
	MUST(out.len <= n && !out.over);
	buf_free(&out);
	is_plain(docker_words(&cx, text));
	MUST(strlen(uri_encode(&cx, text)) <= 3 * strlen(text));
	if (!docker_parse(&cx, (const char *)data, n, &o)) {
		look(&cx, o);
		if (json_object_is_type(o, json_type_array))
			for (i = 0; i < json_object_array_length(o); i++)
				look(&cx, json_object_array_get_idx(o, i));
	} else {
		MUST(cx.err == ERR_UNREACHABLE);
	}
	cx_end(&cx);
	return 0;
}
