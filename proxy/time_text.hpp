#pragma once

#include <string>

#include "proxy/timeline.hpp"

namespace legible::proxy {

/// "2026-03-01T12:00:00.000001Z" (RFC 3339). Years outside 0 to 9999 are cut to that range: a
/// capture may claim any.
std::string rfc3339(Time time);

}  // namespace legible::proxy
