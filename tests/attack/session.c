/* session: run a command with a session keyring that holds a secret, as an engine's may
 *
 * usage: session FILE COMMAND…
 *
 * Joins a new session keyring, adds the key "brig-test-secret" of type user to it, writes the serial
 * numbers of keyring and key to FILE, and becomes COMMAND.
 */
#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	FILE *serials = argc > 2 ? fopen(argv[1], "we") : NULL;
	const long keyring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0);
	const long key = syscall(SYS_add_key, "user", "brig-test-secret", "open sesame", 11,
				 KEY_SPEC_SESSION_KEYRING);

	if (!serials || keyring < 0 || key < 0) {
		perror("session");
		return 1;
	}
	fprintf(serials, "%ld %ld\n", keyring, key);
	fclose(serials);
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
