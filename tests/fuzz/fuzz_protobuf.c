/* fuzz_protobuf: any bytes as a message of CRIU's are read to their end or refused, and each field lies within them.
 */
#include "kernel/protobuf.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1); /* to the byte: a look beyond it shows */
	struct protobuf_reader reader;
	struct protobuf_field field;
	size_t n = 0;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	reader = (struct protobuf_reader){ copy, copy + size };
	while (protobuf_next(&reader, &field) > 0) {
		if (++n > size)
			abort();
		if (field.is_bytes &&
		    (field.data < copy || field.len > size || field.data + field.len > copy + size))
			abort();
	}
	free(copy);
	return 0;
}
