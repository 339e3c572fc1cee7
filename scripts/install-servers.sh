#!/usr/bin/env bash
# Installs the real servers that the demo and the tests need; quick when all is there already.
#
#   installed by apt   etcd-server etcd-client postgresql patroni haproxy, as this Debian or Ubuntu
#                      has them, and ab (apache2-utils) for the benchmarks
#   .cache/servers/    newer versions from other Debian suites, unpacked and not installed:
#     forky/unpacked   patroni 4.1, ydiff, etcd 3.5
#     trixie/unpacked  patroni 4.0, cdiff
#
# With names of packages only those are installed, and nothing is unpacked: `make demo` wants no more
# than postgresql, and that only where no PostgreSQL server is found.
#
# Needs root or sudo for the first part only. What cannot be had is said in a line that begins with
# "missing:"; the script fails only where nothing would work at all.
# PGHERD_SERVERS: another place than .cache/servers. PGHERD_DEBIAN_MIRROR: address of a Debian mirror, where apt's own sources name none.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(etcd-server etcd-client postgresql patroni haproxy iproute2 apache2-utils)
only=("$@")
[ "$#" = 0 ] || packages=("$@")
cache=${PGHERD_SERVERS:-$PWD/.cache/servers}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
apt_options=(-qq -o Acquire::http::Timeout=30 -o Acquire::Retries=2 -o DPkg::Lock::Timeout=300)
undo=()

say() { printf '%s\n' "$*"; }
missing() { printf 'missing: %s\n' "$*" >&2; }
die() { missing "$@"; exit 1; }

clean_up() {
  local command
  for command in "${undo[@]:-}"; do [ -z "$command" ] || as_root sh -c "$command"; done
}
trap clean_up EXIT
trap 'exit 130' INT TERM

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "root rights: run this as root, or install sudo (needed for: $*)"
  fi
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

not_installed() {
  local package
  for package in "${packages[@]}"; do is_installed "$package" || printf '%s\n' "$package"; done
}

# The package lists are fetched again when they are older than a day.
refresh_lists() {
  if [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -1 2>/dev/null)" ] &&
    apt-cache show "$@" >/dev/null 2>&1; then return; fi
  say 'Fetching the package lists ...'
  as_root apt-get "${apt_options[@]}" update ||
    say 'Some package lists could not be fetched; going on with those that are there.'
}

# While packages are being installed no service is started and no database cluster is made;
# both rules are taken back at the end.
forbid_services() {
  local policy=/usr/sbin/policy-rc.d rules=/etc/postgresql-common/createcluster.d
  if [ ! -e "$policy" ]; then
    undo+=("rm -f $policy")
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
  fi
  undo+=("rm -f $rules/pgherd-tests.conf")
  as_root sh -c "mkdir -p $rules && echo 'create_main_cluster = false' >$rules/pgherd-tests.conf"
}

install_packages() {
  local wanted
  mapfile -t wanted < <(not_installed)
  if [ "${#wanted[@]}" = 0 ]; then return; fi
  refresh_lists "${wanted[@]}"
  say "Installing ${wanted[*]} ..."
  forbid_services
  as_root env DEBIAN_FRONTEND=noninteractive apt-get "${apt_options[@]}" install -y \
    --no-install-recommends "${wanted[@]}" </dev/null ||
    die "apt-get could not install ${wanted[*]}; its own words are above"
  # The tests start servers of their own; nothing of these need run after the next boot either.
  if command -v systemctl >/dev/null; then
    case " ${wanted[*]} " in *' etcd-server '*) as_root systemctl -q disable etcd || true ;; esac
    case " ${wanted[*]} " in *' haproxy '*) as_root systemctl -q disable haproxy || true ;; esac
  fi
}

