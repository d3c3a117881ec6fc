# bash completion for pot. Made by: pot completion bash

_pot() {
  local cur=${COMP_WORDS[COMP_CWORD]} before=$((COMP_CWORD - 1)) flag='' command='' word words='' files=''
  # bash takes --flag=value apart at the "=".
  if [[ $cur == = ]]; then
    flag=${COMP_WORDS[before]} cur=''
  elif [[ ${COMP_WORDS[before]} == = ]]; then
    flag=${COMP_WORDS[before - 1]}
  elif [[ $cur != -* ]]; then
    flag=${COMP_WORDS[before]}
  fi
  for word in "${COMP_WORDS[@]:1:before}"; do
    case $word in
    brew) command=brew && break ;;
    clean) command=clean && break ;;
    esac
  done
  COMPREPLY=()

  # The value of a flag.
  case ${command:-brew},$flag in
  brew,--beans.file) files=yes ;;
  brew,--cup) words='' ;;
  *,--log.level) words='debug info' ;;
  # A flag, an argument or a command.
  *)
    case $command in
    brew) words='--beans.file= --cup= --milk' && [[ $cur == -* ]] || files=yes ;;
    clean) words='' && [[ $cur == -* ]] || words='rinse descale' ;;
    *)
      words='--beans.file= --cup= --milk'
      [[ $cur == -* ]] || words='brew clean'
      ;;
    esac
    [[ $cur != -* ]] || words+=' --help --log.level='
    ;;
  esac

  if [[ $files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null
  fi
}
complete -F _pot pot
