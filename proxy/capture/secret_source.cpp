#include "proxy/capture/secret_source.hpp"

#include <algorithm>

namespace legible::capture {

void Secret::assign(std::span<const std::uint8_t> bytes) {
  size_ = static_cast<std::uint8_t>(std::min(bytes.size(), longest));
  certs::wipe(*bytes_);
  std::ranges::copy(bytes.first(size_), bytes_->begin());
}

}  // namespace legible::capture
