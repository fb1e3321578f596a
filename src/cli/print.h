/* cli/print.h: output for people */
#ifndef BRIG_CLI_PRINT_H
#define BRIG_CLI_PRINT_H

#include "base/buf.h"

#include <stddef.h>

/**
 * print_table() - add rows of cells in columns as wide as their widest cell
 * @cells: row by row, @columns each; the first row is the header. NULL prints as "-"
 */
void print_table(struct buf *ret, const char *const *cells, size_t columns, size_t rows);

#endif
