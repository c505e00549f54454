#include "store/schema.h"

/* schema.sql itself: found from the top of the tree, where make runs. */
__asm__(".section .rodata\n"
	".global schema_sql\n"
	".type schema_sql, @object\n"
	"schema_sql:\n"
	".incbin \"schema.sql\"\n"
	".byte 0\n"
	".size schema_sql, . - schema_sql\n"
	".text\n");
