// Any bytes as a pcapng file with secrets: no more comes out than went in.

#include "proxy/capture/pcapng_secrets.hpp"

#include <cstdint>
#include <cstdlib>
#include <utility>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // The stream is only read.
  legible::capture::Stream file{fmemopen(const_cast<std::uint8_t*>(data), size, "rb")};
  if (!file) return 0;
  if (legible::capture::read_pcapng_secrets(std::move(file)).size() > size) std::abort();
  return 0;
}
