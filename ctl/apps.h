/* Is the program of an application there? */
#ifndef CTL_APPS_H
#define CTL_APPS_H

#include <stdbool.h>

#include "base/config.h"
#include "base/cx.h"

/* The first word of its command, in cx's arena. */
const char *app_program(struct cx *cx, const struct app *app);
/* It can be run: as a path, or found where programs of the system are. */
bool app_installed(struct cx *cx, const struct app *app);

#endif
