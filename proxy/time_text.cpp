#include "proxy/time_text.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace legible::proxy {

std::string rfc3339(Time time) {
  constexpr std::chrono::sys_days begin = std::chrono::year{0} / 1 / 1;
  constexpr std::chrono::sys_days end = std::chrono::year{10000} / 1 / 1;
  time = std::clamp<Time>(time, begin, Time(end) - Time::duration(1));

  // Events come in bursts: the calendar is worked out once for each second.
  thread_local certs::Seconds known{};
  thread_local std::string known_text = certs::rfc3339(known);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  if (seconds != known) {
    known = seconds;
    known_text = certs::rfc3339(seconds);
  }

  std::string text = known_text;
  text.back() = '.';  // the Z
  text.append("000000Z");
  auto digit = text.rbegin() + 1;
  for (auto rest = (time - seconds).count(); rest > 0; rest /= 10) {
    *digit++ = static_cast<char>('0' + rest % 10);
  }
  return text;
}

}  // namespace legible::proxy
