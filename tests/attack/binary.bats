#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

# A root file system in which brig's own binary would start, with the attack as its code, and a brig
# of this test's own, which can be lost.
image_that_runs_brig() {
	local library
	own_rootfs
	cp "$BRIG" "$T/brig"
	chmod 755 "$T" "$T/brig"
	BRIG=$T/brig
	for library in $(ldd "$BRIG" | grep -o '/[^ ]*'); do
		install -D "$library" "$BUNDLE/rootfs$library"
	done
	cp "$PROBES/overwrite.so" "$BUNDLE/rootfs/overwrite.so"
	cp "$PROBES/overwrite" "$BUNDLE/rootfs/overwrite"
	printf '#!/proc/self/exe /proc/self/exe\n' >"$BUNDLE/rootfs/script"
	chmod 755 "$BUNDLE/rootfs/script"
	config '.process.args = ["/script"] | .process.env += ["LD_PRELOAD=/overwrite.so", "OVERWRITE_WITH=/overwrite"]'
	sha256sum "$BRIG" >"$T/sum"
	stat -c '%a %u %g %h' "$BRIG" >"$T/stat"
}

# Detached: in the foreground brig itself would keep its binary busy.
run_and_compare() {
	brig create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1
	brig start "$ID" >>"$T/out" 2>&1 || true
	eventually has_status stopped
	output=$(cat "$T/out")
	sha256sum --check --quiet "$T/sum"
	is "$(stat -c '%a %u %g %h' "$BRIG")" "$(cat "$T/stat")"
}

@test "an image that runs the brig binary by #!/proc/self/exe cannot even start it, by Landlock" {
	# Class: CVE-2019-5736.
	# Defence: landlock_restrict() in kernel/landlock.c: the binary lies outside of the container's root.
	# Seen: with Landlock off in the policy the binary was started: the next test.
	image_that_runs_brig
	run_and_compare
	says "/script" "permission denied"
}

@test "nor write to it without Landlock" {
	# Class: CVE-2019-5736.
	# Defence: the user namespace alone (rule host-user, idmap_write() in kernel/idmap.c): its owner is not mapped.
	# Seen: as the next test, which takes this defence away by giving the binary to a mapped id.
	image_that_runs_brig
	without landlock seccomp
	run_and_compare
	says "hold ok"
	refused_each write truncate chmod chown link
}

@test "nor to a brig that belongs to one of the container's ids" {
	# Class: CVE-2019-5736, where the owner of the binary is mapped: a brig in a user's home.
	# Defence: self_exe_seal() in kernel/self_exe.c: what runs is a sealed copy in memory.
	# Seen: with self_exe_seal() returning 0 the binary was held open for writing: brig could not be run any more.
	image_that_runs_brig
	without landlock seccomp
	chown -R 3000000000:3000000000 "$BUNDLE/rootfs" "$BRIG"
	stat -c '%a %u %g %h' "$BRIG" >"$T/stat"
	config '.linux.uidMappings = [{ containerID: 0, hostID: 3000000000, size: 65536 }] | .linux.gidMappings = .linux.uidMappings'
	run_and_compare
	says "hold ok"
	refused_each write truncate chown link
}

@test "nor by a library or an ld.so of the image, which brig would load there" {
	# Class: CVE-2019-5736 and CVE-2016-9962 by the image's libraries: what #!/proc/self/exe starts, it links.
	# Defence: landlock_restrict() in kernel/landlock.c; without it the user namespace (rule host-user), as above.
	# Seen: without Landlock both variants held the binary, and neither could write to it; a brig of a mapped id: the test above.
	local variant library
	command -v cc nm >/dev/null || skip "no compiler here to make them with"
	image_that_runs_brig
	config '.process.env |= map(select(startswith("LD_PRELOAD") | not))'
	cp "$BUNDLE/config.json" "$T/config.json"
	for variant in library interpreter; do
		if [[ $variant == library ]]; then
			library=$(ldd "$BRIG" | grep -o '/[^ ]*' | grep -Ev '/(libc|ld-linux[^/]*)\.so' | head -n 1 || true)
			[[ -n $library ]] || continue # libc alone, whose versions a library of the test's has not got
			nm -D --undefined-only "$BRIG" | awk '$1 == "U" && $2 !~ /@/ { print "void " $2 "(void) {}" }' >"$T/stubs.c"
			cp "$BUNDLE/rootfs$library" "$T/library"
			cc -shared -fPIC -D_GNU_SOURCE -Wl,-init=main "-Wl,-soname,$(basename "$library")" -o "$BUNDLE/rootfs$library" "$TREE/tests/attack/overwrite.c" "$T/stubs.c"
		else
			[[ -z $library ]] || cp "$T/library" "$BUNDLE/rootfs$library"
			library=$(ldd "$BRIG" | grep -o '/[^ ]*ld-linux[^ ]*')
			# without a libc that starts: the kernel tells it of brig's program headers, not of its own
			cat >"$T/loader.c" <<-'EOF'
				#define _GNU_SOURCE
				#include <fcntl.h>
				#include <sys/syscall.h>
				#include <unistd.h>
				void _start(void)
				{
					char *const argv[] = { "/overwrite", "/proc/self/fd/9", 0 };
					syscall(SYS_dup3, syscall(SYS_openat, AT_FDCWD, "/proc/self/exe", O_PATH), 9, 0);
					syscall(SYS_write, 1, "hold ok\n", 8);
					syscall(SYS_execve, argv[0], argv, argv + 2);
					syscall(SYS_exit, 1);
				}
			EOF
			cc -O1 -static -nostartfiles -fno-stack-protector -o "$BUNDLE/rootfs$library" "$T/loader.c"
		fi
		cp "$T/config.json" "$BUNDLE/config.json"
		policy '.settings.landlock = true'
		run_and_compare
		says "permission denied"
		lacks hold
		brig delete "$ID"
		without landlock seccomp
		run_and_compare
		says "hold ok"
		refused_each write truncate chmod chown link
		brig delete "$ID"
		policy --arg profile "$TREE/seccomp-profiles/default.json" '.settings.seccomp_profile = $profile'
	done
}
