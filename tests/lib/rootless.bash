# tests/lib/rootless.bash: an ordinary user, with a home, a bundle, a policy and a copy of brig
#
#	load ../lib/common
#	load ../lib/rootless
#
#	dispose() { remove_home; }
#
# Each test has: $USER_ID, who has no account; $HOME_OF_USER, where all of the user's files are; and two
# lists for what runs as the user: IN, words that enter somewhere first; CONFINED, what setpriv takes away.

# An id without an account is as good as any.
prepare() {
	USER_ID=64123
	IN=() CONFINED=(--no-new-privs --bounding-set=-all)
	HOME_OF_USER=$(mktemp -d /tmp/brig-rootless.XXXXXX)
	cp -a "$ROOTFS" "$HOME_OF_USER/rootfs"
	mkdir -m 700 "$HOME_OF_USER/run"
	cp "$TREE/seccomp-profiles/default.json" "$HOME_OF_USER/seccomp.json"
	jq -n --arg dir "$HOME_OF_USER" '{ base: "restricted", settings: { seccomp_profile: "\($dir)/seccomp.json", audit_log: "" } }' >"$HOME_OF_USER/policy.json"
	cp "$BRIG" "$HOME_OF_USER/brig"
	chmod 755 "$HOME_OF_USER"
	chown -R "$USER_ID:$USER_ID" "$HOME_OF_USER"
	as_user "$HOME_OF_USER/brig" spec --rootless --bundle "$HOME_OF_USER"
	sed -i 's/"terminal": true/"terminal": false/' "$HOME_OF_USER/config.json"
}

remove_home() {
	[[ -z ${HOME_OF_USER-} ]] || rm -rf "$HOME_OF_USER"
}

as_user() {
	"${IN[@]}" setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all "${CONFINED[@]}" -- \
		env -i PATH="$PATH" XDG_RUNTIME_DIR="$HOME_OF_USER/run" "$@" 3>&-
}

user_brig() {
	as_user "$HOME_OF_USER/brig" --policy "$HOME_OF_USER/policy.json" "$@"
}

user_config() {
	jq "$@" "$HOME_OF_USER/config.json" >"$HOME_OF_USER/new.json"
	cat "$HOME_OF_USER/new.json" >"$HOME_OF_USER/config.json"
}

user_run() { # SCRIPT
	user_config --arg script "$1" '.process.args = ["sh", "-c", $script]'
	run user_brig run --bundle "$HOME_OF_USER" "$ID" </dev/null
}
