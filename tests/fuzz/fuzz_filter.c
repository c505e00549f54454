/* Any bytes: a filter that keeps to its bounds, or the word that is wrong. */
#include <string.h>

#include "fuzz.h"
#include "rules/filter.h"
#include "rules/names.h"

#define NOW INT64_C(1800000000000)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);
	struct filter f = {.used_from_ms = 7};
	struct filter_bad bad = {.why = FILTER_FINE};

	MUST(text);
	if (n)
		memcpy(text, data, n);
	text[n] = '\0';
	if (!filter_parse(text, NOW, &f, &bad)) {
		MUST(bad.why != FILTER_FINE && bad.why < FILTER_WRONG__MAX);
		MUST(strlen(bad.word) < sizeof(bad.word));
		MUST(name_text_ok(bad.word, 0, sizeof(bad.word), false));
		MUST(bad.why == FILTER_TEXT || strstr(text, bad.word));
		MUST(f.used_from_ms == 7);
		free(text);
		return 0;
	}
	MUST(name_text_ok(f.name, f.set[FILTER_NAME], FILTER_CHARS, false));
	MUST(name_text_ok(f.owner, f.set[FILTER_OWNER], 256, false));
	MUST(name_text_ok(f.app, f.set[FILTER_APP], 256, false));
	MUST(f.operation < OPERATION__MAX && f.error < REASON__MAX);
	MUST(!f.phase == !f.set[FILTER_PHASE]);
	MUST(f.used_before_ms >= 0 && f.used_before_ms <= NOW);
	MUST(f.used_from_ms >= 0 && f.used_from_ms <= NOW);
	MUST(f.created_before_ms >= 0 && f.created_from_ms >= 0);
	free(text);
	return 0;
}
