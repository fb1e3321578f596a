/* base/table.c: rows that are found by name */
#include "base/table.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Longer names are never suggested: no word of brig's tables comes near. */
enum { NEAREST_LEN_MAX = 64 };

static const char *row_name(const void *table, size_t row, size_t row_size)
{
	return *(const char *const *)((const char *)table + row * row_size);
}

const void *table_find_row(const void *table, size_t rows, size_t row_size, const char *name)
{
	for (size_t i = 0; i < rows; i++) {
		const char *candidate = row_name(table, i, row_size);

		if (candidate && strcmp(candidate, name) == 0)
			return (const char *)table + i * row_size;
	}
	return NULL;
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance: insert, delete, replace, swap neighbours; case is no
 * difference. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NEAREST_LEN_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			const bool same = lower(a[i - 1]) == lower(b[j - 1]);

			row[j] = min(last[j - 1] + !same, min(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				row[j] = min(row[j], before[j - 2] + 1);
		}

		size_t *oldest = before;

		before = last;
		last = row;
		row = oldest;
	}
	return last[b_len];
}

const char *table_nearest_name(const void *table, size_t rows, size_t row_size, const char *name)
{
	const size_t len = strlen(name);
	const char *nearest = NULL;
	size_t best = len < 3 ? 2 : len / 3 + 1; /* at most a third of it wrong, or one letter */

	if (len == 0 || len > NEAREST_LEN_MAX)
		return NULL;
	for (size_t i = 0; i < rows; i++) {
		const char *candidate = row_name(table, i, row_size);
		const size_t candidate_len = candidate ? strlen(candidate) : 0;

		if (candidate_len == 0 || candidate_len > NEAREST_LEN_MAX)
			continue;

		const size_t d = distance(name, len, candidate, candidate_len);

		if (d < best && d < candidate_len) {
			nearest = candidate;
			best = d;
		}
	}
	return nearest;
}

const char *table_names_list(const void *table, size_t rows, size_t row_size, char *ret,
			     size_t size)
{
	static const char cut[] = ", …";
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < rows; i++) {
		const char *name = row_name(table, i, row_size);

		if (!name)
			continue;

		const size_t need = strlen(name) + (len > 0 ? 2 : 0);

		/* The mark must fit behind what is there already, whichever name is the last to
		 * fit. */
		if (len + need + sizeof cut > size) {
			if (len + sizeof cut <= size)
				memcpy(ret + len, len > 0 ? cut : cut + 2,
				       len > 0 ? sizeof cut : sizeof cut - 2);
			return ret;
		}
		len += (size_t)snprintf(ret + len, size - len, "%s%s", len > 0 ? ", " : "", name);
	}
	return ret;
}
