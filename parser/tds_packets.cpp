#include "parser/tds_packets.hpp"

#include <algorithm>

#include "parser/preamble.hpp"

namespace legible::parser {

TdsPackets::Piece TdsPackets::next(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t record_header = 5;
  if (left_ > 0) {
    const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    left_ -= here;
    return {bytes.first(here), here};
  }
  if (known_ == 0 && (!wrapped_ || bytes[0] != tds::pre_login)) {
    wrapped_ = false;
    clear_ = !begins_tls_record(bytes[0]);
    if (clear_) return {};
  }
  const std::size_t size = wrapped_ ? tds::packet_header : record_header;
  const std::size_t here = std::min(size - known_, bytes.size());
  std::ranges::copy(bytes.first(here), header_.begin() + known_);
  known_ = static_cast<std::uint8_t>(known_ + here);
  if (known_ == size) {
    known_ = 0;
    left_ = wrapped_ ? std::max<std::uint64_t>(read_u16(header_, 2), size) - size
                     : read_u16(header_, 3);
  }
  return {wrapped_ ? std::span<const std::uint8_t>() : bytes.first(here), here};
}

}  // namespace legible::parser
