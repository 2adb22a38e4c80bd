// Any bytes as a pcapng file with secrets: no more comes out than went in.

#include "proxy/capture/pcapng_secrets.hpp"

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream file{std::string(reinterpret_cast<const char*>(data), size)};
  if (legible::capture::read_pcapng_secrets(file).size() > size) std::abort();
  return 0;
}
