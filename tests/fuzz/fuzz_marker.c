/* The marker of an archive: what is taken prints as a marker again. */
#include <string.h>

#include "archive/archive.h"
#include "archive/meta.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cx cx = {0};
	struct archive_meta m, again;
	struct buf text;

	if (archive_meta_parse(&cx, (const char *)data, n, &m)) {
		MUST(cx.err == ERR_CORRUPT);
		cx_end(&cx);
		return 0;
	}
	MUST(m.size >= 0 && m.content >= 0 && m.files >= 0);
	MUST(strlen(m.sha256) == 64 && m.created_ms >= 0);
	buf_init(&text, META_MAX);
	meta_print(&m, &text);
	MUST(!archive_meta_parse(&cx, buf_str(&text), text.len, &again));
	MUST(!memcmp(&m, &again, sizeof(m)));
	buf_free(&text);
	cx_end(&cx);
	return 0;
}
