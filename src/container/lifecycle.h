/* container/lifecycle.h: the states of a container, and which command each of them allows
 *
 *	          create            start             exit, kill
 *	(absent) ────────▶ created ────────▶ running ────────────▶ stopped ── delete ──▶ (absent)
 *	                                     │     ▲                  ▲
 *	                               pause ▼     │ resume           │
 *	                                     paused ─────── kill ─────┘
 *
 * "creating" is a container whose create has not returned. The statuses are those of runtime.md,
 * "State", and "paused", which every runtime adds. The texts of refusals are matched by engines:
 * changing one breaks the clean-up of containerd or CRI-O.
 */
#ifndef BRIG_CONTAINER_LIFECYCLE_H
#define BRIG_CONTAINER_LIFECYCLE_H

#include "base/error.h"

#include <stdbool.h>

enum container_status {
	STATUS_CREATING,
	STATUS_CREATED,
	STATUS_RUNNING,
	STATUS_PAUSED,
	STATUS_STOPPED,
	STATUS_COUNT
};

enum lifecycle_command {
	COMMAND_START,
	COMMAND_KILL,
	COMMAND_DELETE, /* delete --force is allowed in every state and asks nobody */
	COMMAND_EXEC,
	COMMAND_EXEC_PAUSED, /* exec --ignore-paused */
	COMMAND_PAUSE,
	COMMAND_RESUME,
	COMMAND_UPDATE,
	COMMAND_PS,
	COMMAND_EVENTS,
	COMMAND_CHECKPOINT,
	COMMAND_COUNT
};

/** status_name() - "creating", "created", "running", "paused", "stopped" */
[[nodiscard, gnu::returns_nonnull]] const char *status_name(enum container_status status);

/** status_parse() - the status called @name; false if there is none */
[[nodiscard]] bool status_parse(const char *name, enum container_status *ret);

/**
 * lifecycle_check() - may @command be done to a container in @status?
 * Return: 0, or -1 with ERR_STATE and the text that engines know
 */
[[nodiscard]] int lifecycle_check(enum lifecycle_command command, enum container_status status,
				  const char *id, struct error *err);

#endif
