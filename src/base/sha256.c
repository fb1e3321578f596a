/* base/sha256.c: FIPS 180-4, sections 4.1.2, 5 and 6.2; names of variables as there */
#include "base/sha256.h"

#include <string.h>

enum { BLOCK = 64, ROUNDS = 64 };

// clang-format off
static const uint32_t K[ROUNDS] = { /* 4.2.2 */
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
// clang-format on

static inline uint32_t rotr(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static inline uint32_t big_endian(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       (uint32_t)bytes[3];
}

static void compress(uint32_t state[static 8], const uint8_t *block)
{
	uint32_t w[ROUNDS];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

	for (size_t t = 0; t < 16; t++)
		w[t] = big_endian(block + 4 * t);
	for (size_t t = 16; t < ROUNDS; t++) {
		const uint32_t s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
		const uint32_t s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10;

		w[t] = w[t - 16] + s0 + w[t - 7] + s1;
	}
	for (size_t t = 0; t < ROUNDS; t++) {
		const uint32_t S1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
		const uint32_t T1 = h + S1 + ((e & f) ^ (~e & g)) + K[t] + w[t];
		const uint32_t S0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
		const uint32_t T2 = S0 + ((a & b) ^ (a & c) ^ (b & c));

		h = g;
		g = f;
		f = e;
		e = d + T1;
		d = c;
		c = b;
		b = a;
		a = T1 + T2;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void sha256_start(struct sha256 *hash)
{
	*hash = (struct sha256){
		.state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
			   0x1f83d9ab, 0x5be0cd19 }, /* 5.3.3 */
	};
}

void sha256_add(struct sha256 *hash, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	const size_t held = hash->len % BLOCK;

	hash->len += len;
	if (held > 0) {
		const size_t take = len < BLOCK - held ? len : BLOCK - held;

		memcpy(hash->block + held, bytes, take);
		if (held + take < BLOCK)
			return;
		compress(hash->state, hash->block);
		bytes += take;
		len -= take;
	}
	for (; len >= BLOCK; bytes += BLOCK, len -= BLOCK)
		compress(hash->state, bytes);
	if (len > 0)
		memcpy(hash->block, bytes, len);
}

void sha256_end(struct sha256 *hash, uint8_t ret[static SHA256_SIZE])
{
	const uint64_t bits = hash->len * 8;
	uint8_t padding[BLOCK + 8] = {
		0x80
	}; /* 5.1.1: a one, zeros, the length in the last 8 bytes */
	const size_t held = hash->len % BLOCK;
	const size_t blocks = held < BLOCK - 8 ? 1 : 2;
	const size_t zeros_end = blocks * BLOCK - 8 - held;

	for (size_t i = 0; i < 8; i++)
		padding[zeros_end + i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_add(hash, padding, zeros_end + 8);
	for (size_t i = 0; i < SHA256_SIZE; i++)
		ret[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_end_text(struct sha256 *hash, char ret[static SHA256_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_SIZE];

	sha256_end(hash, digest);
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		ret[2 * i] = digits[digest[i] >> 4];
		ret[2 * i + 1] = digits[digest[i] & 15];
	}
	ret[SHA256_TEXT_SIZE - 1] = '\0';
}

void sha256_text(const void *data, size_t len, char ret[static SHA256_TEXT_SIZE])
{
	struct sha256 hash;

	sha256_start(&hash);
	sha256_add(&hash, data, len);
	sha256_end_text(&hash, ret);
}
