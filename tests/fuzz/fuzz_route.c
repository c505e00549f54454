/* A parameter is never more than its segment. */
#include <string.h>

#include "fuzz.h"
#include "web/route.h"

static const struct route_row rows[] = {
	{METHOD_GET, "/"},	    {METHOD_GET, "/x/:id"},
	{METHOD_POST, "/x/:id:go"}, {METHOD_GET, "/x/:id/y/:n"},
	{METHOD_ANY, "/w/:id/*"},   {METHOD_GET, "/x/new"},
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct routes *rs;
	struct cx cx = {0};
	struct route_match m;
	char *path = malloc(n + 1);

	memcpy(path, data, n);
	path[n] = '\0';
	if (!rs)
		MUST(routes_make(&cx, rows, sizeof(rows) / sizeof(*rows),
				 &rs) == OK);
	for (int method = 0; method < METHOD__MAX; method++) {
		enum err e = route_find(&cx, rs, (enum method)method, path, &m);

		MUST(e == OK || e == ERR_NOT_FOUND || e == ERR_METHOD);
		MUST((e == ERR_METHOD) == (m.allow != NULL));
		for (size_t i = 0; !e && i < m.n_param; i++) {
			bool rest = m.row == 4 && i == 1;

			MUST(strstr(path, m.param[i]));
			MUST(rest ||
			     (*m.param[i] && !strpbrk(m.param[i], "/:")));
		}
	}
	free(path);
	cx_end(&cx);
	return 0;
}
