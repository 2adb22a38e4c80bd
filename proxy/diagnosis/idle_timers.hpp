#pragma once
// The limits of idle time that programs come with.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "proxy/record/timeline.hpp"

namespace legible::proxy::diagnosis {

/// A pause of nearly this length is a timer's.
struct IdleTimer {
  enum class Side : std::uint8_t { client, server, either };

  int seconds;
  std::string_view whose;
  Side side;
  bool of_kept = false;  ///< also of a connection that waits for its next request
};

inline constexpr std::chrono::milliseconds shortest_idle_timer = Timeline::shortest_pause;

/// One of the side that closed, or of what may stand between, that a pause of this length fits;
/// null when none does. `kept`: that a kept connection runs into.
const IdleTimer* typical_timer(std::chrono::microseconds pause, Leg closer, bool kept = false);

}  // namespace legible::proxy::diagnosis
