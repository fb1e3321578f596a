/* base/utf8.c: strict UTF-8, RFC 3629 */
#include "base/utf8.h"

#include "base/cleanup.h"

// clang-format off
/* RFC 3629 section 4: which second byte may follow which first byte; all later ones are 80..BF. */
static const struct lead {
	unsigned char first_min, first_max, second_min, second_max, length;
} leads[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 }, /* above 9F: surrogates */
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};
// clang-format on

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t utf8_length(const char *text, size_t len)
{
	const unsigned char *byte = (const unsigned char *)text;

	if (len == 0)
		return 0;
	if (byte[0] < 0x80)
		return 1;

	for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
		const struct lead *lead = &leads[i];

		if (byte[0] < lead->first_min || byte[0] > lead->first_max)
			continue;
		if (len < lead->length || byte[1] < lead->second_min || byte[1] > lead->second_max)
			return 0;
		for (size_t k = 2; k < lead->length; k++) {
			if (!is_continuation(text[k]))
				return 0;
		}
		return lead->length;
	}
	return 0;
}

bool utf8_valid(const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		const size_t n = utf8_length(text + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

size_t utf8_cut(const char *text, size_t len)
{
	size_t start = len;

	/* A character is at most four bytes: what goes on for longer is not text and may be cut
	 * anywhere. */
	for (size_t back = 0; back < 3 && start > 0 && is_continuation(text[start]); back++)
		start--;
	return is_continuation(text[start]) ? len : start;
}

size_t utf8_invisible(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	if ((at[0] != '\0' && at[0] < ' ') || at[0] == 0x7f)
		return 1;
	if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) /* U+0080 to U+009F */
		return 2;
	if (at[0] != 0xe2)
		return 0;
	/* U+202A to U+202E, U+2066 to U+2069 */
	return (at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
			       (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9)
		       ? 3
		       : 0;
}
