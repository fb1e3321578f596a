/* container/act.h: a line in the audit log for what is done to a container without a judgement
 *
 * Start, kill, pause, resume, delete: who did it, and with which result. Unlike a decision of policy it
 * is written when it has been done: a full disk must not keep anybody from ending a container. `run`
 * has the line of its create, and none of these.
 */
#ifndef BRIG_CONTAINER_ACT_H
#define BRIG_CONTAINER_ACT_H

#include "container/handle.h"

/**
 * act_log() - append the line; a container that does not exist has none
 * @event:  "start"
 * @result: of the act; -1: with @err as its failure
 * A line that cannot be written is a warning.
 * Return: @result
 */
int act_log(const struct runtime *runtime, const char *event, const char *id, int result,
	    const struct error *err);

/** act_kill() - SIGKILL to all of a container that another act has to end */
[[nodiscard]] int act_kill(const struct handle *handle, struct error *err);

#endif
