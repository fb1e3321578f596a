/* The profiles of seccomp-profiles/: how much they allow, that they do what they say for every call,
 * that ordinary programs run under them, and that what they deny answers as intended. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/seccomp.h"
#include "plan/plan.h"
#include "seccomp_meant.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "kernel_has.h"

enum tier { DEFAULT, STRICT, CLIENT, TIERS };

// clang-format off
static const struct {
	const char *path;
	size_t names_max; /* fewer than: what the documentation promises */
} tiers[TIERS] = {
	[DEFAULT] = { "seccomp-profiles/default.json",        300 },
	[STRICT]  = { "seccomp-profiles/strict.json",         150 },
	[CLIENT]  = { "seccomp-profiles/network-client.json", 200 },
};
// clang-format on

/* --- reading them --- */

static struct spec *parsed(enum tier tier)
{
	autobuf struct buf text = {};
	struct error err = {};
	struct spec *spec = NULL;

	if (fd_read_file(AT_FDCWD, tiers[tier].path, 1 << 20, &text, &err) == 0)
		spec = spec_parse_seccomp(buf_text(&text), text.len, &err);
	if (!spec)
		fail_msg("%s %s", err.where, err.text);
	return spec;
}

/* As a container without a profile of its own would get it. */
static struct seccomp_program planned(enum tier tier, struct plan *plan)
{
	const struct spec spec = {};
	const struct policy policy = { .settings.seccomp_profile = tiers[tier].path };
	const struct host host = { .kernel_major = 6, .kernel_minor = 1 };
	const struct plan_request request = { .seccomp_cache = -1 };
	const struct plan_input in = { &spec, &policy, &host, &request };
	struct error err = {};

	if (plan_seccomp(plan, &in, &err) < 0)
		fail_msg("%s %s", err.where, err.text);
	assert_string_equal(plan->process.seccomp_from, tiers[tier].path);
	return plan->process.seccomp;
}

static size_t distinct_names(const struct spec_seccomp *seccomp, bool allowed)
{
	const char *seen[1000];
	size_t n = 0;

	for (size_t i = 0; i < seccomp->n_rules; i++)
		for (size_t j = 0; j < seccomp->rules[i].names.n; j++) {
			const char *name = seccomp->rules[i].names.items[j];
			bool known = allowed && seccomp->rules[i].action != SECCOMP_ACT_ALLOW;

			for (size_t k = 0; k < n; k++)
				known = known || strcmp(seen[k], name) == 0;
			if (!known)
				seen[n++] = name;
		}
	return n;
}

static void the_profiles_name_fewer_calls_than_promised(void **state)
{
	(void)state;
	for (size_t tier = 0; tier < TIERS; tier++) {
		struct spec *spec = parsed(tier);
		const size_t n = distinct_names(&spec->linux_.seccomp, false);

		print_message("%s: %zu system calls are named, %zu may be allowed\n",
			      tiers[tier].path, n, distinct_names(&spec->linux_.seccomp, true));
		assert_true(n < tiers[tier].names_max);
		assert_int_equal(spec->linux_.seccomp.default_action, SECCOMP_ACT_ERRNO);
		spec_free(spec);
	}
}

/* The narrower profiles are parts of the default: whoever reads one has read all exceptions. */
static void a_narrower_profile_allows_nothing_that_the_default_does_not(void **state)
{
	struct spec *wide = parsed(DEFAULT);

	(void)state;
	for (size_t tier = STRICT; tier < TIERS; tier++) {
		struct spec *narrow = parsed(tier);
		const struct spec_seccomp *in = &narrow->linux_.seccomp;

		for (size_t i = 0; i < in->n_rules; i++)
			for (size_t j = 0; j < in->rules[i].names.n; j++) {
				const char *name = in->rules[i].names.items[j];
				bool found = false;

				for (size_t k = 0; k < wide->linux_.seccomp.n_rules; k++) {
					const struct spec_seccomp_rule *rule =
						&wide->linux_.seccomp.rules[k];

					for (size_t l = 0; l < rule->names.n; l++)
						found = found ||
							strcmp(rule->names.items[l], name) == 0;
				}
				if (!found)
					fail_msg("%s: %s is not in the default", tiers[tier].path,
						 name);
			}
		spec_free(narrow);
	}
	spec_free(wide);
}

