#include <stdio.h>
#include <stdlib.h>

#include "base/proc.h"
#include "support/tcpd.h"

void
tcpd_certificate(const char *dir, const char *name)
{
	static const char alt[] = "subjectAltName=IP:127.0.0.1,DNS:localhost";
	struct cx cx = {0};
	char key[300], crt[300];
	const char *const argv[] = {"openssl",
				    "req",
				    "-x509",
				    "-newkey",
				    "ec",
				    "-pkeyopt",
				    "ec_paramgen_curve:P-256",
				    "-nodes",
				    "-days",
				    "2",
				    "-subj",
				    "/CN=test",
				    "-addext",
				    alt,
				    "-keyout",
				    key,
				    "-out",
				    crt,
				    NULL};
	int status = -1;
	enum err e;

	snprintf(key, sizeof(key), "%s/%s.key", dir, name);
	snprintf(crt, sizeof(crt), "%s/%s.crt", dir, name);
	cx_begin(&cx, NULL);
	e = proc_run(&cx, argv, (int64_t)60 * 1000, NULL, &status);
	cx_end(&cx);
	if (e || status) {
		fprintf(stderr, "openssl req: exit status %d\n", status);
		abort();
	}
}
