/* What a new site begins with: share/, held in the program itself. */
#ifndef CTL_SHARE_H
#define CTL_SHARE_H

extern const char share_roost_conf[];
extern const char share_apps_conf[];

#endif
