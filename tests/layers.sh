#!/bin/sh
# tests/layers.sh [TREE]: the house stands as docs/ARCHITECTURE.md says: each
# folder includes only what its USES_ row in the Makefile names, and a library
# from outside only where it belongs. Prints one line per violation.

set -eu
cd "${1:-$(dirname "$0")/..}"

# shellcheck disable=SC2046 # one word per folder
find $(ls -d lib cgi cron ctl 2>/dev/null) \( -name '*.c' -o -name '*.h' -o -name '*.def' \) \
	-exec awk '
BEGIN {
	while ((getline line < "Makefile") > 0)
		if (match(line, /^USES_[a-z]+[ \t]*:=/)) {
			n = split(line, word, /[ \t:=]+/)
			folder = substr(word[1], 6)
			known[folder] = 1
			for (i = 2; i <= n; i++)
				may[folder, word[i]] = 1
		}

	# A header from outside, and who may include it.
	only["sqlite3.h"]     = "store"
	only["curl/"]         = "net"
	only["fcgiapp.h"]     = "cgi"
	only["fastcgi.h"]     = "cgi"
	only["fcgi_stdio.h"]  = ""
	only["json-c/"]       = "web archive cgi ctl docker engine home"
	only["archive.h"]     = "archive"
	only["archive_entry.h"] = "archive"
	only["expat.h"]       = "archive"
	only["openssl/"]      = "base archive"
	only["crypt.h"]       = "service"
	only["magic.h"]       = "cgi"

	# Of rules the outside world needs the names of things, no more.
	narrow["engine", "rules"]  = "rules/names.h"
	narrow["home", "rules"]    = "rules/names.h"
	narrow["archive", "rules"] = "rules/names.h"

	# Rules are pure: no clock, no file, no process, no log.
	n = split("base/clock.h base/fs.h base/lock.h base/log.h " \
		"base/proc.h time.h unistd.h fcntl.h sys/stat.h sys/time.h " \
		"sys/socket.h sys/wait.h dirent.h", word, " ")
	for (i = 1; i <= n; i++)
		impure[word[i]] = 1
}

function no(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why
	bad = 1
}

FNR == 1 {
	n = split(FILENAME, part, "/")
	me = part[1] == "lib" ? part[2] : part[1]
	if (!(me in known))
		no("no USES_" me " row in the Makefile")
}

/^[ \t]*#[ \t]*include[ \t]/ {
	what = $0
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", what)
	ours = substr(what, 1, 1) == "\""
	what = substr(what, 2)
	sub(/[">].*$/, "", what)
	if (me == "rules" && what in impure)
		no("rules are pure: no " what)
	if (ours)
		inside(what)
	else
		outside(what)
}

function inside(what,    to) {
	if (what !~ /\//) {
		no("include by path from lib/ or the top: " what)
		return
	}
	to = substr(what, 1, index(what, "/") - 1)
	if (!((me, to) in may))
		no(me " may not use " to " (" what ")")
	else if ((me, to) in narrow && index(" " narrow[me, to] " ",
		" " what " ") == 0)
		no(me " may use only " narrow[me, to] " of " to \
			" (" what ")")
	if (me == "cgi" && (to == "home" || to == "archive") &&
	    FILENAME !~ /^cgi\/page_(files|archives)[a-z_]*\.c$/)
		no("only the pages about files of a home may use " to)
}

function outside(what,    h) {
	for (h in only)
		if ((what == h || (h ~ /\/$/ && index(what, h) == 1)) &&
		    index(" " only[h] " ", " " me " ") == 0)
			no("<" what "> belongs in: " \
				(only[h] == "" ? "nowhere" : only[h]))
}

END { exit bad }
' {} +
