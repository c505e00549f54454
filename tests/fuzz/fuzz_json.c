/* What the scanner takes, json-c takes too, in strict mode. */
#include <json-c/json.h>

#include "fuzz.h"
#include "web/json.h"
#include "web/url.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cx cx = {0};
	const char *p = (const char *)data;
	struct json_tokener *tok;
	struct json_object *o;

	if (json_check(&cx, p, n, 32) == OK) {
		MUST(utf8_valid(p, n));
		tok = json_tokener_new_ex(34);
		json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
		o = json_tokener_parse_ex(tok, p, (int)n);
		/* a bare number may go on, says json-c */
		MUST(json_tokener_get_error(tok) == json_tokener_success ||
		     json_tokener_get_error(tok) == json_tokener_continue);
		json_object_put(o);
		json_tokener_free(tok);
	}
	cx_end(&cx);
	return 0;
}
