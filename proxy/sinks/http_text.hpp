#pragma once
// A connection's HTTP as lines for people.

#include <string>
#include <vector>

#include "proxy/record/http_digest.hpp"

namespace legible::proxy {

/// "GET /path → 200  1.2 kB  34 ms" for each exchange that is kept, and how many more there were.
/// Escaped, without colour.
std::vector<std::string> http_lines(const HttpDigest& digest);

}  // namespace legible::proxy
