#pragma once
// The bytes of one direction, cut into TLS records: RFC 8446 section 5.1, and the same header since
// SSL 3.0.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "parser/decode_result.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

struct RecordHeader {
  static constexpr std::size_t size = 5;
  ContentType type;
  ProtocolVersion version;
  std::uint16_t length = 0;
  std::array<std::uint8_t, size> bytes{};
};

/// A part of one record's payload: all that was at hand of it.
struct RecordPiece {
  std::span<const std::uint8_t> bytes;  ///< of the caller's buffer; empty in an empty record
  std::uint64_t offset = 0;             ///< of `bytes` in the direction's stream
  std::uint64_t record = 0;             ///< offset of the record's header: tells records apart
  bool first = false;                   ///< the record begins with this piece
  bool last = false;                    ///< the record ends with it
};

/// Keeps nothing but an unfinished header; payloads are passed on as they come, so that a record
/// whose content does not matter costs nothing for its bytes.
class RecordReader {
 public:
  /// `offset` of the next byte in the direction's stream.
  void start_at(std::uint64_t offset) { offset_ = offset; }

  /// Takes the next piece from the front of `bytes`, which shrinks. NeedMore: all was taken. A
  /// DecodeError (field of the header, offset from the header's start) is final: what is no TLS
  /// record has no next one.
  DecodeResult<RecordPiece> next(std::span<const std::uint8_t>& bytes);

  /// Steps over `missing` bytes of a payload: a piece without bytes stands for them. Nothing, and
  /// nothing done, unless all of them belong to the payload of the present record.
  std::optional<RecordPiece> skip(std::uint64_t missing);

  /// Of the record whose piece came last.
  const RecordHeader& header() const { return header_; }

  bool inside_header() const { return header_bytes_ != 0; }
  bool inside_payload() const { return remaining_ != 0; }
  /// In a payload of which no piece was given yet.
  bool at_payload_start() const { return fresh_; }
  /// Bytes until the header's, or else the payload's, end.
  std::uint32_t remaining() const {
    return inside_header() ? static_cast<std::uint32_t>(RecordHeader::size - header_bytes_)
                           : remaining_;
  }

  /// Of the next byte, and of the header that came last, in the direction's stream.
  std::uint64_t offset() const { return offset_; }
  std::uint64_t header_offset() const { return header_offset_; }

 private:
  std::optional<DecodeError> read_header(std::span<const std::uint8_t>& bytes);
  RecordPiece take(std::span<const std::uint8_t> bytes, std::size_t count);

  RecordHeader header_;
  std::uint8_t header_bytes_ = 0;
  bool fresh_ = false;  ///< the header is read, no piece was given yet
  std::uint16_t remaining_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t header_offset_ = 0;
};

}  // namespace legible::parser
