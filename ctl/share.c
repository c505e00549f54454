#include "ctl/share.h"

/* Found from the top of the tree, where make runs. */
#define FILE_TEXT(name, file)                                                  \
	__asm__(".section .rodata\n"                                           \
		".global " name "\n"                                           \
		".type " name ", @object\n" name ":\n"                         \
		".incbin \"" file "\"\n"                                       \
		".byte 0\n"                                                    \
		".size " name ", . - " name "\n"                               \
		".text\n")

FILE_TEXT("share_roost_conf", "share/roost.conf");
FILE_TEXT("share_apps_conf", "share/apps.conf");
