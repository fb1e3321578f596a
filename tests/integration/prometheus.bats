#!/usr/bin/env bats
# contrib/prometheus/brig-textfile: the metrics of containers
load ../lib/common

textfile() {
	BRIG=$BRIG "$TREE/contrib/prometheus/brig-textfile" --root "$ROOT" "$@"
}

# Every line is a comment, or a name with labels and a number; what belongs to a name stands together.
is_well_formed() {
	local names
	grep -qvE '^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+\{([a-z]+="([^"\\]|\\.)*",?)+\} [0-9.e+-]+)$' <<<"$1" &&
		complain "not a metric:"$'\n'"$1"
	names=$(sed -n 's/^\([a-z_]*\){.*/\1/p' <<<"$1" | uniq)
	is "$names" "$(awk '!seen[$0]++' <<<"$names")"
}

@test "each container has its metrics, and the file is replaced whole" {
	running_container
	textfile "$T/brig.prom"
	is_well_formed "$(<"$T/brig.prom")"
	grep -qx 'brig_containers{status="running"} 1' "$T/brig.prom"
	grep -q "^brig_container_cpu_usage_seconds_total{id=\"$ID\",root=\"$ROOT\"} [0-9]" "$T/brig.prom"
	is "$(stat -c %a "$T/brig.prom")" 644
	is "$(ls "$T"/brig.prom*)" "$T/brig.prom"
}

@test "memory and processes have metrics with their limits" {
	needs_controller memory
	needs_controller pids
	config '.linux.resources = { memory: { limit: 33554432 }, pids: { limit: 20 } }'
	running_container
	run textfile
	grep -qx "brig_container_memory_limit_bytes{id=\"$ID\",root=\"$ROOT\"} 33554432" <<<"$output"
	grep -qx "brig_container_pids_limit{id=\"$ID\",root=\"$ROOT\"} 20" <<<"$output"
	grep -q "^brig_container_memory_usage_bytes{id=\"$ID\",root=\"$ROOT\"} [1-9]" <<<"$output"
}

@test "without containers there is no metric of one; a stopped one is counted" {
	run textfile
	is_well_formed "$output"
	[[ $output != *brig_container_* && $output != *status=* ]]
	config '.process.args = ["true"]'
	create
	brig start "$ID"
	eventually has_status stopped
	run textfile
	[[ $output != *brig_container_* ]]
	grep -qx 'brig_containers{status="stopped"} 1' <<<"$output"
}
