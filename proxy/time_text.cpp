#include "proxy/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace legible::proxy {

std::string rfc3339(Time time) {
  constexpr std::chrono::sys_days begin = std::chrono::year{0} / 1 / 1;
  constexpr std::chrono::sys_days end = std::chrono::year{10000} / 1 / 1;
  time = std::clamp<Time>(time, begin, Time(end) - Time::duration(1));

  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  std::string text = certs::rfc3339(seconds);
  text.pop_back();  // the Z
  return fmt::format("{}.{:06}Z", text, (time - seconds).count());
}

}  // namespace legible::proxy
