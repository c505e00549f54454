/* Homes in memory, with the same contract as the real ones; only what is
 * staged stands in a directory, so that it can be unpacked into. */
#ifndef SUPPORT_FAKE_HOME_H
#define SUPPORT_FAKE_HOME_H

#include "home/home.h"

extern const struct home_ops home_fake;

void fake_home_clear(void);

#endif
