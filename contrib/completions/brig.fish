# fish completion for brig
#
# Commands and options are read from --help when fish loads this file, so they are those of the
# installed brig. Containers come from `brig list`.

function __brig_add_options --description 'options of one command, or of brig itself'
	set -l condition $argv[1]
	for line in (brig $argv[2..] --help 2>/dev/null | string match -r '^  (?:-., |    )--.*')
		set -l name (string match -r -- '--([a-z-]+)' $line)[2]
		set -l text (string replace -r '^ +(-., )?--[^ ]+( [^ ]+)? +' '' -- $line)
		set -l letter (string match -r '^  -(.), ' -- $line)[2]
		set -l value (string match -r -- '--[a-z-]+ ([^ ]+)' $line)[2]
		set -l options -c brig -n $condition -l $name -d $text
		if test -n "$letter"
			set -a options -s $letter
		end
		if string match -q '*|*' -- $value
			set -a options -x -a (string replace -a '|' ' ' -- $value)
		else if test -n "$value"
			set -a options -r
		end
		complete $options
	end
end

complete -c brig -f
__brig_add_options __fish_use_subcommand
for line in (brig --help 2>/dev/null | sed -n '/^Commands:/,/^$/p' | string match -r '^  [a-z]+ .*')
	set -l parts (string match -r '^  ([a-z]+) +(.*)' -- $line)
	set -l command $parts[2]
	complete -c brig -n __fish_use_subcommand -a $command -d $parts[3]
	__brig_add_options "__fish_seen_subcommand_from $command" $command
	switch $command
		case plan audit
			complete -c brig -n "__fish_seen_subcommand_from $command" -a '(__fish_complete_directories)'
		case policy
			complete -c brig -n "__fish_seen_subcommand_from $command" -a 'show check rules'
		case create run restore spec list features
		case '*'
			complete -c brig -n "__fish_seen_subcommand_from $command" -a '(brig list --quiet 2>/dev/null)'
	end
end
