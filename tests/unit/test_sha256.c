/* SHA-256: the examples of FIPS 180-4 (csrc.nist.gov, "Examples with Intermediate Values"), and
 * lengths at the padding's edges */
#include "base/sha256.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// clang-format off
static const struct example {
	const char *text, *digest;
} examples[] = {
	{ "",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
};
// clang-format on

static void the_examples_of_the_standard_hold(void **state)
{
	char digest[SHA256_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
		sha256_text(examples[i].text, strlen(examples[i].text), digest);
		assert_string_equal(digest, examples[i].digest);
	}
}

static void a_million_letters_have_the_digest_of_the_standard(void **state)
{
	char thousand[1000], digest[SHA256_TEXT_SIZE];
	struct sha256 hash;

	(void)state;
	memset(thousand, 'a', sizeof thousand);
	sha256_start(&hash);
	for (int i = 0; i < 1000; i++)
		sha256_add(&hash, thousand, sizeof thousand);
	sha256_end_text(&hash, digest);
	assert_string_equal(digest,
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* One digest over the digests of 0, 1, … 200 zeros; the reference is from Python's hashlib. */
static void every_length_around_the_padding_is_right(void **state)
{
	static const char zeros[200];
	char digest[SHA256_TEXT_SIZE];
	struct sha256 all;

	(void)state;
	sha256_start(&all);
	for (size_t len = 0; len <= sizeof zeros; len++) {
		sha256_text(zeros, len, digest);
		sha256_add(&all, digest, sizeof digest - 1);
	}
	sha256_end_text(&all, digest);
	assert_string_equal(digest,
			    "f55e502cfd80fef78fe7206d99c6dff4fab60fd17201a0a656296ce47240e6f2");
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
	char text[300], whole[SHA256_TEXT_SIZE], pieces[SHA256_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('a' + i % 26);
	sha256_text(text, sizeof text, whole);
	for (size_t step = 1; step <= 130; step++) {
		struct sha256 hash;

		sha256_start(&hash);
		for (size_t at = 0; at < sizeof text; at += step) {
			const size_t left = sizeof text - at;

			sha256_add(&hash, text + at, left < step ? left : step);
		}
		sha256_end_text(&hash, pieces);
		assert_string_equal(pieces, whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_standard_hold),
		cmocka_unit_test(a_million_letters_have_the_digest_of_the_standard),
		cmocka_unit_test(every_length_around_the_padding_is_right),
		cmocka_unit_test(pieces_give_the_digest_of_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
