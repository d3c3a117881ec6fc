# fish completion for pot. Made by: pot completion fish

complete -c pot -f
complete -c pot -l help -s h -d 'Show context-sensitive help.'
complete -c pot -l log.level -x -a 'debug info' -d 'Say: debug,info.'

complete -c pot -n __fish_use_subcommand -a brew -d 'Brew it; don\'t wait: drink.'
complete -c pot -n '__fish_seen_subcommand_from brew; or __fish_use_subcommand' -l beans.file -r -F -d 'Beans [it\'s: "fresh"] in C:\\new.'
complete -c pot -n '__fish_seen_subcommand_from brew; or __fish_use_subcommand' -l cup -x -d 'Size of a cup; may be given several times.'
complete -c pot -n '__fish_seen_subcommand_from brew; or __fish_use_subcommand' -l milk -d '.With milk.'
complete -c pot -n '__fish_seen_subcommand_from brew; or __fish_use_subcommand' -F

complete -c pot -n __fish_use_subcommand -a clean -d 'Clean the pot.'
complete -c pot -n '__fish_seen_subcommand_from clean' -a 'rinse descale'
