/* schema.sql, as text ended by 0, inside the program. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

extern const char schema_sql[];

#endif
