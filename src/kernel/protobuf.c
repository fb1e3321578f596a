/* kernel/protobuf.c: as much of the protocol buffer encoding as CRIU's messages need */
#include "kernel/protobuf.h"

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };
enum { WIRE_BITS = 3, VARINT_MAX = 10 }; /* seven bits of 64 in each byte */

static void put_varint(struct buf *message, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_putc(message, (char)(0x80 | (value & 0x7f)));
	buf_putc(message, (char)value);
}

static void put_key(struct buf *message, unsigned number, enum wire wire)
{
	put_varint(message, (uint64_t)number << WIRE_BITS | wire);
}

void protobuf_put_number(struct buf *message, unsigned number, int64_t value)
{
	put_key(message, number, WIRE_VARINT);
	put_varint(message, (uint64_t)value);
}

void protobuf_put_bytes(struct buf *message, unsigned number, const void *data, size_t len)
{
	put_key(message, number, WIRE_BYTES);
	put_varint(message, len);
	buf_add(message, data, len);
}

static bool take_varint(struct protobuf_reader *reader, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < VARINT_MAX && reader->at < reader->end; i++) {
		const unsigned char byte = (unsigned char)*reader->at++;

		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static bool pass_over(struct protobuf_reader *reader, size_t len)
{
	if ((size_t)(reader->end - reader->at) < len)
		return false;
	reader->at += len;
	return true;
}

/* 1, 0 if it is of a width that nobody asks for, -1 */
static int take_field(struct protobuf_reader *reader, struct protobuf_field *ret)
{
	uint64_t key, value;

	if (!take_varint(reader, &key) || key >> WIRE_BITS == 0 || key >> WIRE_BITS > UINT32_MAX)
		return -1;
	*ret = (struct protobuf_field){ .number = (unsigned)(key >> WIRE_BITS) };
	switch (key & ((1U << WIRE_BITS) - 1)) {
	case WIRE_VARINT:
		if (!take_varint(reader, &value))
			return -1;
		ret->value = (int64_t)value;
		return 1;
	case WIRE_BYTES:
		if (!take_varint(reader, &value))
			return -1;
		ret->is_bytes = true;
		ret->data = reader->at;
		ret->len = value;
		return pass_over(reader, value) ? 1 : -1;
	case WIRE_FIXED64:
		return pass_over(reader, 8) ? 0 : -1;
	case WIRE_FIXED32:
		return pass_over(reader, 4) ? 0 : -1;
	default:
		return -1;
	}
}

int protobuf_next(struct protobuf_reader *reader, struct protobuf_field *ret)
{
	while (reader->at < reader->end) {
		const int result = take_field(reader, ret);

		if (result != 0)
			return result;
	}
	return 0;
}
