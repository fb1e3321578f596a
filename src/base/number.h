/* base/number.h: decimal numbers in the kernel's files and in ours */
#ifndef BRIG_BASE_NUMBER_H
#define BRIG_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/**
 * numbers_take() - the next @n numbers of a line, with spaces before each
 * @at:  moved behind the last that was taken
 * @max: a larger one is not taken
 *
 * Digits alone, no sign. sscanf(3) is undefined for what does not fit, and with its locale makes
 * 0.2 MB of the C library resident.
 *
 * Return: how many were taken
 */
size_t numbers_take(const char **at, uint64_t max, uint64_t *ret, size_t n);

#endif
