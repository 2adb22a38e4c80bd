#include "parser/handshake_reader.hpp"

#include <algorithm>

#include "parser/handshake_messages.hpp"

namespace legible::parser {

std::optional<RawHandshake> HandshakeReader::next(RecordPiece& piece) {
  if (complete_) clear();
  while (!piece.bytes.empty()) {
    if (header_bytes_ < header_size) {
      const auto part = take(piece, header_size - header_bytes_);
      std::ranges::copy(part, header_.begin() + header_bytes_);
      header_bytes_ = static_cast<std::uint8_t>(header_bytes_ + part.size());
      if (header_bytes_ < header_size) return std::nullopt;
      length_ = static_cast<std::uint32_t>(header_[1] << 16 | header_[2] << 8 | header_[3]);
      if (length_ > limit(type())) {
        stepped_over_ = true;
        RawHandshake announced = message({});
        announced.oversized = true;
        return announced;
      }
    } else {
      const auto part = take(piece, missing());
      if (!stepped_over_ && body_.empty() && part.size() == length_) {
        complete_ = true;
        return message(part);
      }
      if (!stepped_over_) body_.insert(body_.end(), part.begin(), part.end());
    }
    if (missing() != 0) continue;
    if (stepped_over_) {
      clear();
    } else {
      complete_ = true;
      return message(body_);
    }
  }
  return std::nullopt;
}

bool HandshakeReader::lose(std::uint64_t missing_bytes) {
  if (header_bytes_ < header_size || complete_ || missing_bytes > missing()) return false;
  stepped_over_ = true;
  lost_ = true;
  taken_ += static_cast<std::uint32_t>(missing_bytes);
  body_ = {};
  if (missing() == 0) clear();
  return true;
}

void HandshakeReader::clear() {
  header_bytes_ = 0;
  complete_ = false;
  stepped_over_ = false;
  lost_ = false;
  length_ = 0;
  taken_ = 0;
  records_ = 0;
  body_ = {};  // its memory too: most connections live long after their handshake
}

std::uint32_t HandshakeReader::limit(HandshakeType type) const {
  return type == handshake_type::client_hello ? client_hello_limit_ : message_limit_;
}

std::uint32_t HandshakeReader::missing() const {
  if (header_bytes_ < header_size) return header_size - header_bytes_;
  return header_size + length_ - taken_;
}

std::uint64_t HandshakeReader::offset_of(std::size_t body_offset) const {
  const std::size_t position = header_size + body_offset;
  const std::size_t places = std::min<std::size_t>(records_, placed_records);
  for (std::size_t i = places; i-- > 0;) {
    if (position < places_[i].position) continue;
    if (i + 1 == placed_records && records_ > placed_records) return offset_;
    return places_[i].offset + (position - places_[i].position);
  }
  return offset_;
}

std::span<const std::uint8_t> HandshakeReader::take(RecordPiece& piece, std::size_t count) {
  if (records_ == 0 || piece.record != record_) {
    record_ = piece.record;
    if (records_ < placed_records) places_[records_] = {taken_, piece.offset};
    ++records_;
  }
  const auto part = piece.bytes.first(std::min(count, piece.bytes.size()));
  piece.bytes = piece.bytes.subspan(part.size());
  piece.offset += part.size();
  offset_ = piece.offset;
  taken_ += static_cast<std::uint32_t>(part.size());
  return part;
}

RawHandshake HandshakeReader::message(std::span<const std::uint8_t> body) const {
  return {.type = type(), .length = length_, .body = body, .records = records_};
}

}  // namespace legible::parser
