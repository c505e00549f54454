/*
 * Any text that loads prints a hostile value only escaped: where the page with
 * a harmless value has that value, the hostile page has its escaped form and
 * nothing else differs.
 */
#include <json-c/json.h>
#include <string.h>

#include "fuzz.h"
#include "web/template.h"

#define HARMLESS "\1" /* no input has it */
#define HOSTILE "Q<\"'&>Q"
#define ESCAPED "Q&lt;&quot;&#39;&amp;&gt;Q"

static int
find(const char *key)
{
	return strcmp(key, "k") == 0 ? 0 : -1;
}

static const char *
text(int word, int lang)
{
	(void)word;
	(void)lang;
	return "m {a} {a.b} {";
}

static const struct template_words words = {find, text};

static struct json_object *
view(const char *value)
{
	static const char *const names[] = {"a", "b", "c", "x"};
	struct json_object *o = json_object_new_object(), *l, *in;

	l = json_object_new_array();
	in = json_object_new_object();
	for (size_t i = 0; i < 4; i++) {
		json_object_object_add(o, names[i],
				       json_object_new_string(value));
		json_object_object_add(in, names[i],
				       json_object_new_string(value));
	}
	json_object_array_add(l, json_object_new_string(value));
	json_object_array_add(l, in);
	json_object_object_add(o, "l", l);
	json_object_object_add(o, "o", json_object_get(in));
	return o;
}

static void
render(struct cx *cx, const struct templates *ts, const char *value,
       struct buf *out)
{
	struct json_object *o = view(value);
	enum err e;

	buf_init(out, (size_t)1 << 16);
	e = template_render(cx, ts, "t", o, 0, out);
	MUST(e == OK || e == ERR_TOO_LARGE || e == ERR_INTERNAL);
	if (e)
		buf_clear(out);
	json_object_put(o);
}

/* Both pages are one but for the value. */
static void
same(const struct buf *good, const struct buf *evil)
{
	const char *p = buf_str(good), *q = buf_str(evil);
	size_t n = strlen(ESCAPED);

	for (; *p && good->len && evil->len; p++) {
		if (*p == HARMLESS[0]) {
			MUST(strncmp(q, ESCAPED, n) == 0);
			q += n;
		} else {
			MUST(*p == *q);
			q++;
		}
	}
	MUST(*q == '\0' || !good->len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cx cx = {0};
	struct templates *ts;
	struct buf good, evil;
	char *copy = malloc(n + 1);
	const char *names[] = {"t", "p"}, *texts[] = {copy, "({{a}})"};

	memcpy(copy, data, n);
	copy[n] = '\0';
	if (!strchr(copy, HARMLESS[0]) &&
	    templates_parse(&cx, names, texts, 2, &words, &ts) == OK) {
		render(&cx, ts, HARMLESS, &good);
		render(&cx, ts, HOSTILE, &evil);
		same(&good, &evil);
		buf_free(&good);
		buf_free(&evil);
		templates_free(ts);
	}
	MUST(cx.err == OK || cx.err == ERR_CONFIG || cx.err == ERR_TOO_LARGE);
	free(copy);
	cx_end(&cx);
	return 0;
}
