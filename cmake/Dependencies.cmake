# Every library by find_package or pkg-config: the same names with the system's packages and with
# the prefix that cmake/deps.sh fills.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

find_package(MbedTLS 3.6 REQUIRED CONFIG)
if(MbedTLS_VERSION VERSION_LESS 3.6.7)
  message(WARNING "mbedTLS ${MbedTLS_VERSION} has known holes; 3.6.7 or a later 3.6 is wanted")
endif()

# Made by cmake/deps.sh beside an mbedTLS that leaves parts of itself to the folder certs/crypto/.
find_library(MBEDTLS_PORTABLE_ARCHIVE libmbedtls_portable.a
             PATHS "${MbedTLS_DIR}/../.." NO_DEFAULT_PATH)
if(MBEDTLS_PORTABLE_ARCHIVE)
  add_library(MbedTLS::portable STATIC IMPORTED)
  set_target_properties(MbedTLS::portable PROPERTIES
    IMPORTED_LOCATION "${MBEDTLS_PORTABLE_ARCHIVE}"
    INTERFACE_LINK_LIBRARIES MbedTLS::mbedcrypto)
endif()

# Debian ships no CMake config for libuv; upstream, vcpkg and Homebrew do.
find_package(libuv CONFIG QUIET)
if(NOT TARGET libuv::uv)
  pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET GLOBAL libuv>=1.44)
  add_library(libuv::uv ALIAS PkgConfig::LIBUV)
endif()

# Debian's config of llhttp exports the shared library only, and fails without it: the archive first.
find_library(LLHTTP_ARCHIVE libllhttp.a)
find_path(LLHTTP_INCLUDE_DIR llhttp.h)
if(LLHTTP_ARCHIVE AND LLHTTP_INCLUDE_DIR)
  add_library(llhttp::llhttp STATIC IMPORTED)
  set_target_properties(llhttp::llhttp PROPERTIES
    IMPORTED_LOCATION "${LLHTTP_ARCHIVE}"
    INTERFACE_INCLUDE_DIRECTORIES "${LLHTTP_INCLUDE_DIR}")
else()
  find_package(llhttp REQUIRED CONFIG)
  add_library(llhttp::llhttp ALIAS llhttp::llhttp_shared)
endif()

pkg_check_modules(LIBNGHTTP2 REQUIRED IMPORTED_TARGET GLOBAL libnghttp2>=1.43)

find_package(cxxopts REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(RapidJSON REQUIRED CONFIG)
add_library(rapidjson INTERFACE)
target_include_directories(rapidjson SYSTEM INTERFACE ${RAPIDJSON_INCLUDE_DIRS})
# Its released version compares null + n with null, and means it.
target_compile_options(rapidjson INTERFACE -fno-sanitize=pointer-overflow)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET GLOBAL tomlplusplus>=3.1)
pkg_check_modules(CONTENT_CODINGS REQUIRED IMPORTED_TARGET GLOBAL zlib libbrotlidec libzstd)
pkg_check_modules(LIBPCAP REQUIRED IMPORTED_TARGET GLOBAL libpcap)

# Optional: fast arithmetic, and PKCS#12 files.
find_package(OpenSSL 3 QUIET COMPONENTS Crypto)

if(LEGIBLE_TESTS)
  find_package(Catch2 3 REQUIRED CONFIG)
endif()
