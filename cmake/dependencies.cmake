# Every library of the product, from Debian, with its reason. Which room may
# include which header is said in src/layers.txt.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# Text formatting; libstdc++ 12 has no <format>.
find_package(fmt REQUIRED)
# JSON reading.
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
# Hash of requests in the ledger.
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
# TLS and SHA-256.
find_package(OpenSSL 3.0 REQUIRED)
# DNS without blocking.
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
# Content encodings that an upstream may send unasked.
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(BROTLI REQUIRED IMPORTED_TARGET libbrotlidec)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
# The ledger.
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
# Patterns in linear time.
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
# The one-pager: YAML with line and column.
pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml)
# Command line.
find_package(CLI11 REQUIRED)
# Allocator: 0 to -16 % CPU with coroutines.
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)

# What each room links besides the rooms it may include.
set(VENDOR_base fmt::fmt PkgConfig::SIMDJSON PkgConfig::XXHASH)
set(VENDOR_net OpenSSL::SSL OpenSSL::Crypto PkgConfig::CARES PkgConfig::ZLIB
               PkgConfig::BROTLI PkgConfig::ZSTD Threads::Threads)
set(VENDOR_store PkgConfig::SQLITE Threads::Threads)
set(VENDOR_checks PkgConfig::RE2)
set(VENDOR_cel PkgConfig::RE2)
set(VENDOR_config PkgConfig::FYAML)
set(VENDOR_cli CLI11::CLI11)

if(PLIMSOLL_TESTS OR PLIMSOLL_FUZZ)
  find_package(GTest REQUIRED)
  find_package(nlohmann_json REQUIRED)  # an independent JSON reader, in tests only
endif()

if(PLIMSOLL_FUZZ)
  # A second reader of HTTP/1 heads, for the fuzzers to compare with: C sources in
  # Debian's node-llhttp.
  find_path(LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include/llhttp /usr/include
            PATH_SUFFIXES llhttp REQUIRED)
  find_path(LLHTTP_SOURCE llhttp.c PATHS /usr/share/llhttp REQUIRED)
  add_library(llhttp STATIC ${LLHTTP_SOURCE}/llhttp.c ${LLHTTP_SOURCE}/http.c
                            ${LLHTTP_SOURCE}/api.c)
  target_include_directories(llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE})
  target_compile_definitions(llhttp PRIVATE LLHTTP_STRICT_MODE=1)
  target_compile_options(llhttp PRIVATE -w)
endif()
