#compdef pot
# zsh completion for pot. Made by: pot completion zsh

_pot() {
  local context state line
  local -A opt_args
  local -a every=(
    '--help[Show context-sensitive help.]'
    '-h[Show context-sensitive help.]'
    '--log.level=[Say\: debug,info.]:LEVEL:(debug info)'
  )
  _arguments -C $every \
    '1: :->command' \
    '*:: :->argument' \
    '--beans.file=[Beans \[it'\''s\: "fresh"\] in C\:\\new.]:FILE:_files' \
    '*--cup=[Size of a cup; may be given several times.]:N:' \
    '--milk[.With milk.]' && return
  case $state in
  command)
    local -a commands=(
      'brew:Brew it; don'\''t wait\: drink.'
      'clean:Clean the pot.'
    )
    _describe command commands
    ;;
  argument)
    case $line[1] in
    brew)
      _arguments $every \
        '--beans.file=[Beans \[it'\''s\: "fresh"\] in C\:\\new.]:FILE:_files' \
        '*--cup=[Size of a cup; may be given several times.]:N:' \
        '--milk[.With milk.]' \
        '*:file:_files'
      ;;
    clean)
      _arguments $every \
        ':depth:(rinse descale)'
      ;;
    esac
    ;;
  esac
}

# Read from a folder of functions, this file is the function; sourced, it says what it completes.
if [[ $funcstack[1] == _pot ]]; then
  _pot "$@"
else
  compdef _pot pot
fi
