// The first bytes of a side: always decided by 32 of them, and never otherwise by more.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

#include "parser/protocol_detector.hpp"

using namespace legible::parser;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr std::uint8_t protocols = static_cast<std::uint8_t>(Protocol::silent);
  const Side from = (data[0] & 1) == 0 ? Side::client : Side::server;
  const auto peer = static_cast<Protocol>((data[0] >> 1) % protocols);
  const std::span<const std::uint8_t> first(data + 1, size - 1);

  std::optional<Protocol> decided;
  for (std::size_t length = 1; length <= first.size(); ++length) {
    const std::optional<Protocol> now = detect_protocol(from, first.first(length), peer);
    if (decided && now != decided) std::abort();
    if (length >= detection_bytes && !now) std::abort();
    decided = now;
    if (length > 2 * detection_bytes) break;
  }
  if (!detect_protocol(from, first, peer, true)) std::abort();
  return 0;
}
