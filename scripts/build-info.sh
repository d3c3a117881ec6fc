# Sets what is built into the program, for the scripts that source this: VERSION, REVISION, BRANCH, BUILD_USER and
# BUILD_DATE. Each can also come from the environment. LDFLAGS has the linker do it; epoch is the time of the commit.
#
# All of it is a function of the commit, so that the same commit gives the same binary, wherever and whenever it is built.
# shellcheck shell=bash

# In an archive made by git, git has put the commit's values here (see .gitattributes).
IFS='|' read -r tag short long epoch <<<'$Format:%(describe:tags=true)|%h|%H|%ct$'
branch=unknown

case $tag in
'$Format'*)
  tag='' short=0.1.0-dev long=unknown epoch=''
  # Only a repository of our own: an archive may be unpacked somewhere within another one.
  if [[ -e .git ]] && git rev-parse HEAD >/dev/null 2>&1; then
    tag=$(git describe --tags --always --dirty)
    branch=$(git rev-parse --abbrev-ref HEAD)
    long=$(git rev-parse HEAD)
    epoch=$(git log -1 --format=%ct)
  fi
  ;;
esac

epoch=${SOURCE_DATE_EPOCH:-$epoch}
date=unknown
if [[ -n $epoch ]]; then
  form=+%Y%m%d-%H:%M:%S
  date=$(date -u -d "@$epoch" "$form" 2>/dev/null || date -u -r "$epoch" "$form") # GNU, BSD
fi

tag=${tag:-$short}
VERSION=${VERSION:-${tag#v}}
REVISION=${REVISION:-$long}
BRANCH=${BRANCH:-$branch}
BUILD_USER=${BUILD_USER:-make} # and not who and where: that would make every build another one
BUILD_DATE=${BUILD_DATE:-$date}

into=github.com/prometheus/common/version
LDFLAGS="-s -w
  -X '$into.Version=$VERSION'
  -X '$into.Revision=$REVISION'
  -X '$into.Branch=$BRANCH'
  -X '$into.BuildUser=$BUILD_USER'
  -X '$into.BuildDate=$BUILD_DATE'"
