/* launch/fifo.h: a FIFO of linux.devices; config-linux.md, "Devices" */
#ifndef BRIG_LAUNCH_FIFO_H
#define BRIG_LAUNCH_FIFO_H

#include "base/error.h"
#include "plan/plan.h"

/**
 * fifo_make() - make @device->path below @root, with its owner and mode; one that is there stays
 * @proc: a procfs with this process
 * A FIFO is no device: a user namespace can make one, and there is none of the host's to bind.
 */
[[nodiscard]] int fifo_make(int root, int proc, const struct plan_device *device,
			    struct error *err);

#endif
