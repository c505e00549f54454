# shellcheck shell=bash
# lighttpd for tools/run: see tools/servers/README.md.

parts='handler gate web'
web_program=lighttpd
web_package=lighttpd

web_check() {
	mkdir -p "$dir/run/slots"
}

web_argv() {
	argv=(env ROOST_DIR="$dir" ROOST_WWW="$share/www"
		ROOST_LIGHTTPD="$share/lighttpd" ROOST_PORT="$port"
		ROOST_SLOTS="$slots" ROOST_PORT_BASE="$port_base"
		ROOST_WORKSPACE_DOMAIN="$domain"
		"$web" -D -f "$share/lighttpd/roost.conf")
}
