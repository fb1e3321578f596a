/* base/library.c: shared libraries that are loaded when they are used */
#include "base/library.h"

#include "base/table.h"

#include <assert.h>
#include <dlfcn.h>
#include <string.h>

// clang-format off
static const struct library {
	const char *soname;
	const char *package; /* in Debian and Ubuntu */
} libraries[] = {
	{ "libmnl.so.0",      "libmnl0"      },
	{ "libseccomp.so.2",  "libseccomp2"  },
	{ "libsystemd.so.0",  "libsystemd0"  },
};
// clang-format on

/* dlerror(3) says which file or symbol it was. */
static int cannot_load(const char *soname, struct error *err)
{
	const char *reason = dlerror();
	const struct library *library = table_find(libraries, soname);

	(void)error_set(err, ERR_KERNEL, soname, "cannot load %s: %s", soname,
			reason ? reason : "unknown reason");
	if (!library)
		return error_remedy(err, "install the library %s", soname);
	return error_remedy(err, "install the package %s", library->package);
}

int library_open(const char *soname, const struct library_symbol *symbols, size_t n, void *ret_api,
		 struct error *err)
{
	void *found[LIBRARY_SYMBOLS_MAX];

	assert(n <= LIBRARY_SYMBOLS_MAX);

	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return cannot_load(soname, err);

	for (size_t i = 0; i < n; i++) {
		found[i] = dlsym(library, symbols[i].name);
		if (!found[i])
			return cannot_load(soname, err);
	}

	/* memcpy: dlsym(3) gives functions as pointers to void, which C does not convert */
	for (size_t i = 0; i < n; i++)
		memcpy((char *)ret_api + symbols[i].offset, &found[i], sizeof found[i]);
	return 0;
}
