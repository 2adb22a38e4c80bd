# Warnings for our own targets, as an interface: link legible::warnings privately.
add_library(legible_warnings INTERFACE)
add_library(legible::warnings ALIAS legible_warnings)
option(LEGIBLE_WERROR "Warnings are errors in our own targets" ${PROJECT_IS_TOP_LEVEL})
target_compile_features(legible_warnings INTERFACE cxx_std_20)
set(gcc12_release "$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>,$<CONFIG:Release>>")
target_compile_options(legible_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wundef
  # GCC 12 sees overlaps and overflows in strings and vectors that it inlines at -O3 (its bugs
  # 105651 and 105329).
  $<${gcc12_release}:-Wno-restrict>
  $<${gcc12_release}:-Wno-stringop-overflow>
  $<${gcc12_release}:-Wno-array-bounds>
  $<${gcc12_release}:-Wno-stringop-overread>
  # clang lays what libstdc++ 12's own stable_sort calls at our door.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  $<$<BOOL:${LEGIBLE_WERROR}>:-Werror>)
