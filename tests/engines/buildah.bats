#!/usr/bin/env bats
# Buildah with isolation "oci": it runs each step of a build by brig, create to delete, and takes the steps'
# files from the container's upper directory.
load common

setup_file() {
	only_in_a_guest
	install_brig
	make_rootfs
	mkdir "$BATS_FILE_TMPDIR/storage" "$BATS_FILE_TMPDIR/runroot"
	build from --name base scratch >/dev/null
	build copy --quiet base "$ROOTFS" / >/dev/null
	build config --env PATH=/bin --cmd sh base
	build commit --quiet --rm base localhost/base >/dev/null
}

teardown_file() {
	[[ -e /brig/.vm/command ]] || return 0
	build rm --all
	build rmi --all --force >/dev/null
	umount -R "$BATS_FILE_TMPDIR/storage" 2>/dev/null || true
	nothing_is_left /run/brig buildah-
}

# A storage of this file's own: Podman's tests may run beside it.
build() {
	timeout "$WITHIN" buildah --root "$BATS_FILE_TMPDIR/storage" --runroot "$BATS_FILE_TMPDIR/runroot" --storage-driver overlay "$@" 3>&-
}

build_run() {
	build run --isolation oci --runtime /usr/bin/brig "$@" </dev/null
}

# What an image's last layer holds: "OWNER/GROUP NAME", sorted
last_layer() { # IMAGE
	skopeo copy --quiet "containers-storage:[overlay@$BATS_FILE_TMPDIR/storage+$BATS_FILE_TMPDIR/runroot]$1" "dir:$T/image"
	tar --list --verbose --numeric-owner --file="$T/image/$(jq -r '.layers[-1].digest | sub("sha256:"; "")' "$T/image/manifest.json")" |
		awk '{ print $2, $6 }' | sort
}

@test "run, copy, commit: random ids, and a layer of plain owners" {
	local name
	name=$(build from localhost/base)
	mkdir -m 700 "$T/volume"
	succeeds build_run --volume "$T/volume:/volume" "$name" sh -c 'cat /proc/self/uid_map; mkdir /made; touch /made/by-root /made/by-user /volume/f; chown 1000:1000 /made/by-user; rm /bin/true'
	grep -Eq "^ +0 +[0-9]{9,} +65536$" <<<"$output" || complain "not random: $output"
	is "$(stat -c %u:%g "$T/volume/f")" 0:0
	echo text >"$T/text"
	build copy --quiet --chown 7:8 "$name" "$T/text" /made/copied >/dev/null
	build commit --quiet "$name" localhost/made >/dev/null
	is "$(last_layer localhost/made | grep -E 'made|true')" $'0/0 bin/.wh.true\n0/0 made/\n0/0 made/by-root\n1000/1000 made/by-user\n7/8 made/copied'

	run build_run "$name" sh -c 'exit 7'
	((status == 7)) || complain "status $status: $output"
	fails build_run "$name" no-such-program
	says 'exec: "no-such-program": executable file not found in $PATH'
	fails build_run --network host "$name" true
	says "refused by policy" host-network
	run script --quiet --return --command "buildah --root $BATS_FILE_TMPDIR/storage --runroot $BATS_FILE_TMPDIR/runroot run --tty --isolation oci --runtime /usr/bin/brig $name tty" /dev/null </dev/null 3>&-
	says /dev/pts/
}

@test "build from a file: each step in a container of brig's" {
	cat >"$T/Containerfile" <<-'END'
		FROM localhost/base
		RUN awk '{ print $2 }' /proc/self/uid_map >/ids && touch /first && chown 5:6 /first
		USER 1000
		WORKDIR /home
		RUN id -u >/tmp/user
	END
	build build --quiet --isolation oci --runtime /usr/bin/brig --tag localhost/built --file "$T/Containerfile" "$T" </dev/null >/dev/null
	is "$(last_layer localhost/built | grep -E 'ids|first|user')" $'0/0 ids\n1000/1000 tmp/user\n5/6 first'
	(($(tar --extract --to-stdout --file="$T/image/$(jq -r '.layers[-1].digest | sub("sha256:"; "")' "$T/image/manifest.json")" ids) >= 268435456))
}
