# SPDX-License-Identifier: BSD-3-Clause
# Completion of synwardctl for bash: goes to /usr/share/bash-completion/completions/synwardctl.

_synwardctl_options() {
    case "$1" in
        status | reload | challenge | "flow show" | "flow kill") echo "" ;;
        capture)
            echo "--write --reason --verdict --service --address --port --departures --count" \
                "--seconds --snap"
            ;;
        counters) echo "--watch --interval --all --worker --service" ;;
        flows)
            echo "--address --outside --inside --port --outside-port --inside-port --state --phase" \
                "--service --sort --reverse --limit --count"
            ;;
        services) echo "--by-address" ;;
        sources) echo "--limit" ;;
        top) echo "--interval --once" ;;
    esac
}

# Names of services, from the synward that runs; nothing where there is none.
_synwardctl_services() {
    synwardctl services --json 2>/dev/null | sed -n 's/.*"service":"\([^"]*\)".*/\1/p'
}

_synwardctl() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}"
    local command="" service="" index word
    for ((index = 1; index < COMP_CWORD; ++index)); do
        word="${COMP_WORDS[index]}"
        case "$word" in
            --socket) ((++index)) ;;
            -*) ;;
            *)
                if [ -z "$command" ]; then
                    command="$word"
                elif [ "$command" = flow ]; then
                    command="flow $word"
                elif [ "$command" = challenge ] && [ -z "$service" ]; then
                    service="$word"
                fi
                ;;
        esac
    done
    local words=""
    case "$previous" in
        --socket)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --state)
            words="closed listen syn-sent syn-rcvd established fin-wait-1 fin-wait-2 close-wait
                closing last-ack time-wait"
            ;;
        --write | -w)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --verdict) words="forwarded answered held dropped originated" ;;
        --phase) words="half_open connecting open" ;;
        --sort) words="outside inside state service phase expires worker" ;;
        --service) words="$(_synwardctl_services)" ;;
        --address | --outside | --inside | --port | --outside-port | --inside-port | --limit | \
            --interval | --worker | --reason | --count | --seconds | --snap) ;;
        *)
            case "$command" in
                "")
                    words="status capture counters flows flow services sources reload challenge top
                        --socket --help --version"
                    ;;
                flow) words="show kill --help" ;;
                *)
                    words="$(_synwardctl_options "$command") --json --help --socket"
                    if [ "$command" = challenge ]; then
                        if [ -z "$service" ]; then
                            words="$(_synwardctl_services) $words"
                        else
                            words="always over-budget never $words"
                        fi
                    fi
                    ;;
            esac
            ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _synwardctl synwardctl
