/* base/table.h: rows that are found by name
 *
 * A table is a const array of structs whose first member is `const char *name`. Linear search:
 * sixty rows need no more.
 */
#ifndef BRIG_BASE_TABLE_H
#define BRIG_BASE_TABLE_H

#include "base/cleanup.h"

#include <stddef.h>

/** table_find() - the row called @name, or NULL */
#define table_find(table, name)                                                                    \
	((typeof(&(table)[0]))table_find_row((table), ARRAY_LEN(table), sizeof((table)[0]), (name)))
[[nodiscard]] const void *table_find_row(const void *table, size_t rows, size_t row_size,
					 const char *name);

/** table_nearest() - the name closest to @name by edit distance, or NULL if none is near: for "did
 * you mean" */
#define table_nearest(table, name)                                                                 \
	table_nearest_name((table), ARRAY_LEN(table), sizeof((table)[0]), (name))
[[nodiscard]] const char *table_nearest_name(const void *table, size_t rows, size_t row_size,
					     const char *name);

/** table_names() - "a, b, c" of all names into @ret (cut with "…"), for messages */
#define table_names(table, ret, size)                                                              \
	table_names_list((table), ARRAY_LEN(table), sizeof((table)[0]), (ret), (size))
const char *table_names_list(const void *table, size_t rows, size_t row_size, char *ret,
			     size_t size);

/* The commonest row: a word and the number that it stands for. */
struct name_value {
	const char *name;
	long value;
};

#endif
