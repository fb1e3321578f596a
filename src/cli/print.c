/* cli/print.c: output for people */
#include "cli/print.h"

#include "base/utf8.h"

#include <string.h>

/* Columns on a terminal: bytes that start a character, and four for one that is written as \xNN. */
static size_t cell_width(const char *cell)
{
	size_t width = 0;

	while (*cell) {
		const size_t hidden = utf8_invisible(cell);

		width += hidden > 0 ? 4 * hidden : ((unsigned char)*cell & 0xc0) != 0x80;
		cell += hidden > 0 ? hidden : 1;
	}
	return width;
}

static const char *cell_text(const char *cell)
{
	return cell && cell[0] ? cell : "-";
}

static size_t column_width(const char *const *cells, size_t columns, size_t rows, size_t column)
{
	size_t widest = 0;

	for (size_t row = 0; row < rows; row++) {
		const size_t width = cell_width(cell_text(cells[row * columns + column]));

		widest = width > widest ? width : widest;
	}
	return widest;
}

void print_table(struct buf *ret, const char *const *cells, size_t columns, size_t rows)
{
	for (size_t row = 0; row < rows; row++) {
		for (size_t column = 0; column < columns; column++) {
			const char *cell = cell_text(cells[row * columns + column]);

			buf_put_visible(ret, cell);
			if (column + 1 == columns)
				break;

			const size_t gap =
				column_width(cells, columns, rows, column) - cell_width(cell) + 2;

			buf_printf(ret, "%*s", (int)gap, "");
		}
		buf_putc(ret, '\n');
	}
}
