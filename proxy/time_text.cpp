#include "proxy/time_text.hpp"

#include <fmt/compile.h>

#include <algorithm>
#include <chrono>

namespace legible::proxy {

std::string rfc3339(Time time) {
  constexpr std::chrono::sys_days begin = std::chrono::year{0} / 1 / 1;
  constexpr std::chrono::sys_days end = std::chrono::year{10000} / 1 / 1;
  time = std::clamp<Time>(time, begin, Time(end) - Time::duration(1));

  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z"),
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace legible::proxy
