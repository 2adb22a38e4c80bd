#include "proxy/sinks/time_text.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace legible::proxy {

TimeText::TimeText(Time time) {
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

  auto* out = std::ranges::copy(known_text, text_.begin()).out;
  out[-1] = '.';  // the Z
  text_.back() = 'Z';
  auto rest = (time - seconds).count();
  for (auto* digit = text_.end() - 2; digit >= out; --digit, rest /= 10) {
    *digit = static_cast<char>('0' + rest % 10);
  }
}

}  // namespace legible::proxy
