// Any bytes as one captured frame: the first is its link layer, the second how many bytes of it
// were cut off.

#include <cstdint>
#include <cstdlib>

#include "proxy/capture/ip_fragments.hpp"
#include "proxy/capture/packet.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace legible::capture;
  if (size < 2) return 0;
  const auto link = static_cast<LinkLayer>(data[0] % 5);
  const Bytes frame{data + 2, size - 2};
  const Dissected dissected = dissect(link, frame, frame.size() + data[1]);
  if (const auto* segment = std::get_if<TcpSegment>(&dissected)) {
    if (segment->payload.size() > segment->payload_length) std::abort();
    if (to_text(segment->source).empty()) std::abort();
  } else if (const auto* fragment = std::get_if<IpFragment>(&dissected)) {
    IpFragments fragments;
    fragments.add(*fragment);
  }
  return 0;
}
