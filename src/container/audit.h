/* container/audit.h: which events of a container's life go to the audit log, and what they say */
#ifndef BRIG_CONTAINER_AUDIT_H
#define BRIG_CONTAINER_AUDIT_H

#include "container/prepare.h"

/** audit_refused() - policy said no. Always -1: *err stays the refusal, unless the log itself cannot be written */
[[nodiscard]] int audit_refused(struct runtime *runtime, const struct prepared *prepared,
				const char *id, struct error *err);

/** audit_created() - who created what, by which rules, from which config, with which ids and profiles. A log that cannot be written fails the create */
[[nodiscard]] int audit_created(struct runtime *runtime, const struct prepared *prepared,
				const struct state *state, struct error *err);

/** audit_event() - start, exec, kill, delete … of an existing container; @judgement: of exec's process or update's resources, or NULL */
[[nodiscard]] int audit_event(struct runtime *runtime, const char *event,
			      const struct policy *policy, const struct state *state,
			      const struct judgement *judgement, struct error *err);

#endif
