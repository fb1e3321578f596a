/* kernel/seccomp_cache.c: compiled programs, kept
 *
 * An entry is a file DIGEST.bpf: a header, then the instructions. The digest names what went in:
 * the profile, the machine and FORMAT, which changes whenever this module would compile the same
 * profile to another program. What compiled it is in the header: the path, inode, size and time of
 * libseccomp's file. They are compared with the file of now, so that an update of the library is
 * noticed without loading it, which a hit must not do.
 *
 * Who can write to the directory is root. The checks of owner and mode are for an administrator's
 * mistake, the checksum is for a disk's: entries are not synced, and a power cut may leave zeros. That
 * the instructions are sound BPF is the kernel's business, seccomp_check_filter().
 */
#include "kernel/seccomp_internal.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "kernel/seccomp.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

enum {
	FORMAT = 1,
	ENTRIES_MAX = 256, /* then the cache starts anew: a few MiB, whoever feeds it profiles */
	NAME_SIZE = SHA256_TEXT_SIZE + 8,
};

struct entry {
	char magic[8];
	uint32_t format;
	uint32_t n; /* instructions */
	uint32_t flags;
	char digest[SHA256_TEXT_SIZE];
	struct seccomp_library library;
	uint64_t checksum; /* over all, with this field zero */
	struct sock_filter filter[];
};

static const char magic[8] = "brigscmp";

/* FNV-1a over words: finds what a disk does to a file, at a tenth of the price of a digest. */
static uint64_t checksum(const void *data, size_t len)
{
	const unsigned char *bytes = data;
	uint64_t sum = 0xcbf29ce484222325, word = 0;

	for (size_t at = 0; at < len; at += sizeof word) {
		const size_t left = len - at;

		word = 0;
		memcpy(&word, bytes + at, left < sizeof word ? left : sizeof word);
		sum = (sum ^ word) * 0x100000001b3;
		sum ^= sum >> 32; /* plain FNV on words never carries high bits down */
	}
	return sum;
}

bool seccomp_library_stat(struct seccomp_library *library)
{
	struct stat status;

	if (stat(library->path, &status) < 0)
		return false;
	library->device = status.st_dev;
	library->inode = status.st_ino;
	library->size = (uint64_t)status.st_size;
	library->mtime_s = status.st_mtim.tv_sec;
	library->mtime_ns = status.st_mtim.tv_nsec;
	return true;
}

static bool is_unchanged(const struct seccomp_library *library)
{
	struct seccomp_library now = *library;

	return seccomp_library_stat(&now) && now.device == library->device &&
	       now.inode == library->inode && now.size == library->size &&
	       now.mtime_s == library->mtime_s && now.mtime_ns == library->mtime_ns;
}

static bool is_sound(struct entry *entry, size_t size, const char *digest)
{
	const uint64_t sum = entry->checksum;

	entry->checksum = 0;
	return memcmp(entry->magic, magic, sizeof magic) == 0 && entry->format == FORMAT &&
	       entry->n > 0 && entry->n <= BPF_MAXINSNS &&
	       size == sizeof *entry + entry->n * sizeof entry->filter[0] &&
	       memcmp(entry->digest, digest, sizeof entry->digest) == 0 &&
	       checksum(entry, size) == sum &&
	       memchr(entry->library.path, '\0', sizeof entry->library.path);
}

