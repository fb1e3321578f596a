/* cli/print.c: output for people */
#include "cli/print.h"

#include <string.h>

void print_visible(struct buf *ret, const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			buf_printf(ret, "\\x%02x", (unsigned char)*text);
		else
			buf_putc(ret, *text);
	}
}

/* Columns on a terminal: bytes that start a character, and four for one that is written as \xNN. */
static size_t cell_width(const char *cell)
{
	size_t width = 0;

	for (; *cell; cell++) {
		const unsigned char byte = (unsigned char)*cell;

		if (byte < 0x20 || byte == 0x7f)
			width += 4;
		else
			width += (byte & 0xc0) != 0x80;
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

			print_visible(ret, cell);
			if (column + 1 == columns)
				break;

			const size_t gap =
				column_width(cells, columns, rows, column) - cell_width(cell) + 2;

			buf_printf(ret, "%*s", (int)gap, "");
		}
		buf_putc(ret, '\n');
	}
}
