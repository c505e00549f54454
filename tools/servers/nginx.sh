# shellcheck shell=bash
# nginx for tools/run: see tools/servers/README.md.

parts='handler gate web'
web_program=nginx
web_package='nginx and libnginx-mod-http-lua'

web_check() {
	ROOST_DIR=$dir ROOST_WWW=$share/www "$share/nginx/serve" --check ||
		exit 1
}

web_argv() {
	argv=(env ROOST_DIR="$dir" ROOST_WWW="$share/www" ROOST_PORT="$port"
		ROOST_WORKSPACE_DOMAIN="$domain"
		"$share/nginx/serve")
}
