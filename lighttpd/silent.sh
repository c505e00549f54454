#!/bin/sh
# When lighttpd ends a connection to an instance on which nothing happens; it
# asks no client by keep-alives whether it is still there.
printf 'server.max-read-idle = %d\nserver.max-write-idle = %d\n' \
	"${ROOST_SILENT_SECONDS:-3600}" "${ROOST_SILENT_SECONDS:-3600}"
