#!/bin/bash
# deps.sh PREFIX: mbedTLS 3.6 (built with our configuration), llhttp 9 and Catch2 3 into PREFIX/usr
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); mkdir -p "$1"; P=$(cd "$1" && pwd); W=$P/.work
key=/usr/share/keyrings/debian-archive-keyring.gpg
. /etc/os-release
# the machine's own Debian source, as apt itself reads it (deb822 and one-line files alike)
uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
      awk -v r="$VERSION_CODENAME" '$2==r && $3=="main" {print $1; exit}')
[ -n "$uri" ] || { echo "apt has no '$VERSION_CODENAME main' source" >&2; exit 1; }
catch_suite=trixie; [ "$VERSION_CODENAME" = bookworm ] && catch_suite=bookworm-backports
rm -rf "$W"; mkdir -p "$W"/{lists/partial,cache/archives/partial,dl,src}
for s in "deb trixie" "deb-src trixie" "deb-src sid" "deb $catch_suite"; do set -- $s
  echo "$1 [signed-by=$key] $uri $2 main"; done | sort -u > "$W/sources.list"
apt=(apt-get -qq "-oDir::Etc::SourceList=$W/sources.list" -oDir::Etc::SourceParts=/dev/null
  "-oDir::State::Lists=$W/lists" "-oDir::Cache=$W/cache" -oDir::Cache::pkgcache= -oDir::Cache::srcpkgcache=
  -oAcquire::Languages=none -oAcquire::Retries=3 -oAPT::Sandbox::User=root
  -oAcquire::AllowInsecureRepositories=false -oAPT::Get::AllowUnauthenticated=false)
"${apt[@]}" update
cd "$W/dl"
"${apt[@]}" download libllhttp-dev "libcatch2-dev/$catch_suite"
for d in ./*.deb; do dpkg -x "$d" "$P"; done
cache=(apt-cache "${apt[@]:2}")                       # the same options
version=$("${cache[@]}" showsrc mbedtls | awk '/^Version: 3[.]6[.]/ {print $2}' | sort -Vu | tail -n 1)
dpkg --compare-versions "$version" ge 3.6.7 || { echo "the archive's newest mbedTLS 3.6 is $version, below 3.6.7" >&2; exit 1; }
"${apt[@]}" source --download-only "mbedtls=$version"   # the newest 3.6: at least 3.6.7
cd "$W/src"; cmake -E tar xf "$W"/dl/mbedtls_3.6.*.orig.tar.*
simd=; [ "$(uname -m)" = x86_64 ] && simd="-march=x86-64-v2 -maes -mpclmul"
cp "$here/mbedtls_user_config.h" "$P/usr/include/"
gen=(); command -v ninja >/dev/null && gen=(-G Ninja)
cmake "${gen[@]}" -S "$W"/src/mbedtls-3.6.* -B "$W/build" -DCMAKE_BUILD_TYPE=None "-DCMAKE_C_FLAGS=-O3 -g1 -fPIC $simd" \
  -DENABLE_TESTING=OFF -DENABLE_PROGRAMS=OFF -DMBEDTLS_FATAL_WARNINGS=OFF \
  "-DMBEDTLS_USER_CONFIG_FILE=$P/usr/include/mbedtls_user_config.h" "-DCMAKE_INSTALL_PREFIX=$P/usr" > "$W/log" 2>&1 &&
cmake --build "$W/build" -j"$(nproc)" --target install >> "$W/log" 2>&1 || { tail -30 "$W/log" >&2; exit 1; }
rm -rf "$W"
