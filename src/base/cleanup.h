/* base/cleanup.h: ownership that is visible in the declaration
 *
 *	autoclose int fd = openat2(…);     closed when the scope ends
 *	autofree char *text = …;           freed when the scope ends
 *	return fd_take(&fd);               handed on: the variable becomes -1
 */
#ifndef BRIG_BASE_CLEANUP_H
#define BRIG_BASE_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define autofree  [[gnu::cleanup(cleanup_free)]]
#define autoclose [[gnu::cleanup(cleanup_close)]]

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close(const int *fd)
{
	const int saved = errno; /* a cleanup never hides the error that led to it */

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline int fd_take(int *fd)
{
	const int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void *ptr_take_raw(void *pointer_to_pointer)
{
	void *taken = *(void **)pointer_to_pointer;

	*(void **)pointer_to_pointer = NULL;
	return taken;
}
#define ptr_take(pointer) ((typeof(*(pointer)))ptr_take_raw(pointer))

#endif
