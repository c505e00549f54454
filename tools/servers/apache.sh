# shellcheck shell=bash
# Apache for tools/run: see tools/servers/README.md.
#
#   apache           mod_authnz_fcgi and mod_proxy_fcgi ask programs of ours
#   apache-checker   mod_fcgid runs both programs
#   apache-cgi       the handler is a plain CGI program; the gate is ours
#   apache-htaccess  a host that allows .htaccess files, and no more; the
#                    document root is SITE/public
#   apache-htaccess-cgi  the same, without mod_fcgid

web_program=apache2
web_package='apache2-bin and libapache2-mod-fcgid'
gate_inet=yes # mod_authnz_fcgi speaks to no UNIX socket
modules=${ROOST_MODULES:-/usr/lib/apache2/modules}
defines=()

case $server in
apache) parts='handler gate web' defines=(GATE) ;;
apache-checker) parts='web' defines=(FCGID MOD_FCGID) ;;
apache-cgi) parts='gate web' defines=(GATE CGI) ;;
apache-htaccess) parts='web' defines=(FCGID MOD_FCGID PUBLIC) ;;
apache-htaccess-cgi) parts='web' defines=(CGI PUBLIC) ;;
esac

# Apache's children are nobody in particular when it is started as root. They
# come to our sockets by their group; programs that Apache runs would be
# theirs, and could not come to the site.
as_root() {
	user=${ROOST_USER:-www-data}
	group=$(id -gn "$user" 2>/dev/null) ||
		die "there is no user $user; name another: ROOST_USER=..."
	[ "$server" = apache ] ||
		die "$server runs our programs as Apache's user: start it as" \
			"the user to whom the site is to belong, not as root"
	setpriv --reuid "$user" --regid "$group" --clear-groups \
		test -r "$share/www/static/roost.css" ||
		die "$user cannot read $share/www: install Roost where others" \
			"may read it (make install PREFIX=...)"
	setpriv --reuid "$user" --regid "$group" --clear-groups \
		test -x "$dir/run" ||
		die "$user cannot come to $dir: let others pass through the" \
			"folders above it, or choose another: make run DIR=..."
	chgrp "$group" "$dir/run"
	chmod g+xs "$dir/run"
	for p in sock slots; do
		[ ! -d "$dir/run/$p" ] || chgrp "$group" "$dir/run/$p"
	done
	defines+=(USER)
}

web_check() {
	local m missing=
	for m in fcgid authnz_fcgi proxy_fcgi; do
		[ -f "$modules/mod_$m.so" ] || missing+=" mod_$m"
	done
	[ -z "$missing" ] || die "not in $modules:$missing; install" \
		"$web_package, or name the folder: ROOST_MODULES=..."
	case $dir in
	*[!A-Za-z0-9/._+@,~-]*)
		die "use a site whose path has only letters, digits and" \
			"/._+@,~- for Apache: make run DIR=..." ;;
	esac
	user='' group=''
	[ "$(id -u)" != 0 ] || as_root
	case $server in
	apache-htaccess*)
		"$share/tools/htaccess" "$dir/public" "$dir" "$bin" "$share" \
			"${server#apache-htaccess-}" || exit 1 ;;
	esac
}

web_argv() {
	local d
	argv=(env ROOST_SITE="$dir" ROOST_SHARE="$share" ROOST_BIN="$bin"
		ROOST_GATE="$gate" ROOST_PORT="$port"
		ROOST_BIND="${ROOST_BIND:-127.0.0.1}"
		ROOST_MODULES="$modules" ROOST_PUBLIC="$dir/public"
		ROOST_USER="$user" ROOST_GROUP="$group"
		"$web" -DFOREGROUND -f "$share/apache/serve.conf")
	if [ -n "$domain" ]; then
		defines+=(HOSTS)
		argv=(env ROOST_DOMAIN="${domain%%:*}" "${argv[@]}")
	fi
	for d in "${defines[@]}"; do argv+=(-D "ROOST_$d"); done
}
