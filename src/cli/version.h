/* cli/version.h: which brig this is, and which specification it speaks */
#ifndef BRIG_CLI_VERSION_H
#define BRIG_CLI_VERSION_H

/* The oldest and the newest version of the OCI runtime specification, features.md. */
#define VERSION_SPEC_MIN "1.0.0"
#define VERSION_SPEC_MAX "1.3.0"

const char *version_number(void);
/** version_commit() - of the source tree that this was built from, or "unknown" */
const char *version_commit(void);

#endif
