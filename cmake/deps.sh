#!/usr/bin/env bash
# deps.sh PREFIX: what Debian 12 and 13 lack, or have too old, into PREFIX/usr:
#   mbedTLS 3.6.7 or a later 3.6   built from Debian's source with our configuration
#   llhttp 9                       Debian 13's package, of which the static library is used
#   Catch2 3                       the package of Debian 13, or of Debian 12's backports
# Needs no root and writes to PREFIX alone. Wants apt, a C compiler, CMake and ninja or make.
# apt checks the archive's signatures with the machine's own Debian keyring.
set -euo pipefail

readonly oldest_mbedtls=3.6.7 # the first 3.6 without known holes
readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg

[[ $# -eq 1 ]] || { echo "usage: deps.sh PREFIX" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
alternatives=$here/../certs/crypto/mbedtls
mkdir -p "$1"
prefix=$(cd "$1" && pwd)
work=$prefix/.work

fail() {
  echo "deps.sh: $*" >&2
  exit 1
}

# The machine's own Debian archive as apt itself reads it, from sources of either format and before
# any `apt-get update`; the machine's apt.conf (a proxy, say) stays in force.
archive_uri() {
  # shellcheck disable=SC2016 # apt-get expands these
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="$1" '$2 == release && $3 == "main" { print $1; exit }'
}

# Lists and caches of our own: the machine's apt knows nothing of these suites, before or after.
use_own_apt_state() {
  local uri=$1 catch2_suite=$2
  mkdir -p "$work"/{lists/partial,cache/archives/partial,downloads,source}
  local entry
  for entry in "deb trixie" "deb $catch2_suite" "deb-src trixie" "deb-src sid"; do
    echo "${entry% *} [signed-by=$keyring] $uri ${entry#* } main"
  done | sort -u >"$work/sources.list"
  apt_options=(
    -qq
    -oDir::Etc::SourceList="$work/sources.list" -oDir::Etc::SourceParts=/dev/null
    -oDir::State::Lists="$work/lists"
    -oDir::Cache="$work/cache" -oDir::Cache::pkgcache= -oDir::Cache::srcpkgcache=
    -oAcquire::Languages=none -oAcquire::Retries=3
    -oAPT::Sandbox::User=root # the user _apt may not enter PREFIX
    # A snapshot or a mirror that stands still will do: it is signed, and the version is checked.
    -oAcquire::Check-Valid-Until=false
    -oAcquire::AllowInsecureRepositories=false -oAPT::Get::AllowUnauthenticated=false
  )
  apt-get "${apt_options[@]}" update
}

newest_mbedtls() {
  apt-cache "${apt_options[@]}" showsrc mbedtls |
    awk '/^Version: 3[.]6[.]/ { print $2 }' | sort -Vu | tail -n 1
}

build_mbedtls() {
  local source=$1 generator=() x86_flags=
  # -O3 without these makes AES-GCM slower than -O2; AES-NI itself is still chosen at run time.
  [[ $(uname -m) == x86_64 ]] && x86_flags="-march=x86-64-v2 -maes -mpclmul"
  command -v ninja >/dev/null && generator=(-G Ninja)

  # The exported CMake targets carry the configuration's absolute path, and whoever compiled
  # without it would see other struct layouts: so it has to lie in the prefix, for good.
  mkdir -p "$prefix/usr/include"
  cp "$here/mbedtls_user_config.h" "$prefix/usr/include/"
  # mbedTLS installs these with its own headers. The curves' types stay what they are.
  cp "$alternatives"/*_alt.h "$source/include/mbedtls/"
  sed '1,/^#if !defined(MBEDTLS_ECP_ALT)/d; /^#else.*MBEDTLS_ECP_ALT/,$d' \
    "$source/include/mbedtls/ecp.h" >"$source/include/mbedtls/ecp_alt.h"

  # Build type None: under Release mbedTLS replaces our -O3 by its -O2.
  # No fatal warnings: at -O3 gcc 12 and gcc 14 see array bounds exceeded where they are not.
  cmake "${generator[@]}" -S "$source" -B "$work/build" \
    -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="-O3 -g1 -fPIC $x86_flags" \
    -DENABLE_TESTING=OFF -DENABLE_PROGRAMS=OFF -DMBEDTLS_FATAL_WARNINGS=OFF \
    -DMBEDTLS_USER_CONFIG_FILE="$prefix/usr/include/mbedtls_user_config.h" \
    -DCMAKE_INSTALL_PREFIX="$prefix/usr" &&
    cmake --build "$work/build" --parallel "$(nproc)" --target install &&
    build_portable "$source" "-O3 -g1 -fPIC $x86_flags"
}

# What our configuration takes out of mbedTLS, certs/crypto/ puts other code in the place of: and needs
# what was taken out, under other names, where that code cannot serve.
build_portable() {
  local source=$1 flags=$2 file objects=()
  for file in "$alternatives"/*.c; do
    objects+=("$work/$(basename "$file" .c).o")
    # shellcheck disable=SC2086 # flags are words
    "${CC:-cc}" $flags -I"$source/library" -I"$prefix/usr/include" \
      -DMBEDTLS_USER_CONFIG_FILE="\"$prefix/usr/include/mbedtls_user_config.h\"" \
      -c "$file" -o "${objects[-1]}" || return
  done
  ar rcs "$prefix/usr/lib/libmbedtls_portable.a" "${objects[@]}"
}

# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
uri=$(archive_uri "$codename")
[[ -n $uri ]] || fail "apt has no source '$codename main'"
catch2_suite=trixie
# Debian 13's libCatch2.a needs a newer libstdc++ than Debian 12's.
[[ $codename == bookworm ]] && catch2_suite=bookworm-backports

rm -rf "$work"
trap 'rm -rf "$work"' EXIT
use_own_apt_state "$uri" "$catch2_suite"

cd "$work/downloads"
apt-get "${apt_options[@]}" download libllhttp-dev "libcatch2-dev/$catch2_suite"
for package in ./*.deb; do dpkg -x "$package" "$prefix"; done

version=$(newest_mbedtls)
dpkg --compare-versions "$version" ge "$oldest_mbedtls" ||
  fail "the archive's newest mbedTLS 3.6 is '$version'; at least $oldest_mbedtls is wanted"
# Upstream's tarball without Debian's patches: they remove 3rdparty/, which holds the fast X25519.
apt-get "${apt_options[@]}" source --download-only "mbedtls=$version"
cd "$work/source"
cmake -E tar xf "$work"/downloads/mbedtls_3.6.*.orig.tar.* # reads bzip2 and xz by itself
build_mbedtls "$work"/source/mbedtls-3.6.* >"$work/log" 2>&1 ||
  { tail -n 30 "$work/log" >&2; fail "mbedTLS $version does not build"; }
