/* cli/commands.h: what each cmd_<name>.c defines */
#ifndef BRIG_CLI_COMMANDS_H
#define BRIG_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_command cmd_create, cmd_start, cmd_state, cmd_kill, cmd_delete, cmd_run,
	cmd_exec, cmd_list, cmd_ps, cmd_pause, cmd_resume, cmd_update, cmd_events, cmd_spec,
	cmd_checkpoint, cmd_restore, cmd_plan, cmd_audit, cmd_policy, cmd_features;

#endif
