#include "base/err.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	const char *name, *slug, *text;
	int http;
	bool again;
} table[ERR__MAX] = {
	[OK] = {"OK", "OK", "", 200, false},
#define X(code, http_, slug_, again_, text_)                                   \
	[code] = {#code, slug_, text_, http_, again_},
#include "base/err.def"
#undef X
};

const char *
err_name(enum err e)
{
	return table[e].name;
}

int
err_http(enum err e)
{
	return table[e].http;
}

const char *
err_slug(enum err e)
{
	return table[e].slug;
}

const char *
err_text(enum err e)
{
	return table[e].text;
}

bool
err_again(enum err e)
{
	return table[e].again;
}

enum err
err_errno(int errnum)
{
	return errnum == ENOSPC || errnum == EDQUOT ? ERR_NO_SPACE : ERR_IO;
}
