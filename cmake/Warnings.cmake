# Warnings for our own targets, as an interface: link legible::warnings privately.
add_library(legible_warnings INTERFACE)
add_library(legible::warnings ALIAS legible_warnings)
option(LEGIBLE_WERROR "Warnings are errors in our own targets" ${PROJECT_IS_TOP_LEVEL})
target_compile_features(legible_warnings INTERFACE cxx_std_20)
set(gcc_optimised "$<AND:$<CXX_COMPILER_ID:GNU>,$<NOT:$<CONFIG:Debug>>>")
target_compile_options(legible_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wundef
  # When they optimise, GCC 12 and 14, each in other places, see overlaps and overflows in strings
  # and vectors that they inline (GCC's bugs 105329 and 105651); with sanitizers at -O1 too.
  $<${gcc_optimised}:-Wno-array-bounds>
  $<${gcc_optimised}:-Wno-restrict>
  $<${gcc_optimised}:-Wno-stringop-overflow>
  $<${gcc_optimised}:-Wno-stringop-overread>
  # And in a variant that is moved they take its other alternatives for members that were never set.
  $<${gcc_optimised}:-Wno-maybe-uninitialized>
  # clang lays what libstdc++ 12's own stable_sort calls at our door.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  $<$<BOOL:${LEGIBLE_WERROR}>:-Werror>)
