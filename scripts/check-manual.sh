#!/usr/bin/env bash
# Has the shells themselves complete the program's command line, and mandoc read its manual page.
#
#   scripts/check-manual.sh FILE
set -euo pipefail

program=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
touch cielo24.yml
status=0

# want SHELL LINE EXPECTED GOT
want() {
  [[ $3 == "$4" ]] && return
  printf '%s completes "%s" to\n%s\nbut should to\n%s\n' "$1" "$2" "$4" "$3" >&2
  status=1
}

"$program" man >page.1
mandoc -T lint -W warning page.1 >&2 || status=1

# fish lists what it would offer.
"$program" completion fish >completion.fish
in_fish() {
  want fish "$1" "$2" "$(HOME=$scratch fish --no-config --command "source completion.fish; complete --do-complete '$1'" | cut -f1 | sort | paste -sd' ')"
}
in_fish 'cielo24_exporter c' 'check completion'
in_fish 'cielo24_exporter completion ' 'bash fish zsh'
in_fish 'cielo24_exporter check cielo' 'cielo24.yml'
in_fish 'cielo24_exporter --config.file=cielo' '--config.file=cielo24.yml'
in_fish 'cielo24_exporter job --outp' '--output'
in_fish 'cielo24_exporter job --output=t' '--output=text'
in_fish 'cielo24_exporter --log.level ' 'debug error info warn'

# zsh has no such list: it gets a terminal, keys, and prints the line as it is after them.
mkdir functions
"$program" completion zsh >functions/_cielo24_exporter
cat >driver.zsh <<'END'
zmodload zsh/zpty
export TERM=dumb
zpty shell zsh -f -i
zpty -w shell "PS1=; fpath=($PWD/functions \$fpath); autoload -U compinit; compinit -u -D
setopt no_auto_menu no_list_beep
said() { print; print -r -- \"<<<\$BUFFER>>>\"; zle kill-whole-line }; zle -N said; bindkey '^X' said; print rea''dy"
zpty -r shell seen '*ready*'
zpty -w -n shell "$1"$'\t\x18'
zpty -r shell seen '*>>>*'
print -r -- "${${seen##*<<<}%%>>>*}"
END
in_zsh() {
  want zsh "$1" "$2" "$(timeout 60 zsh -f driver.zsh "$1")"
}
in_zsh 'cielo24_exporter hea' 'cielo24_exporter health '
in_zsh 'cielo24_exporter completion f' 'cielo24_exporter completion fish '
in_zsh 'cielo24_exporter check cie' 'cielo24_exporter check cielo24.yml '
in_zsh 'cielo24_exporter --config.file=cie' 'cielo24_exporter --config.file=cielo24.yml '
in_zsh 'cielo24_exporter --log.level=d' 'cielo24_exporter --log.level=debug '
in_zsh 'cielo24_exporter job --output=t' 'cielo24_exporter job --output=text '

# What bash offers is tested together with package manual; here, that it takes the script.
"$program" completion bash | bash -n || status=1

exit "$status"
