#!/bin/sh
# Prints lighttpd's fixed pool of ways to instances: $ROOST_SLOTS of them
# (default 128), /_slot/00/ leading to $ROOST_DIR/run/slots/00.sock and so on.
# Which instance a slot leads to may change each second: the socket appears,
# is replaced and goes while lighttpd runs.  So a slot that failed is never
# remembered as failed (disable-time 0).

n=${ROOST_SLOTS:-128}
case $n in
'' | *[!0-9]*) echo "ROOST_SLOTS must be a number" >&2; exit 1 ;;
esac
i=0
echo 'proxy.server = ('
while [ "$i" -lt "$n" ]; do
	printf '"/_slot/%02d/" => (( "socket" => env.ROOST_DIR + "/run/slots/%02d.sock", "disable-time" => 0 )),\n' "$i" "$i"
	i=$((i + 1))
done
echo ')'
