/* What doctor says about host names of workspaces: docs/HOSTNAMES.md. */
#include "base/host.h"
#include "ctl/doctor.h"

void
doctor_hosts(struct doctor *d)
{
	const struct site *s = &d->c->site;

	if (!d->site)
		return;
	if (!host_mode(s)) {
		doctor_say(d, VERDICT_OK,
			   "workspaces share the control plane's host: what "
			   "runs in one can act as its visitor in Roost; "
			   "workspace_domain keeps them apart "
			   "(docs/HOSTNAMES.md)");
		return;
	}
	if (!host_https(s))
		doctor_say(
			d, VERDICT_WARN,
			"base_url is http: browsers keep hosts of workspaces "
			"apart as they should with https only; let a server "
			"in front speak TLS, and set base_url = https://...");
	if (host_shadows(s))
		doctor_say(d, VERDICT_WARN,
			   "%s is the control plane's own host or above it, so "
			   "that workspaces may set cookies for it; choose a "
			   "domain beside it",
			   s->workspace_domain);
	if (host_https(s) && !host_shadows(s))
		doctor_say(d, VERDICT_OK, "each at {id}.%s",
			   s->workspace_domain);
}
