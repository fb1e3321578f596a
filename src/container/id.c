/* container/id.c: which names a container may have */
#include "container/id.h"

#include <string.h>

#define FIRST "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-"
#define OTHER FIRST "."

bool id_is_valid(const char *id)
{
	const size_t len = strlen(id);

	return len > 0 && len <= CONTAINER_ID_MAX && strchr(FIRST, id[0]) != NULL &&
	       strspn(id, OTHER) == len;
}

int id_check(const char *id, struct error *err)
{
	if (id_is_valid(id))
		return 0;

	/* An id that is too long is cut, and one with control characters not repeated at all. */
	if (strlen(id) > CONTAINER_ID_MAX)
		(void)error_set(err, ERR_USAGE, /* where = */ NULL,
				"invalid container ID format: longer than %d bytes",
				CONTAINER_ID_MAX);
	else if (strspn(id, OTHER "/:@ ,=~") == strlen(id))
		(void)error_set(err, ERR_USAGE, /* where = */ NULL,
				"invalid container ID format: '%s'", id);
	else
		(void)error_set(err, ERR_USAGE, /* where = */ NULL, "invalid container ID format");
	return error_remedy(err, "use letters, digits and _ + - . only, without a dot in front");
}
