#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

# A root file system in which brig's own binary would start, with the attack as its code, and a brig
# of this test's own, which can be lost.
image_that_runs_brig() {
	local library
	own_rootfs
	COPY=$T/brig
	cp "$BRIG" "$COPY"
	chmod 755 "$T" "$COPY"
	for library in $(ldd "$COPY" | grep -o '/[^ ]*'); do
		install -D "$library" "$BUNDLE/rootfs$library"
	done
	cp "$PROBES/overwrite.so" "$PROBES/overwrite" "$BUNDLE/rootfs"
	printf '#!/proc/self/exe /proc/self/exe\n' >"$BUNDLE/rootfs/script"
	chmod 755 "$BUNDLE/rootfs/script"
	config '.process.args = ["/script"] | .process.env += ["LD_PRELOAD=/overwrite.so", "OVERWRITE_WITH=/overwrite"]'
	note_copy
}

note_copy() {
	sha256sum "$COPY" >"$T/sum"
	stat -c '%a %u %g %h' "$COPY" >"$T/stat"
}

# An owner of the binary, and of the image, that the container has mapped: a brig in a user's home.
owned_by_the_container() {
	chown -R 3000000000:3000000000 "$BUNDLE/rootfs" "$COPY"
	config '.linux.uidMappings = [{ containerID: 0, hostID: 3000000000, size: 65536 }] | .linux.gidMappings = .linux.uidMappings'
	note_copy
}

copy() {
	"$COPY" --root "$ROOT" --policy "$POLICY" --log "$LOG" "$@" 3>&-
}

unharmed() {
	output=$(cat "$T/out")
	sha256sum --check --quiet "$T/sum" || complain "$output"$'\n'"the copy of brig is now: $(head -c 100 "$COPY" | tr -d '\0')"
	is "$(stat -c '%a %u %g %h' "$COPY")" "$(cat "$T/stat")"
}

# Detached: in the foreground brig itself would keep its binary busy.
run_and_compare() {
	copy create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1
	copy start "$ID" >>"$T/out" 2>&1 || true
	eventually has_status stopped
	unharmed
}

# The same by an exec into a container that runs something harmless.
exec_and_compare() {
	local pid
	config '.process.args = ["sleep", "600"]'
	brig create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1
	brig start "$ID"
	if copy exec --detach --pid-file "$T/pid" --env LD_PRELOAD=/overwrite.so --env OVERWRITE_WITH=/overwrite "$ID" /script </dev/null >"$T/out" 2>&1; then
		pid=$(cat "$T/pid")
		eventually test ! -e "/proc/$pid"
	fi
	unharmed
}

@test "an image that runs the brig binary by #!/proc/self/exe cannot even start it, by Landlock" {
	# Class: CVE-2019-5736.
	# Defence: landlock_restrict() in kernel/landlock.c: the binary lies outside of the container's root.
	# Seen: with Landlock off in the policy the binary was started: the next test.
	# Without: landlock.patch.
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
	# Without: self-exe.patch.
	image_that_runs_brig
	without landlock seccomp
	owned_by_the_container
	run_and_compare
	says "hold ok"
	refused_each write truncate chown link
}

@test "nor by an exec of a program of the image: by Landlock, by its owner, by the sealed copy" {
	# Class: CVE-2019-5736 by `exec`, where somebody else's command meets a program that the workload has replaced.
	# Defence: landlock() in launch/enter.c; the user namespace (rule host-user); self_exe_seal() in kernel/self_exe.c.
	# Without: landlock.patch, self-exe.patch.
	image_that_runs_brig
	exec_and_compare
	says "permission denied"
	lacks hold
	brig delete --force "$ID"
	without landlock seccomp
	exec_and_compare
	says "hold ok"
	refused_each write truncate chmod chown link
	brig delete --force "$ID"
	owned_by_the_container
	exec_and_compare
	says "hold ok"
	refused_each write truncate chown link
}

@test "nor by an ld.so of the image, which the kernel would start there" {
	# Class: CVE-2019-5736 and CVE-2016-9962 by the image's libraries: what #!/proc/self/exe starts, they link.
	# Defence: landlock_restrict() in kernel/landlock.c; without it the user namespace (rule host-user), as above.
	# Without: landlock.patch.
	image_that_runs_brig
	config '.process.env |= map(select(startswith("LD_PRELOAD") | not))'
	cp "$PROBES/loader" "$BUNDLE/rootfs$(ldd "$COPY" | grep -o '/[^ ]*/ld-[^ ]*')"
	run_and_compare
	says "permission denied"
	lacks hold
	brig delete "$ID"
	without landlock seccomp
	run_and_compare
	says "hold ok"
	refused_each write truncate chmod chown link
}
