#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The start of the image, by the rules of the official images of Redis and Valkey:
#   - arguments that begin with an option, or a file NAME.conf, are for the server;
#   - as root, the server gets its files below the working directory and runs as `skarn`;
#   - VALKEY_EXTRA_FLAGS (SKARN_, REDIS_) is appended to the command of the server;
#   - anything else runs as it is.
# And by one of ours: SKARN_PASSWORD or SKARN_PASSWORD_FILE (VALKEY_, REDIS_) sets the password, which
# never shows in the list of processes.
set -eu

if [ "${1:0:1}" = - ] || [[ ${1:-} == *.conf ]]; then
  set -- skarn-server "$@"
fi

case ${1##*/} in
  skarn-server | valkey-server | redis-server) ;;
  *) exec "$@" ;;
esac

if [ "$(id -u)" = 0 ]; then
  # What cannot be given away, on a read-only volume say, may still be readable.
  find . \! -user skarn -exec chown -h skarn {} + ||
    echo "entrypoint: not all files of $PWD could be given to the user skarn" >&2
  exec setpriv --reuid=skarn --regid=skarn --clear-groups -- "$0" "$@"
fi

if [ "$(umask)" = 0022 ]; then
  umask 0077
fi

# setting NAME: the first of SKARN_NAME, VALKEY_NAME, REDIS_NAME that is not empty.
setting() {
  local prefix name
  for prefix in SKARN VALKEY REDIS; do
    name=${prefix}_$1
    if [ -n "${!name:-}" ]; then
      printf '%s' "${!name}"
      return
    fi
  done
}

# Inside a container only what is published can be reached: hence no protected mode. A file or an
# option of the user overrides these lines.
defaults=${SKARN_DEFAULTS-protected-mode no}
password=$(setting PASSWORD)
password_file=$(setting PASSWORD_FILE)
if [ -n "$password_file" ]; then
  if [ -n "$password" ]; then
    echo "entrypoint: give the password or a file with it, not both" >&2
    exit 1
  fi
  password=$(cat "$password_file")
  if [ -z "$password" ]; then
    echo "entrypoint: $password_file is empty" >&2
    exit 1
  fi
fi
if [ -n "$password" ]; then
  escaped=${password//\\/\\\\}
  escaped=${escaped//\"/\\\"}
  escaped=${escaped//$'\n'/\\n}
  defaults+=$'\n'"requirepass \"$escaped\""
fi
export SKARN_DEFAULTS=$defaults

# shellcheck disable=SC2046  # Several words on purpose.
exec "$@" $(setting EXTRA_FLAGS)
