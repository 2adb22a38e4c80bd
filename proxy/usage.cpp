#include "proxy/usage.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace legible::proxy {

// cxxopts puts an option's bare name between quotes: up to 3.1 typographic ones, then plain ones.
UsageError usage_error(std::string_view message) {
  struct Quotes {
    std::string_view opening;
    std::string_view closing;
  };
  for (const auto& [opening, closing] : {Quotes{"‘", "’"}, Quotes{"'", "'"}}) {
    const std::size_t begin = message.find(opening);
    const std::size_t end = message.rfind(closing);
    if (begin == end || std::max(begin, end) == std::string_view::npos) continue;
    const std::size_t at = begin + opening.size();
    const std::string_view name = message.substr(at, end - at);
    return {fmt::format("{}{}{}{}", message.substr(0, begin), name.size() == 1 ? "-" : "--", name,
                        message.substr(end + closing.size()))};
  }
  return {std::string(message)};
}

}  // namespace legible::proxy
