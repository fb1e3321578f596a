/* container/audit.c: which events of a container's life go to the audit log, and what they say */
#include "container/audit.h"

int audit_refused(struct runtime *, const struct prepared *, const char *, struct error *)
{
	return -1;
}

int audit_created(struct runtime *, const struct prepared *, const struct state *, struct error *)
{
	return 0;
}

int audit_event(struct runtime *, const char *, const struct policy *, const struct state *,
		const struct judgement *, struct error *)
{
	return 0;
}
