/* cli/version.c: --version, which engines show to their users and take apart line by line
 *
 * dockerd looks for a line that starts with "commit:"; go-runc for "commit: " and "spec: ".
 */
#include "cli/version.h"
#include "cli/cli.h"

const char *version_number(void)
{
	return BRIG_VERSION;
}

const char *version_commit(void)
{
	return BRIG_COMMIT;
}

void cli_version(struct buf *ret)
{
	buf_printf(ret,
		   "brig version %s\n"
		   "commit: %s\n"
		   "spec: %s\n",
		   BRIG_VERSION, BRIG_COMMIT, VERSION_SPEC_MAX);
}