# The mirrors that this machine's own apt sources name for its Debian release, one a line.
debian_mirrors() {
  if [ -n "${PGHERD_DEBIAN_MIRROR:-}" ]; then printf '%s\n' "$PGHERD_DEBIAN_MIRROR"; return; fi
  local id codename file
  id=$(. /etc/os-release && printf %s "${ID:-}")
  codename=$(. /etc/os-release && printf %s "${VERSION_CODENAME:-}")
  codename=${codename%%/*}
  if [ "$id" != debian ] || [ -z "$codename" ]; then return; fi
  for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -r "$file" ] || grep -v '^#' "$file" | awk -v RS= -v codename="$codename" '
      $0 !~ "(^|\n)Enabled:[ \t]*no" {
        uri = ""; fits = 0
        for (i = 1; i <= NF; i++) {
          if ($i == "URIs:") uri = $(i + 1)
          if ($i == codename) fits = 1
        }
        if (uri != "" && fits) print uri
      }'
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -r "$file" ] ||
      sed -nE "s/^deb[ \t]+(\[[^]]*\][ \t]+)?([^ \t]+)[ \t]+$codename[ \t].*/\2/p" "$file"
  done
}

# unpack SUITE VERSION-OF-PATRONI PACKAGE...: puts them into .cache/servers/SUITE/unpacked
unpack() {
  local suite=$1 version=$2 root=$cache/$1 mirror deb
  shift 2
  if [ -e "$root/unpacked/complete" ]; then return; fi
  mirror=$(debian_mirrors)
  mirror=${mirror%%$'\n'*}
  if [ -z "$mirror" ]; then
    missing "patroni $version: it comes from Debian's suite $suite, and the apt sources of this" \
      'machine name no Debian mirror; set PGHERD_DEBIAN_MIRROR to the address of one'
    return
  fi
  if [ ! -r "$keyring" ]; then
    missing "patroni $version: $keyring is not there to check the signature of Debian's suite" \
      "$suite; install the package debian-archive-keyring"
    return
  fi
  say "Unpacking patroni $version ($*) from Debian's suite $suite ..."
  rm -rf "$root"
  mkdir -p "$root/lists/partial" "$root/cache/archives/partial" "$root/debs" "$root/new"
  echo "deb [signed-by=$keyring] $mirror $suite main" >"$root/sources.list"
  local own=("${apt_options[@]}" -o "Dir::Etc::sourcelist=$root/sources.list"
    -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::Lists=$root/lists"
    -o "Dir::Cache=$root/cache" -o "APT::Sandbox::User=$(id -un)"
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false)
  if ! apt-get "${own[@]}" update || ! (cd "$root/debs" && apt-get "${own[@]}" download "$@"); then
    missing "patroni $version: Debian's suite $suite could not be fetched; apt's words are above"
    rm -rf "$root"
    return
  fi
  for deb in "$root"/debs/*.deb; do dpkg-deb -x "$deb" "$root/new"; done
  case $(ls "$root/debs") in *"patroni_$version."*) ;; *)
    missing "patroni $version: Debian's suite $suite now has $(ls "$root/debs" | grep patroni)" ;;
  esac
  touch "$root/new/complete"
  mv "$root/new" "$root/unpacked"
  rm -rf "$root/lists" "$root/cache" "$root/debs" "$root/sources.list"
}

has_postgres() {
  local program
  for program in /usr/lib/postgresql/*/bin/postgres $(command -v postgres || true); do
    if [ -x "$program" ]; then return 0; fi
  done
  return 1
}

if [ "${only[*]:-}" = postgresql ] && has_postgres; then exit 0; fi
command -v apt-get >/dev/null ||
  die 'apt-get: the real servers are installed from Debian or Ubuntu packages'
install_packages
if [ "${#only[@]}" != 0 ]; then exit 0; fi
unpack forky 4.1 patroni python3-ydiff etcd-server
unpack trixie 4.0 patroni python3-cdiff

report() {
  local dir module
  say "Servers: etcd $(dpkg-query -W -f='${Version}' etcd-server)," \
    "PostgreSQL $(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f ')" \
    "patroni $(dpkg-query -W -f='${Version}' patroni)"
  for dir in "$cache"/*/unpacked; do
    module=$dir/usr/lib/python3/dist-packages/patroni/version.py
    [ ! -e "$module" ] || sed -nE "s|^__version__ = '(.*)'|  patroni \1 in $dir|p" "$module"
  done
}
report
