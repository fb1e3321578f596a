/* base/library.h: shared libraries that are loaded when they are used
 *
 * Each library that is linked costs every start its relocation, so only those that every start
 * needs are. A module that needs another one declares a struct of function pointers, with the types
 * of the library's own header, and a row for each:
 *
 *	struct seccomp_api {
 *		typeof(seccomp_init) *init;
 *	};
 *	static const struct library_symbol seccomp_symbols[] = {
 *		{ "seccomp_init", offsetof(struct seccomp_api, init) },
 *	};
 */
#ifndef BRIG_BASE_LIBRARY_H
#define BRIG_BASE_LIBRARY_H

#include "base/error.h"

#include <stddef.h>

struct library_symbol {
	const char *name; /* of a function of the library */
	size_t offset;    /* of its pointer in the caller's struct */
};

/**
 * library_open() - load @soname and fill a struct of function pointers
 * @soname:  with version: "libseccomp.so.2", found as dlopen(3) says
 * @symbols: at most LIBRARY_SYMBOLS_MAX
 * @ret_api: untouched on failure
 * The library stays loaded until the process ends. A second call finds it loaded already.
 *
 * Return: 0, or -1 with *err filled: ERR_KERNEL, where = @soname, the Debian package in the remedy
 */
[[nodiscard]] int library_open(const char *soname, const struct library_symbol *symbols, size_t n,
			       void *ret_api, struct error *err);

enum { LIBRARY_SYMBOLS_MAX = 64 };

#endif
