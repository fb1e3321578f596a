/* fuzz_image: any bytes as brig.json of a checkpoint either are refused with a reason, or are a record that survives
 * being written and read again.
 */
#include "base/cleanup.h"
#include "container/id.h"
#include "container/image.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena arena = {};
	autobuf struct buf first = {}, second = {};
	struct image image = {};
	struct error err = {};

	if (image_parse((const char *)data, size, &arena, &image, &err) < 0) {
		if (err.text[0] == '\0')
			abort();
		return 0;
	}
	if (!id_is_valid(image.id))
		abort();
	for (size_t i = 0; i < image.n_mounts; i++) {
		if (image.mounts[i].point[0] != '/')
			abort();
	}

	image_format(&image, &first);
	if (image_parse(first.data, first.len, &arena, &image, &err) < 0)
		abort();
	image_format(&image, &second);
	if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
		abort();
	return 0;
}
