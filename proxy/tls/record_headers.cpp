#include "proxy/tls/record_headers.hpp"

#include <algorithm>

namespace legible::proxy::tls {

void RecordHeaders::pass(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    at_payload_ = false;
    if (remaining_ > 0) {
      const std::size_t count = std::min(remaining_, bytes.size());
      remaining_ -= count;
      bytes = bytes.subspan(count);
      continue;
    }
    header_[header_bytes_++] = bytes.front();
    bytes = bytes.subspan(1);
    if (header_bytes_ < header_.size()) continue;
    header_bytes_ = 0;
    length_ = remaining_ = std::size_t{header_[3]} << 8 | header_[4];
    at_payload_ = true;
  }
}

}  // namespace legible::proxy::tls
