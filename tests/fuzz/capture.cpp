// Any bytes as a pcap or pcapng file, down to the observations of its connections.

#include <cstdint>
#include <cstdio>
#include <stdexcept>

#include "proxy/capture/decoded_capture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // The stream is only read.
  std::FILE* stream = fmemopen(const_cast<std::uint8_t*>(data), size, "rb");
  if (!stream) return 0;
  try {
    legible::capture::CaptureFile file{stream};
    legible::capture::decode_capture(file, {});
  } catch (const std::runtime_error&) {
    return 0;  // No capture: told in words.
  }
  return 0;
}
