/* fuzz_state: any bytes as state.json either are refused with a reason, or are a state that names
 * nothing beyond its container and survives being written and read again.
 */
#include "container/id.h"
#include "container/id_reservation.h"
#include "container/state.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena arena = {};
	autobuf struct buf first = {}, second = {};
	struct state state = {};
	struct error err = {};

	if (state_parse((const char *)data, size, &arena, &state, &err) < 0) {
		if (err.text[0] == '\0')
			abort();
		return 0;
	}
	if (!id_is_valid(state.id) || state.pid < 0 ||
	    (state.reservation && !id_reservation_is_name(state.reservation)) ||
	    (state.cgroup.path && strstr(state.cgroup.path, "/../")))
		abort();

	state_write(&state, &first);
	if (state_parse(first.data, first.len, &arena, &state, &err) < 0)
		abort();
	state_write(&state, &second);
	if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
		abort();

	struct buf printed = {};

	state_print(&state, &(struct json_out){ .buf = &printed }, true);
	buf_free(&printed);
	return 0;
}
