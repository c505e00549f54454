/* A store in memory, with the same contract as the real ones. */
#ifndef SUPPORT_FAKE_STORE_H
#define SUPPORT_FAKE_STORE_H

#include "archive/archive.h"

extern const struct store_ops store_fake;

void fake_store_clear(void);
/* Changes one byte of the stored object. */
void fake_store_damage(const char *key);

#endif
