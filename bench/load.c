/*
 * load PORT CONNECTIONS SECONDS STATUS < REQUEST: the load generator as a
 * program, for benchmarks that are scripts. Prints one line:
 *
 *   REQUESTS FAILED PER_SECOND P50_US P99_US
 */
#include "bench/load.h"

int
main(int argc, char *argv[])
{
	static char request[1 << 16];
	struct load l = {.request = request};
	struct load_result r;

	if (argc != 5 || !fread(request, 1, sizeof(request) - 1, stdin) ||
	    (l.connections = (int)strtol(argv[2], NULL, 10)) < 1 ||
	    l.connections > LOAD_THREADS) {
		fprintf(stderr, "load PORT CONNECTIONS SECONDS STATUS "
				"< REQUEST\n");
		return 2;
	}
	l.port = (int)strtol(argv[1], NULL, 10);
	l.seconds = strtod(argv[3], NULL);
	l.status = argv[4];
	r = load_run(&l);
	printf("%zu %zu %.1f %.1f %.1f\n", r.n, r.bad, r.per_second, r.p50_us,
	       r.p99_us);
	return r.bad > 0;
}