/* --- every call --- */

static void every_call_is_answered_as_the_profile_says(void **state)
{
	struct model_names names;
	struct error err = {};

	(void)state;
	assert_int_equal(model_names_open(&names, &err), 0);
	for (size_t tier = 0; tier < TIERS; tier++) {
		autoarena struct arena arena = {};
		struct plan plan = {};
		const struct seccomp_program program = planned(tier, &plan);
		struct spec *spec = parsed(tier);
		const struct seccomp_profile profile = meant_by(&spec->linux_.seccomp, &arena);

		print_message("%s: %u instructions\n", tiers[tier].path, program.n);
		assert_int_equal(model_compare(&profile, &names, &program, 2000), 0);
		spec_free(spec);
		arena_free(&plan.arena);
	}
}

/* --- ordinary programs --- */

static void confine(enum tier tier)
{
	struct plan plan = {};
	struct seccomp_program program;
	struct error err = {};

	program = planned(tier, &plan);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    seccomp_load(program.filter, program.n, program.flags, NULL, &err) < 0) {
		fprintf(stderr, "%s: %s\n", err.where, err.text);
		_exit(99);
	}
}

/* Return: exit status of the program below @tier, 128 and the signal if it was killed; its output goes nowhere. */
static int run_below(enum tier tier, const char *const *args)
{
	int status;
	const pid_t child = fork();

	if (child == 0) {
		const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		if (!getenv("V"))
			dup2(null, STDERR_FILENO);
		confine(tier);
		execv(args[0], (char *const *)(uintptr_t)args);
		_exit(126);
	}
	if (waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define A (1 << DEFAULT)
#define S (1 << STRICT)
#define C (1 << CLIENT)

#define SHELL_SCRIPT                                                                               \
	"set -e; d=$(mktemp -d); cd $d; echo a >b; cat b | tr a b >c; mkdir e; mv c e/; "          \
	"(sleep 0.01; exit 3) & wait $! && exit 1; test $(ls e) = c; cat <<X >/dev/null\n"         \
	"$(uname -a; id; date)\nX\nrm -r \"$d\""
#define PYTHON_FILES                                                                               \
	"import os,sys,subprocess,threading,tempfile,random,hashlib,time,select,ctypes\n"          \
	"t=[threading.Thread(target=lambda:time.sleep(.01)) for _ in range(8)]\n"                  \
	"[x.start() for x in t];[x.join() for x in t]\n"                                           \
	"d=tempfile.mkdtemp();open(d+'/a','w').write('x'*100000);os.rename(d+'/a',d+'/b')\n"       \
	"os.unlink(d+'/b');os.rmdir(d)\n"                                                          \
	"assert subprocess.run(['/bin/sh','-c','exit 3']).returncode==3\n"
#define PYTHON_POOL                                                                                \
	"import multiprocessing as m\n"                                                            \
	"if __name__=='__main__':\n with m.Pool(3) as p: assert p.map(abs,[-1,-2])==[1,2]\n"
#define PYTHON_SERVER                                                                              \
	"import socket,threading,asyncio\n"                                                        \
	"s=socket.create_server(('127.0.0.1',0))\n"                                                \
	"def f():\n c,_=s.accept();c.sendall(b'hello');c.close()\n"                                \
	"t=threading.Thread(target=f);t.start()\n"                                                 \
	"c=socket.create_connection(s.getsockname());assert c.recv(9)==b'hello';t.join()\n"        \
	"socket.getaddrinfo('localhost',80)\n"                                                     \
	"async def m():\n v=await asyncio.start_server(lambda "                                    \
	"r,w:w.close(),'127.0.0.1',0);v.close()\n"                                                 \
	"asyncio.run(m())\n"
#define NODE_SERVER                                                                                \
	"const h=require('http'),c=require('child_process'),w=require('worker_threads');"          \
	"c.execSync('true');new w.Worker('0',{eval:true});"                                        \
	"const s=h.createServer((q,r)=>r.end('x')).listen(0,'127.0.0.1',()=>h.get(s.address(),"    \
	"r=>{r.resume();r.on('end',()=>process.exit(0))}))"

// clang-format off
static const struct {
	unsigned below; /* bits of the tiers that must run it */
	const char *args[8];
} programs[] = {
	{ A | S | C, { "/bin/true" } },
	{ A | S | C, { "/bin/ls", "-lR", "/etc/init.d", "/dev/shm" } },
	{ A | S | C, { "/bin/sh", "-c", SHELL_SCRIPT } },
	{ A | S | C, { "/bin/bash", "-c", "shopt -s lastpipe; seq 100 | sort -R | { mapfile x; test ${#x[@]} = 100; }" } },
	{ A | S | C, { "/usr/bin/busybox", "sh", "-c", "busybox ls / | busybox grep -q etc && busybox date" } },
	{ A | S | C, { "/usr/bin/find", "/usr/share/doc", "-maxdepth", "1", "-newer", "/etc/passwd" } },
	{ A | S | C, { "/usr/bin/env", "perl", "-e", "use POSIX; my $p = fork; exit 0 unless $p; waitpid $p, 0; exit $?" } },
	{ A | S | C, { "/usr/bin/env", "python3", "-c", PYTHON_FILES } },
	{ A,         { "/usr/bin/env", "python3", "-c", PYTHON_POOL } },
	{ A | S,     { "/usr/bin/env", "python3", "-c", PYTHON_SERVER } },
	{ A | S,     { "/usr/bin/env", "node", "-e", NODE_SERVER } },
	{ A,         { "/usr/bin/env", "java", "-version" } },
	{ A | S | C, { "/usr/bin/env", "sqlite3", ":memory:", "create table t(a); insert into t values(1); select * from t;" } },
	{ A,         { "/bin/sh", "-c", "d=$(mktemp -d) && cd $d && git init -q . && git -c user.name=a -c user.email=b commit -q --allow-empty -m c && rm -r $d" } },
	{ A,         { "/bin/sh", "-c", "d=$(mktemp -d) && mkfifo $d/f && tar -C $d -cf - . | tar -C $d -xpf - && chmod 700 $d && cp -a $d/f $d/g && rm -r $d" } },
	{ A,         { "/usr/bin/dpkg", "-l" } },
	{ A,         { "/usr/bin/apt-get", "-s", "autoremove" } },
	{ A | S | C, { "/usr/bin/env", "curl", "--version" } },
	{ A,         { "/usr/bin/env", "ipcs" } },
};
// clang-format on

static bool is_there(const char *const *args)
{
	char test[300];

	if (strcmp(args[0], "/usr/bin/env") != 0)
		return access(args[0], X_OK) == 0;
	snprintf(test, sizeof test, "command -v %s >/dev/null && %s --version >/dev/null 2>&1",
		 args[1], args[1]);
	return system(test) == 0;
}

static void programs_run_below(enum tier tier)
{
	size_t ran = 0;

	needs_call(seccomp);
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		const char *const *args = programs[i].args;
		const char *name = strcmp(args[0], "/usr/bin/env") == 0 ? args[1] : args[0];

		if (!(programs[i].below & 1U << tier))
			continue;
		if (!is_there(args)) {
			print_message("not tried below %s, absent here: %s\n", tiers[tier].path,
				      name);
			continue;
		}

		const int status = run_below(tier, args);

		if (status != 0)
			fail_msg("%s below %s: exit status %d", name, tiers[tier].path, status);
		ran++;
	}
	assert_true(ran > 0);
}

static void ordinary_programs_run_below_default(void **state)
{
	(void)state;
	programs_run_below(DEFAULT);
}

static void services_run_below_strict(void **state)
{
	(void)state;
	programs_run_below(STRICT);
}

static void tools_run_below_network_client(void **state)
{
	(void)state;
	programs_run_below(CLIENT);
}

/* A client that is a client, and a server in its place that is none. */
static void a_network_client_connects_and_cannot_listen(void **state)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof here;
	int status;
	const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	needs_call(seccomp);
	assert_int_equal(bind(server, (const struct sockaddr *)&here, sizeof here), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&here, &size), 0);

	const pid_t child = fork();

	if (child == 0) {
		confine(CLIENT);

		const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		const int second = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(client, (const struct sockaddr *)&here, sizeof here) < 0)
			_exit(2);
		here.sin_port = 0;
		if (bind(second, (const struct sockaddr *)&here, sizeof here) == 0 ||
		    errno != EPERM)
			_exit(3);
		if (listen(second, 1) == 0 || errno != EPERM)
			_exit(4);
		_exit(accept4(second, NULL, NULL, 0) < 0 && errno == EPERM ? 0 : 5);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(server);
}

