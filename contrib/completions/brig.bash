# bash completion for brig
#
# Commands and options are read from --help when a key is pressed, so they are those of the installed
# brig. Containers come from `brig list`.

_brig_commands() {
	brig --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

_brig_options() { # [COMMAND]
	brig "$@" --help 2>/dev/null | grep -oE '^  (-., |    )--[a-z-]+' | grep -oE -- '--[a-z-]+'
}

# The words that an option may have, "text|json" in --help; nothing if it takes another value or none
_brig_words() { # OPTION [COMMAND]
	local option=$1
	shift
	brig "$@" --help 2>/dev/null |
		sed -nE "s/^  (-., |    )$option ([a-z]+(\|[a-z0-9]+)+)( .*|\$)/\2/p" | tr '|' '\n'
}

_brig_takes_value() { # OPTION [COMMAND]
	local option=$1
	shift
	brig "$@" --help 2>/dev/null | grep -qE "^  (-., |    )$option [^ ]"
}

_brig() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local -a command=()
	local i words

	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == -* ]]; then
			_brig_takes_value "${COMP_WORDS[i]}" && ((i++))
		else
			command=("${COMP_WORDS[i]}")
			break
		fi
	done

	if [[ $previous == --* ]] && { _brig_takes_value "$previous" "${command[@]}" || _brig_takes_value "$previous"; }; then
		words=$(_brig_words "$previous" "${command[@]}")
		[[ -n $words ]] || words=$(_brig_words "$previous")
		if [[ -n $words ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
		else
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
		fi
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_brig_options "${command[@]}")" -- "$current")
	elif ((${#command[@]} == 0)); then
		mapfile -t COMPREPLY < <(compgen -W "$(_brig_commands)" -- "$current")
	else
		case ${command[0]} in
		plan | audit) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
		policy) mapfile -t COMPREPLY < <(compgen -W 'show check rules' -- "$current") ;;
		create | run | restore | spec | list | features) ;;
		*) mapfile -t COMPREPLY < <(compgen -W "$(brig list --quiet 2>/dev/null)" -- "$current") ;;
		esac
	fi
}

complete -o filenames -F _brig brig
