/* kernel/protobuf.h: as much of the protocol buffer encoding as CRIU's messages need
 *
 * A message is a row of fields, each a key (its number and how its value is written) and a value.
 * Two ways of writing are used here: varint (numbers, booleans, enums) and length-delimited (text,
 * and messages within messages).
 */
#ifndef BRIG_KERNEL_PROTOBUF_H
#define BRIG_KERNEL_PROTOBUF_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** protobuf_put_number() - add field @number with a number; a negative int32 as ten bytes, as the encoding has it */
void protobuf_put_number(struct buf *message, unsigned number, int64_t value);
/** protobuf_put_bytes() - add field @number with text or a message */
void protobuf_put_bytes(struct buf *message, unsigned number, const void *data, size_t len);

struct protobuf_field {
	unsigned number;
	bool is_bytes;
	int64_t value;    /* of a number */
	const char *data; /* of text or a message: in the message that was read */
	size_t len;
};

/* A message while it is read. */
struct protobuf_reader {
	const char *at, *end;
};

/**
 * protobuf_next() - the next field
 * Return: 1, 0 at the end of the message, -1 if it is none. Fields of widths that are not used here
 * (fixed32, fixed64) are passed over.
 */
[[nodiscard]] int protobuf_next(struct protobuf_reader *reader, struct protobuf_field *ret);

#endif