/* --- what an attacker would try first --- */

enum { OF_DEFAULT = A | S | C };

// clang-format off
static const struct {
	const char *what;
	long number, args[4];
	int answer; /* errno; 0: success */
	unsigned below;
} attempts[] = {
	{ "user namespace by unshare",  SYS_unshare,  { CLONE_NEWUSER },            EPERM,  OF_DEFAULT },
	{ "time namespace by unshare",  SYS_unshare,  { CLONE_NEWTIME },            EPERM,  OF_DEFAULT },
	{ "mount namespace by unshare", SYS_unshare,  { CLONE_NEWNS | CLONE_FS },   EPERM,  OF_DEFAULT },
	{ "unshare of the file table",  SYS_unshare,  { CLONE_FILES },              0,      A },
	{ "user namespace by clone",    SYS_clone,    { CLONE_NEWUSER | SIGCHLD },  EPERM,  OF_DEFAULT },
	{ "net namespace by clone",     SYS_clone,    { CLONE_NEWNET | SIGCHLD },   EPERM,  OF_DEFAULT },
	{ "clone3",                     SYS_clone3,   { 0, 0 },                     ENOSYS, OF_DEFAULT },
	{ "setns",                      SYS_setns,    { 0, 0 },                     EPERM,  OF_DEFAULT },
	{ "bpf",                        SYS_bpf,      { 0, 0, 0 },                  EPERM,  OF_DEFAULT },
	{ "keyctl",                     SYS_keyctl,   { KEYCTL_GET_KEYRING_ID, -3 }, EPERM, OF_DEFAULT },
	{ "add_key",                    SYS_add_key,  { 0 },                        EPERM,  OF_DEFAULT },
	{ "request_key",                SYS_request_key, { 0 },                     EPERM,  OF_DEFAULT },
	{ "TIOCSTI",                    SYS_ioctl,    { 0, TIOCSTI },               EPERM,  OF_DEFAULT },
	{ "TIOCSTI with high bits",     SYS_ioctl,    { 0, (long)(0x100000000 | TIOCSTI) }, EPERM, OF_DEFAULT },
	{ "TIOCLINUX",                  SYS_ioctl,    { 0, TIOCLINUX },             EPERM,  OF_DEFAULT },
	{ "another ioctl",              SYS_ioctl,    { -1, TCGETS },               EBADF,  OF_DEFAULT },
	{ "userfaultfd",                SYS_userfaultfd, { 0 },                     EPERM,  OF_DEFAULT },
	{ "io_uring_setup",             SYS_io_uring_setup, { 1, 0 },               EPERM,  OF_DEFAULT },
	{ "io_uring_enter",             SYS_io_uring_enter, { -1, 0 },              EPERM,  OF_DEFAULT },
	{ "perf_event_open",            SYS_perf_event_open, { 0 },                 EPERM,  OF_DEFAULT },
	{ "ptrace",                     SYS_ptrace,   { 0 },                        EPERM,  OF_DEFAULT },
	{ "process_vm_readv",           SYS_process_vm_readv, { 0 },                EPERM,  OF_DEFAULT },
	{ "pidfd_getfd",                SYS_pidfd_getfd, { -1, 0, 0 },              EPERM,  OF_DEFAULT },
	{ "mount",                      SYS_mount,    { 0 },                        EPERM,  OF_DEFAULT },
	{ "umount2",                    SYS_umount2,  { 0 },                        EPERM,  OF_DEFAULT },
	{ "move_mount",                 SYS_move_mount, { -1, 0, -1, 0 },           EPERM,  OF_DEFAULT },
	{ "fsopen",                     SYS_fsopen,   { 0 },                        EPERM,  OF_DEFAULT },
	{ "open_tree",                  SYS_open_tree, { -1, 0, 0 },                EPERM,  OF_DEFAULT },
	{ "mount_setattr",              SYS_mount_setattr, { -1, 0, 0, 0 },         EPERM,  OF_DEFAULT },
	{ "pivot_root",                 SYS_pivot_root, { 0 },                      EPERM,  OF_DEFAULT },
	{ "open_by_handle_at",          SYS_open_by_handle_at, { -1, 0, 0 },        EPERM,  OF_DEFAULT },
	{ "init_module",                SYS_init_module, { 0 },                     EPERM,  OF_DEFAULT },
	{ "finit_module",               SYS_finit_module, { -1, 0, 0 },             EPERM,  OF_DEFAULT },
	{ "kexec_load",                 SYS_kexec_load, { 0 },                      EPERM,  OF_DEFAULT },
	{ "reboot",                     SYS_reboot,   { 0 },                        EPERM,  OF_DEFAULT },
	{ "swapon",                     SYS_swapon,   { 0 },                        EPERM,  OF_DEFAULT },
	{ "acct",                       SYS_acct,     { 0 },                        EPERM,  OF_DEFAULT },
	{ "quotactl",                   SYS_quotactl, { 0 },                        EPERM,  OF_DEFAULT },
	{ "syslog",                     SYS_syslog,   { 3, 0, 0 },                  EPERM,  OF_DEFAULT },
	{ "settimeofday",               SYS_settimeofday, { 0 },                    EPERM,  OF_DEFAULT },
	{ "clock_settime",              SYS_clock_settime, { 0, 0 },                EPERM,  OF_DEFAULT },
	{ "adjtimex",                   SYS_adjtimex, { 0 },                        EPERM,  OF_DEFAULT },
	{ "vmsplice",                   SYS_vmsplice, { -1, 0, 0, 0 },              EPERM,  OF_DEFAULT },
	{ "kcmp",                       SYS_kcmp,     { 0 },                        EPERM,  OF_DEFAULT },
	{ "fanotify_init",              SYS_fanotify_init, { 0 },                   EPERM,  OF_DEFAULT },
	{ "personality without ASLR",   SYS_personality, { ADDR_NO_RANDOMIZE },     EPERM,  OF_DEFAULT },
	{ "personality, executable",    SYS_personality, { READ_IMPLIES_EXEC },     EPERM,  OF_DEFAULT },
	{ "personality, read",          SYS_personality, { 0xffffffff },            0,      A },
	{ "PER_LINUX32",                SYS_personality, { PER_LINUX32 },           0,      A },
	{ "a device node",              SYS_mknodat,  { -1, 0, S_IFCHR | 0600, 0x103 }, EPERM, OF_DEFAULT },
	{ "a block device node",        SYS_mknodat,  { -1, 0, S_IFBLK | 0600, 0x103 }, EPERM, OF_DEFAULT },
	{ "a fifo, nowhere",            SYS_mknodat,  { -1, 0, S_IFIFO | 0600, 0 }, EFAULT, A },
	{ "AF_UNIX",                    SYS_socket,   { AF_UNIX, SOCK_STREAM, 0 },  0,      OF_DEFAULT },
	{ "AF_INET6",                   SYS_socket,   { AF_INET6, SOCK_DGRAM, 0 },  0,      OF_DEFAULT },
	{ "AF_NETLINK, route",          SYS_socket,   { AF_NETLINK, SOCK_RAW, 0 },  0,      A },
	{ "AF_NETLINK below strict",    SYS_socket,   { AF_NETLINK, SOCK_RAW, 0 },  EAFNOSUPPORT, S | C },
	{ "AF_NETLINK, netfilter",      SYS_socket,   { AF_NETLINK, SOCK_RAW, 12 }, EAFNOSUPPORT, OF_DEFAULT },
	{ "AF_NETLINK, audit",          SYS_socket,   { AF_NETLINK, SOCK_RAW, 9 },  EAFNOSUPPORT, OF_DEFAULT },
	{ "AF_ALG",                     SYS_socket,   { 38, SOCK_SEQPACKET, 0 },    EAFNOSUPPORT, OF_DEFAULT },
	{ "AF_VSOCK",                   SYS_socket,   { 40, SOCK_STREAM, 0 },       EAFNOSUPPORT, OF_DEFAULT },
	{ "AF_PACKET",                  SYS_socket,   { AF_PACKET, SOCK_RAW, 0 },   EAFNOSUPPORT, OF_DEFAULT },
	{ "AF_AX25",                    SYS_socket,   { 3, SOCK_RAW, 0 },           EPERM,  OF_DEFAULT },
	{ "a pair of AF_TIPC",          SYS_socketpair, { 30, SOCK_STREAM, 0 },     EPERM,  OF_DEFAULT },
	{ "a number that nobody knows", 600,          { 0 },                        ENOSYS, OF_DEFAULT },
	{ "setuid",                     SYS_setuid,   { 0 },                        EPERM,  S | C },
	{ "chroot",                     SYS_chroot,   { 0 },                        EPERM,  S | C },
	{ "shmget",                     SYS_shmget,   { 0 },                        EPERM,  S | C },
	{ "memfd_create",               SYS_memfd_create, { 0 },                    EPERM,  S | C },
	{ "setxattr",                   SYS_setxattr, { 0 },                        EPERM,  S | C },
	{ "chown",                      SYS_fchownat, { -1, 0, 0, 0 },              EPERM,  S | C },
};
// clang-format on

