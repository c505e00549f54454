/*
 * A Cookie header, whoever wrote it: the value of our cookie is what a plain
 * reading of the header says, and none when there are two.
 */
#include <string.h>

#include "fuzz.h"
#include "web/cookie.h"

#define NAME "roost_session"

/* The same in another way: pair by pair, each cut out and trimmed. */
static char *
plain_reading(const char *header, int *times)
{
	char *all = strdup(header), *rest = all, *pair, *value = NULL;
	size_t n;

	*times = 0;
	while ((pair = strsep(&rest, ";"))) {
		pair += strspn(pair, " \t");
		if (strncmp(pair, NAME "=", sizeof(NAME)) != 0)
			continue;
		n = strlen(pair);
		while (n > sizeof(NAME) &&
		       (pair[n - 1] == ' ' || pair[n - 1] == '\t'))
			pair[--n] = '\0';
		++*times;
		free(value);
		value = strdup(pair + sizeof(NAME));
	}
	free(all);
	return value;
}

/* What we set comes back as it was, between any others. */
static void
comes_back(struct cx *cx, const char *value, const char *others)
{
	const struct cookie c = {.name = "roost_lang",
				 .value = value,
				 .max_age_s = 60};
	const char *set = cookie_format(cx, &c), *got;
	size_t n = strcspn(set, ";");

	got = cookie_get(cx,
			 arena_printf(&cx->arena, "a=b; %.*s; c=%s", (int)n,
				      set, others),
			 "roost_lang");
	MUST(got && !strcmp(got, value));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char words[] = "abcXYZ019_.~-";
	struct cx cx = {0};
	char *header = strndup((const char *)data, n), value[64], *want;
	const char *got = cookie_get(&cx, header, NAME);
	size_t len = strlen(header), i;
	int times;

	want = plain_reading(header, &times);
	MUST(!got == (times != 1));
	MUST(!got || !strcmp(got, want));
	for (i = 0; i < len && i < sizeof(value) - 1; i++)
		value[i] =
			words[(unsigned char)header[i] % (sizeof(words) - 1)];
	value[i] = '\0';
	if (!strstr(header, "roost_lang"))
		comes_back(&cx, value, header);
	free(want);
	free(header);
	cx_end(&cx);
	return 0;
}
