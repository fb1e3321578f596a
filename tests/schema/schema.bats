#!/usr/bin/env bats
# What brig writes and reads, held against the JSON Schema of the OCI runtime specification, which is not
# part of this tree: `specification` gets it.
load ../lib/common

SCHEMA=$BATS_TEST_DIRNAME

prepare() {
	python3 -c 'import jsonschema' 2>/dev/null || missing "no python3-jsonschema (make deps)"
	SPECIFICATION=$("$SCHEMA/specification" 2>"$T/err") || missing "the specification's source package cannot be had"
}

# fits KIND FILE…: each is what the schema of that kind describes
fits() {
	succeeds python3 "$SCHEMA/schema.py" "$SPECIFICATION" "$@"
}

@test "spec writes what the schema describes, and so does spec of an ordinary user" {
	mkdir "$T"/{root,user}
	succeeds brig spec --bundle "$T/root"
	succeeds brig spec --rootless --bundle "$T/user"
	fits config "$T"/{root,user}/config.json
}

@test "features is what the schema describes" {
	brig features >"$T/features"
	python3 "$SCHEMA/schema.py" "$SPECIFICATION" features "$T/features" >"$T/said" || true
	# Four architectures came into the schema with 1.2.1; Debian 13 has 1.2.0.
	is "$(grep -vE "'SCMP_ARCH_(LOONGARCH64|M68K|SH|SHEB)' is not one of" "$T/said")" ""
}

@test "the state of a created, running, paused and stopped container is what the schema describes" {
	config '.annotations = { "org.example.key": "value" }
		| .process.args = ["sh", "-c", "trap \"exit 0\" TERM; sleep 10000 & wait"]'
	create
	brig state "$ID" >"$T/created"
	brig start "$ID"
	brig state "$ID" >"$T/running"
	brig pause "$ID"
	brig state "$ID" >"$T/paused"
	brig resume "$ID"
	brig kill "$ID"
	eventually has_status stopped
	brig state "$ID" >"$T/stopped"
	fits state "$T"/{created,running,stopped}
	# The specification lets a runtime define further values of status, and its schema knows none.
	python3 "$SCHEMA/schema.py" "$SPECIFICATION" state "$T/paused" >"$T/said" || true
	is "$(sed "s|^$T/||; s|: '.*||" "$T/said")" "paused: /status"
}

@test "the state that hooks of each kind read is what the schema describes" {
	own_rootfs
	policy '.rules.hook = "allow"'
	config '.process.args = ["true"]'
	# createContainer runs as nobody that the host knows, startContainer where $T is not.
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/
	mkdir -m 777 "$T/read"
	config --arg read "$T/read" '.hooks = ({
			prestart: $read, createRuntime: $read, createContainer: $read, startContainer: "",
			poststart: $read, poststop: $read
		} | with_entries(.value = [{ path: "/bin/sh", args: ["sh", "-c", "cat >" + .value + "/" + .key] }]))'
	brig run --bundle "$BUNDLE" "$ID" </dev/null
	fits state "$T"/read/{prestart,createRuntime,createContainer,poststart,poststop} "$BUNDLE/rootfs/startContainer"
}

@test "brig's tables have a row for each property of the schema, and no other" {
	local LC_ALL=C
	"$BRIG_BUILD/lint/properties" | cut -f 1 | sort >"$T/tables"
	python3 "$SCHEMA/schema.py" "$SPECIFICATION" properties |
		grep -vE '^(freebsd|solaris|vm|windows|zos)(\.|$)|^process\.(commandLine|user\.username)$' | sort >"$T/schema"
	# Two that 1.3 has dropped, and what has come since 1.2.0; tests/lint/runtime-spec looks for rows of these.
	is "$(comm -13 "$T/tables" "$T/schema" | grep -vE '^linux\.intelRdt\.enable(CMT|MBM)$')" ""
	is "$(comm -23 "$T/tables" "$T/schema" |
		grep -vE '^(process\.execCPUAffinity|linux\.(memoryPolicy|netDevices|intelRdt\.(enableMonitoring|schemata))(\.|$))')" ""
}

# Two of them are more than the schema has, as their engines write them, and brig takes them.
@test "each config.json of the golden plans is what the schema describes, but for what engines write beyond it" {
	python3 "$SCHEMA/schema.py" "$SPECIFICATION" config "$TREE"/tests/golden/cases/*/config.json >"$T/said" || true
	sed -i "s|^$TREE/tests/golden/cases/||; s|/config.json: | |; s|: .*||; s|devices/[0-9]*/|devices/*/|" "$T/said"
	# config-linux.md names four words, as mount(8) does; runc and crun also take rslave and the like.
	# Podman writes the type of a device into its fileMode, as stat(2) has it.
	is "$(sort -u "$T/said")" "every-privilege /linux/rootfsPropagation
real-podman-privileged /linux/devices/*/fileMode"
}

@test "what brig makes of the specification's own examples is what is expected, and where its schema differs, why" {
	succeeds python3 "$SCHEMA/examples.py" "$SPECIFICATION" "$BRIG_BUILD/golden/plan_dump" "$SCHEMA/expected"
	(($(sed -n 's/ examples$//p' <<<"$output") >= 35)) || complain "only $output"
}
