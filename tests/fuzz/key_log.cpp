// Any bytes as a key log.

#include "proxy/capture/key_log.hpp"

#include <cstdint>
#include <sstream>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream text{std::string(reinterpret_cast<const char*>(data), size)};
  legible::capture::KeyLog{}.read(text);
  return 0;
}
