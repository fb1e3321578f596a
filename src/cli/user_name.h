/* cli/user_name.h: what a user of the host is called */
#ifndef BRIG_CLI_USER_NAME_H
#define BRIG_CLI_USER_NAME_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdint.h>

enum { USER_NAMES_MAX = 4 << 20 };

/**
 * user_name() - the name of @uid, from @arena; "#1000" if it has none
 * @passwd: the text of /etc/passwd, passwd(5). Users from elsewhere (NSS: LDAP, systemd-homed) stay numbers:
 *          their libraries are not for a program that runs as root.
 */
[[nodiscard, gnu::returns_nonnull]] const char *user_name(const struct buf *passwd, uint32_t uid,
							  struct arena *arena);

#endif
