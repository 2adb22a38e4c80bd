#pragma once
// The notice that stands where lines could not be kept.

#include <cstdint>
#include <string>
#include <string_view>

namespace legible::proxy {

/// "log.jsonl: 12 lines were dropped here".
std::string dropped_lines_text(std::string_view destination, std::uint64_t count);
/// The count of such a notice; 0 for any other.
std::uint64_t lines_dropped(std::string_view notice);

}  // namespace legible::proxy
