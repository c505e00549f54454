/* What decodes is valid UTF-8, and comes back from its own encoding. */
#include <string.h>

#include "base/uri.h"
#include "fuzz.h"
#include "web/url.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cx cx = {0};
	const char *p = (const char *)data, *coded;
	char *out, *back;

	for (int form = 0; form < 2; form++) {
		if (url_decode(&cx, p, n, form, &out))
			continue;
		MUST(utf8_valid(out, strlen(out)));
		MUST(utf8_count(out) <= strlen(out));
		coded = uri_encode(&cx, out);
		MUST(url_decode(&cx, coded, strlen(coded), form, &back) == OK);
		MUST(strcmp(out, back) == 0);
		if (url_is_local(out)) {
			MUST(out[0] == '/' && out[1] != '/' && out[1] != '\\');
			MUST(!strpbrk(out, "\r\n\t \\"));
		}
	}
	cx_end(&cx);
	return 0;
}
