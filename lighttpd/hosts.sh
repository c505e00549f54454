#!/bin/sh
# Prints what lighttpd needs for workspaces on hosts of their own: nothing
# unless $ROOST_WORKSPACE_DOMAIN (workspace_domain of roost.conf) is set.
#
# Every host below the domain goes to the gate with all its paths, whatever the
# name: whose it is, the gate decides. Some paths there are not an instance's:
# /.roost/ is the handler's, also for the page when something failed; /_slot/
# and /_port/ are where route.lua turns requests to.

domain=${ROOST_WORKSPACE_DOMAIN%%:*}
[ -n "$domain" ] || exit 0
case $domain in
*[!a-z0-9.-]*)
	echo "ROOST_WORKSPACE_DOMAIN must be the workspace_domain of roost.conf" >&2
	exit 1
	;;
esac
name=$(printf '%s' "$domain" | sed 's/[.]/[.]/g')
cat <<CONF
\$HTTP["host"] =~ "[.]$name(:[0-9]*)?\$" {
	magnet.attract-raw-url-to = ( env.ROOST_LIGHTTPD + "/route.lua" )
	url.access-deny = ()
	setenv.set-response-header = ()
	server.range-requests = "disable"
	server.max-request-size = 102400
	server.stream-request-body = 2
	server.stream-response-body = 2
	server.max-read-idle = ${ROOST_SILENT_SECONDS:-3600}
	server.max-write-idle = ${ROOST_SILENT_SECONDS:-3600}
	server.error-handler = "/.roost/gateway"
	\$HTTP["url"] =~ "^/[.]roost/" {
		fastcgi.server = ( "/" => ((
			"socket" => env.ROOST_DIR + "/run/handler.sock",
			"check-local" => "disable",
			"fix-root-scriptname" => "enable",
			"disable-time" => 0,
		)) )
	}
	else \$HTTP["url"] !~ "^/_(slot|port)/" {
		fastcgi.server = ( "/" => (
			"gate" => (
				"socket" => env.ROOST_DIR + "/run/gate.sock",
				"check-local" => "disable",
				"mode" => "authorizer",
				"disable-time" => 0,
			),
			"handler" => (
				"socket" => env.ROOST_DIR + "/run/handler.sock",
				"check-local" => "disable",
				"fix-root-scriptname" => "enable",
				"disable-time" => 0,
			),
		) )
	}
}
CONF
