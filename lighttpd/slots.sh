#!/bin/sh
# slots.sh slot|port: prints lighttpd's fixed pool of ways to instances,
# $ROOST_SLOTS of them (default 128). /_slot/00/ leads to
# $ROOST_DIR/run/slots/00.sock and so on; /_port/00/ to port $ROOST_PORT_BASE
# (default 20000) of 127.0.0.1 and so on.
# Which instance a slot leads to may change each second: the socket appears,
# is replaced and goes while lighttpd runs.  So a slot that failed is never
# remembered as failed (disable-time 0).

n=${ROOST_SLOTS:-128}
port=${ROOST_PORT_BASE:-20000}
case $n$port in
'' | *[!0-9]*)
	echo "ROOST_SLOTS and ROOST_PORT_BASE must be numbers" >&2
	exit 1
	;;
esac
i=0
echo 'proxy.server = ('
while [ "$i" -lt "$n" ]; do
	case $1 in
	slot) way='"socket" => env.ROOST_DIR + "/run/slots/%02d.sock"' at=$i ;;
	port) way='"host" => "127.0.0.1", "port" => %d' at=$((port + i)) ;;
	esac
	printf "\"/_$1/%02d/\" => (( $way, \"disable-time\" => 0 )),\n" "$i" "$at"
	i=$((i + 1))
done
echo ')'
