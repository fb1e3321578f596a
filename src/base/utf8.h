/* base/utf8.h: strict UTF-8, RFC 3629
 *
 * No overlong forms, no surrogates, nothing above U+10FFFF: what two programs could read
 * differently is not text.
 */
#ifndef BRIG_BASE_UTF8_H
#define BRIG_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/** utf8_length() - bytes of the well-formed character at @text (1 to 4), 0 if there is none within
 * @len */
[[nodiscard]] size_t utf8_length(const char *text, size_t len);

/** utf8_valid() - is all of @text well-formed? */
[[nodiscard]] bool utf8_valid(const char *text, size_t len);

/** utf8_cut() - the largest length up to @len at which the string @text may end: no character is
 * split */
[[nodiscard]] size_t utf8_cut(const char *text, size_t len);

/**
 * utf8_invisible() - bytes at the beginning of @text that a terminal would act on rather than show
 * Control characters, C1 ones too, and those that change the direction of writing (Unicode TR 36, "bidirectional
 * text spoofing"): text of untrusted origin must neither move a cursor nor show other words than it has.
 * Return: 0: none
 */
[[nodiscard]] size_t utf8_invisible(const char *text);

#endif
