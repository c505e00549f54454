/*
 * An engine in memory: it keeps the contract of engine.h and has knobs where
 * the world has accidents. What an instance does is its app's name: good,
 * slow, crash, missing (support/engsite.h).
 */
#ifndef SUPPORT_FAKE_ENGINE_H
#define SUPPORT_FAKE_ENGINE_H

#include "engine/engine.h"

extern const struct engine_ops engine_fake;

void fake_engine_reset(void);
void fake_engine_break_look(bool broken); /* looks fail until mended */
void fake_engine_connect(const char *id, int64_t more); /* or fewer */
void fake_engine_die(const char *id);			/* it ends by itself */

#endif
