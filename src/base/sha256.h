/* base/sha256.h: SHA-256, FIPS 180-4
 *
 * Names a seccomp profile in the cache and config.json in the audit log. A hundred lines of our own:
 * each start needs a digest, and another shared library would be relocated before main() at each
 * start, which costs more than the digest. The functions have no secret input.
 */
#ifndef BRIG_BASE_SHA256_H
#define BRIG_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_TEXT_SIZE = 65 };

struct sha256 {
	uint32_t state[8];
	uint64_t len; /* bytes so far */
	uint8_t block[64];
};

void sha256_start(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *data, size_t len);
/** sha256_end() - @hash is of no use afterwards */
void sha256_end(struct sha256 *hash, uint8_t ret[static SHA256_SIZE]);

/** sha256_end_text() - the same in lower case hex, with a NUL */
void sha256_end_text(struct sha256 *hash, char ret[static SHA256_TEXT_SIZE]);

/** sha256_text() - the digest of @len bytes in hex */
void sha256_text(const void *data, size_t len, char ret[static SHA256_TEXT_SIZE]);

#endif
