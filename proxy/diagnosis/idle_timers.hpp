#pragma once
// The limits of idle time that programs come with.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "proxy/timeline.hpp"

namespace legible::proxy::diagnosis {

/// A pause of nearly this length is a timer's.
struct IdleTimer {
  enum class Side : std::uint8_t { client, server, either };

  int seconds;
  std::string_view whose;
  Side side;
};

/// Below this no program gives up a kept connection.
inline constexpr std::chrono::milliseconds shortest_idle_timer{4500};

/// One of the side that closed, or of what may stand between, that a pause of this length fits;
/// null when none does.
const IdleTimer* typical_timer(std::chrono::microseconds pause, Leg closer);

}  // namespace legible::proxy::diagnosis
