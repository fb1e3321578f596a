/* base/error.h: the error value, carried by its holder
 *
 * What can fail returns 0 (or a descriptor) and -1, or an owned pointer and NULL; on failure *err
 * is filled. The error owns no memory: it works after clone3(2), and crosses a socket as it is.
 * Context is added where it is known, once. Only cli/ prints.
 */
#ifndef BRIG_BASE_ERROR_H
#define BRIG_BASE_ERROR_H

enum error_kind {
	ERR_USAGE,  /* the command line */
	ERR_SPEC,   /* config.json: `where` is a JSON pointer */
	ERR_POLICY, /* refused by policy: `where` is a rule id */
	ERR_STATE,  /* no such container, or not in a state that allows this */
	ERR_KERNEL, /* a system call failed: `code` is its errno */
};

struct error {
	enum error_kind kind;
	int code;         /* errno, or 0 */
	char where[128];  /* what the user can go and change: pointer, rule id or path; or empty */
	char text[512];   /* outermost context first, cause last */
	char remedy[256]; /* one sentence, or empty */
};

#define fails(fmt, args) [[nodiscard, gnu::cold, gnu::format(printf, fmt, args)]] int

/**
 * error_set() - fill an error
 * @err:   out; what it held is overwritten
 * @where: pointer, rule id or path; NULL for none
 *
 * Return: -1, so that a failure is one statement: return error_set(err, …);
 */
fails(4, 5)
	error_set(struct error *err, enum error_kind kind, const char *where, const char *fmt, ...);

/** error_sys() - the same for a failed system call: kind ERR_KERNEL, code and ": text" from errno
 */
fails(3, 4) error_sys(struct error *err, const char *where, const char *fmt, ...);

/** error_context() - put "…: " in front of the text; the cause at the end is cut first, never the
 * front */
fails(2, 3) error_context(struct error *err, const char *fmt, ...);

/** error_remedy() - what to do about it: one sentence without a full stop; replaces an earlier one
 */
fails(2, 3) error_remedy(struct error *err, const char *fmt, ...);

/** error_remedy_if_absent() - the same for a file that does not exist (ENOENT), unless it has one */
fails(2, 3) error_remedy_if_absent(struct error *err, const char *fmt, ...);

#endif
