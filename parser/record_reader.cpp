#include "parser/record_reader.hpp"

#include <algorithm>
#include <optional>

namespace legible::parser {
namespace {

/// The first rule that the header's bytes break, as soon as it can be told.
std::optional<DecodeError> check(std::span<const std::uint8_t> header) {
  // RFC 5246 section 6.2.3: the longest ciphertext. RFC 8446 allows less.
  constexpr int longest_payload = 16384 + 2048;
  constexpr std::uint8_t major = 3;
  constexpr int clear_alert_bytes = 2;

  if (header.empty()) return std::nullopt;
  const ContentType type{header[0]};
  if (type < content_type::change_cipher_spec || type > content_type::heartbeat) {
    return DecodeError{"type", 0};
  }
  const bool whole = header.size() == RecordHeader::size;
  const int length = whole ? header[3] << 8 | header[4] : 0;
  // A server that refuses a version may not know what to write here: in its alert BearSSL writes 0,
  // mbedTLS 2.28 what the client asked for.
  const bool may_be_clear_alert =
      type == content_type::alert && (!whole || length == clear_alert_bytes);
  if (header.size() > 1 && header[1] != major && !may_be_clear_alert) {
    return DecodeError{"version", 1};
  }
  if (length > longest_payload) return DecodeError{"length", 3};
  return std::nullopt;
}

}  // namespace

DecodeResult<RecordPiece> RecordReader::next(std::span<const std::uint8_t>& bytes) {
  if (!inside_payload()) {
    if (const auto error = read_header(bytes)) return *error;
    if (header_bytes_ < RecordHeader::size) return NeedMore{};
    header_bytes_ = 0;
    remaining_ = header_.length;
    fresh_ = true;
  }
  if (bytes.empty() && remaining_ != 0) return NeedMore{};
  const auto payload = bytes.first(std::min<std::size_t>(bytes.size(), remaining_));
  bytes = bytes.subspan(payload.size());
  return take(payload, payload.size());
}

std::optional<RecordPiece> RecordReader::skip(std::uint64_t missing) {
  if (!inside_payload() || missing > remaining_) return std::nullopt;
  return take({}, static_cast<std::size_t>(missing));
}

std::optional<DecodeError> RecordReader::read_header(std::span<const std::uint8_t>& bytes) {
  if (header_bytes_ == 0) header_offset_ = offset_;
  const std::size_t count = std::min(bytes.size(), RecordHeader::size - header_bytes_);
  std::copy_n(bytes.begin(), count, header_.bytes.begin() + header_bytes_);
  header_bytes_ = static_cast<std::uint8_t>(header_bytes_ + count);
  bytes = bytes.subspan(count);
  offset_ += count;

  const auto u16 = [this](std::size_t at) {
    return static_cast<std::uint16_t>(header_.bytes[at] << 8 | header_.bytes[at + 1]);
  };
  if (header_bytes_ == RecordHeader::size) {
    header_.type = ContentType{header_.bytes[0]};
    header_.version = ProtocolVersion{u16(1)};
    header_.length = u16(3);
  }
  return check(std::span(header_.bytes).first(header_bytes_));
}

RecordPiece RecordReader::take(std::span<const std::uint8_t> bytes, std::size_t count) {
  const RecordPiece piece{.bytes = bytes,
                          .offset = offset_,
                          .record = header_offset_,
                          .first = fresh_,
                          .last = count == remaining_};
  fresh_ = false;
  remaining_ = static_cast<std::uint16_t>(remaining_ - count);
  offset_ += count;
  return piece;
}

}  // namespace legible::parser
