#pragma once

#include <cstdlib>
#include <string>

namespace legible::certs::test {

/// Does this shell command, every word of which is of our own making, succeed?
inline bool runs(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

}  // namespace legible::certs::test
