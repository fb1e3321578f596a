# tests/lib/attack.bash: what the attack tests add to common.bash
#
#	load ../lib/common
#	load ../lib/attack
#
# A workload that attacks is the same busybox as everywhere, with the programs of tests/attack/ at /mnt.
# `attack` runs a script with them; what it prints is in $output. `without` takes one layer of brig's
# away, to show that the others hold alone; `grant` gives capabilities that policy would not.

PROBES=$BRIG_BUILD/tests/attack

# attack SCRIPT [OPTIONS]: as `inside`, with the probes on the PATH
attack() {
	config --arg probes "$PROBES" '
		if any(.mounts[]; .destination == "/mnt") then . else
			.mounts += [{ destination: "/mnt", type: "bind", source: $probes, options: ["bind", "ro", "nosuid", "nodev"] }]
		end
		| .process.env |= map(if startswith("PATH=") then . + ":/mnt" else . end)'
	inside "$@"
}

# without LAYER…: landlock, seccomp. AppArmor, which many machines lack, is off together with any of
# them, so that what is left holds alone everywhere; `with_apparmor` has it back.
without() {
	local layer filter='.settings.apparmor_profile = ""'
	for layer; do
		case $layer in
		apparmor) ;;
		landlock) filter+=' | .settings.landlock = false' ;;
		seccomp)
			filter+=' | .settings.seccomp_profile = "" | .rules["seccomp-missing"] = "allow"'
			config 'del(.linux.seccomp)'
			;;
		*) complain "no layer $layer" ;;
		esac
	done
	policy "$filter"
}

with_apparmor() {
	policy 'del(.settings.apparmor_profile)'
}

# grant CAP…: policy allows these and the config asks for them, in each set
grant() {
	local caps
	printf -v caps '"%s",' "$@"
	caps="[${caps%,}]"
	policy --argjson caps "$caps" '.settings.capabilities = $caps'
	config --argjson caps "$caps" '.process.capabilities = { bounding: $caps, effective: $caps, permitted: $caps, inheritable: $caps, ambient: $caps }'
}

# refused_each NAME…: each attempt of `calls` was answered with an error
refused_each() {
	local line name
	for name; do
		line=$(grep -E "^$name( |$)" <<<"$output") || complain "no attempt '$name' in:"$'\n'"$output"
		[[ $line != *" ok" ]] || complain "went through: $line"
	done
}

# lacks TEXT…: what the last command printed has none of these
lacks() {
	local text
	for text; do
		[[ $output != *"$text"* ]] || complain "there is '$text' in:"$'\n'"$output"
	done
}
