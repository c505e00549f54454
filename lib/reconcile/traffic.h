/*
 * What has moved since the last look: run/{id}.traffic, one file for each
 * instance that somebody was connected to, so that a pass needs no memory and
 * the database no write. Only with count_open_connections = traffic.
 *
 * 1. A file that is absent, torn, of another instance or cannot be written
 *    proves no silence: the connections count as used now.
 * 2. It stays where it is while nobody is connected: a tab that comes back
 *    again and again is not new each time.
 */
#ifndef RECONCILE_TRAFFIC_H
#define RECONCILE_TRAFFIC_H

#include "reconcile/world.h"
#include "rules/traffic.h"

void traffic_of(struct cx *cx, const struct world *w,
		const struct instance *inst, struct traffic *out);
/* The workspace is deleted. */
void traffic_forget(struct cx *cx, const char *id);

#endif