/* Return: errno of the call below @tier, 0 for success, or 1000 and the signal. */
static int attempt(enum tier tier, size_t i)
{
	int status;
	const pid_t child = fork();

	if (child == 0) {
		const long *args = attempts[i].args;

		confine(tier);
		_exit(syscall(attempts[i].number, args[0], args[1], args[2], args[3]) < 0 ? errno
											  : 0);
	}
	if (waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void what_is_denied_answers_as_intended(void **state)
{
	size_t wrong = 0;

	(void)state;
	needs_call(seccomp);
	for (size_t tier = 0; tier < TIERS; tier++)
		for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
			if (!(attempts[i].below & 1U << tier))
				continue;

			const int answer = attempt(tier, i);

			if (answer == attempts[i].answer)
				continue;
			print_error("%s below %s: %d, not %d\n", attempts[i].what, tiers[tier].path,
				    answer, attempts[i].answer);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_profiles_name_fewer_calls_than_promised),
		cmocka_unit_test(a_narrower_profile_allows_nothing_that_the_default_does_not),
		cmocka_unit_test(every_call_is_answered_as_the_profile_says),
		cmocka_unit_test(ordinary_programs_run_below_default),
		cmocka_unit_test(services_run_below_strict),
		cmocka_unit_test(tools_run_below_network_client),
		cmocka_unit_test(a_network_client_connects_and_cannot_listen),
		cmocka_unit_test(what_is_denied_answers_as_intended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
