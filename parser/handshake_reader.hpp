#pragma once
// Handshake messages out of the payloads of handshake records, whatever boundaries they cross.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "parser/record_reader.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

/// One message as it stood on the wire.
struct RawHandshake {
  HandshakeType type;
  std::uint32_t length = 0;            ///< of the body, as announced
  std::span<const std::uint8_t> body;  ///< valid until the next call; empty when oversized
  std::uint32_t records = 0;           ///< that carried a part of it so far
  bool oversized = false;              ///< longer than its limit: told at its header, stepped over
};

/// Keeps the unfinished message of one direction: what came of it, never what it announces.
class HandshakeReader {
 public:
  static constexpr std::uint32_t header_size = 4;

  /// The longest bodies that are kept.
  HandshakeReader(std::uint32_t client_hello_limit, std::uint32_t message_limit)
      : client_hello_limit_(client_hello_limit), message_limit_(message_limit) {}

  /// Gives the next message of `piece`, whose bytes shrink; nothing when all were taken. A message
  /// that lies whole in `piece` is not copied.
  std::optional<RawHandshake> next(RecordPiece& piece);

  /// `missing` bytes of the handshake records were lost. True: they all belong to the body of the
  /// present message, which is stepped over. False: what follows cannot be placed any more.
  bool lose(std::uint64_t missing);

  /// Forgets the unfinished message.
  void clear();

  /// A message has begun and is not whole.
  bool inside_message() const { return header_bytes_ != 0 && !complete_; }
  bool lost_bytes() const { return lost_; }
  HandshakeType type() const { return HandshakeType{header_[0]}; }
  std::uint32_t limit(HandshakeType type) const;
  /// Bytes that are still to come: of the header while that is not whole, then of the body.
  std::uint32_t missing() const;

  /// Where the message that came last began in the direction's stream.
  std::uint64_t start() const { return places_.front().offset; }
  /// Where a byte of the body of the message that came last stood in the direction's stream. Exact
  /// in the first records of a message, the place reached in those after them.
  std::uint64_t offset_of(std::size_t body_offset) const;

 private:
  static constexpr std::size_t placed_records = 8;

  /// A record's part of the message: the message's byte `position` stood at `offset`.
  struct Place {
    std::uint32_t position = 0;
    std::uint64_t offset = 0;
  };

  std::span<const std::uint8_t> take(RecordPiece& piece, std::size_t count);
  RawHandshake message(std::span<const std::uint8_t> body) const;

  std::uint32_t client_hello_limit_;
  std::uint32_t message_limit_;
  std::array<std::uint8_t, header_size> header_{};
  std::uint8_t header_bytes_ = 0;
  bool complete_ = false;
  bool stepped_over_ = false;
  bool lost_ = false;
  std::uint32_t length_ = 0;
  std::uint32_t taken_ = 0;  ///< bytes of the message, header included
  std::uint32_t records_ = 0;
  std::uint64_t record_ = 0;
  std::uint64_t offset_ = 0;  ///< after the byte that was taken last
  std::array<Place, placed_records> places_{};
  std::vector<std::uint8_t> body_;
};

}  // namespace legible::parser