static bool is_ours(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == geteuid() && status->st_nlink == 1 &&
	       (status->st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static void name_of(const char *digest, char ret[static NAME_SIZE])
{
	snprintf(ret, NAME_SIZE, "%s.bpf", digest);
}

bool seccomp_cached(int cache, const char digest[static SHA256_TEXT_SIZE], struct arena *arena,
		    struct seccomp_program *ret)
{
	char name[NAME_SIZE];
	struct stat status;

	if (cache < 0)
		return false;
	name_of(digest, name);

	autoclose const int file =
		openat(cache, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (file < 0 || fstat(file, &status) < 0 || !is_ours(&status) ||
	    status.st_size < (off_t)sizeof(struct entry) ||
	    status.st_size > (off_t)(sizeof(struct entry) + sizeof(struct bpf_code)))
		return false;

	const size_t size = (size_t)status.st_size;
	struct entry *entry = arena_alloc(arena, size);

	if (read(file, entry, size) != (ssize_t)size || !is_sound(entry, size, digest) ||
	    !is_unchanged(&entry->library))
		return false;

	*ret = (struct seccomp_program){
		.filter = entry->filter,
		.n = (unsigned short)entry->n,
		.flags = entry->flags,
		.from_cache = true,
	};
	memcpy(ret->digest, entry->digest, sizeof ret->digest);
	return true;
}

/* Engines repeat a handful of profiles; whoever makes up new ones only slows down himself. */
static void empty_when_full(int cache)
{
	DIR *directory = fd_list(cache);
	size_t n = 0;

	if (!directory)
		return;
	while (readdir(directory))
		n++;
	if (n >= ENTRIES_MAX) {
		rewinddir(directory);
		for (const struct dirent *entry; (entry = readdir(directory));)
			(void)unlinkat(cache, entry->d_name, 0);
	}
	closedir(directory);
}

void seccomp_cache_put(int cache, const struct seccomp_program *program,
		       const struct seccomp_library *library)
{
	const size_t size = sizeof(struct entry) + program->n * sizeof program->filter[0];
	char name[NAME_SIZE];
	struct error err = {};

	if (cache < 0 || library->path[0] != '/')
		return;

	autofree struct entry *entry = xmalloc(size);

	memset(entry, 0, sizeof *entry);
	memcpy(entry->magic, magic, sizeof magic);
	entry->format = FORMAT;
	entry->n = program->n;
	entry->flags = program->flags;
	memcpy(entry->digest, program->digest, sizeof entry->digest);
	entry->library = *library;
	memcpy(entry->filter, program->filter, program->n * sizeof program->filter[0]);
	entry->checksum = checksum(entry, size);
	empty_when_full(cache);
	name_of(program->digest, name);
	if (fd_replace_file(cache, name, entry, size, S_IRUSR | S_IWUSR, /* sync = */ false, &err) <
	    0)
		log_debug("the compiled seccomp program is not kept: %s", err.text);
}

/* What else decides over the program. A 32-bit brig beside a 64-bit one has another native architecture. */
static void start_digest(struct sha256 *hash, const char *kind)
{
	struct utsname machine = {};
	char text[sizeof machine.machine + 64];

	(void)uname(&machine); /* fails for a bad pointer only */
	snprintf(text, sizeof text, "brig seccomp %d %s %zu %s", FORMAT, machine.machine,
		 sizeof(void *), kind);
	sha256_start(hash);
	sha256_add(hash, text, strlen(text) + 1);
}

void seccomp_digest_text(const void *text, size_t len, char ret[static SHA256_TEXT_SIZE])
{
	struct sha256 hash;

	start_digest(&hash, "file");
	sha256_add(&hash, text, len);
	sha256_end_text(&hash, ret);
}

static void add_number(struct sha256 *hash, uint64_t number)
{
	sha256_add(hash, &number, sizeof number);
}

static void add_text(struct sha256 *hash, const char *text)
{
	sha256_add(hash, text, strlen(text) + 1);
}

void seccomp_digest_profile(const struct seccomp_profile *profile,
			    char ret[static SHA256_TEXT_SIZE])
{
	struct sha256 hash;

	start_digest(&hash, "value");
	add_number(&hash, profile->default_action);
	add_number(&hash, profile->flags);
	add_number(&hash, profile->enosys_for_unknown);
	add_number(&hash, profile->n_architectures);
	for (size_t i = 0; i < profile->n_architectures; i++)
		add_text(&hash, profile->architectures[i]);
	add_number(&hash, profile->n_rules);
	for (size_t i = 0; i < profile->n_rules; i++) {
		const struct seccomp_rule *rule = &profile->rules[i];

		add_text(&hash, rule->syscall);
		add_number(&hash, rule->action);
		add_number(&hash, rule->n_args);
		for (size_t j = 0; j < rule->n_args; j++) {
			add_number(&hash, rule->args[j].index);
			add_number(&hash, rule->args[j].compare);
			add_number(&hash, rule->args[j].value);
			add_number(&hash, rule->args[j].value_two);
		}
	}
	sha256_end_text(&hash, ret);
}
