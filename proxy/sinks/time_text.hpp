#pragma once

#include <array>
#include <string_view>

#include "proxy/record/timeline.hpp"

namespace legible::proxy {

/// A time as events show it: "2026-03-01T12:00:00.000001Z" (RFC 3339). Years outside 0 to 9999 are
/// cut to that range: a capture may claim any.
class TimeText {
 public:
  explicit TimeText(Time time);
  operator std::string_view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, std::string_view("2026-03-01T12:00:00.000001Z").size()> text_;
};

}  // namespace legible::proxy
