#pragma once
// Header blocks of HTTP/2: HPACK, RFC 7541, by libnghttp2.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace legible::parser {

/// The decoder of one direction. Of what it decodes it keeps its dynamic table alone.
class HpackDecoder {
 public:
  class FieldSink {
   public:
    virtual ~FieldSink() = default;
    /// Raw, in the order sent, pseudo-fields too. Views are valid during the call.
    virtual void on_field(std::string_view name, std::string_view value) = 0;
  };

  /// Throws std::bad_alloc.
  HpackDecoder();
  ~HpackDecoder();
  HpackDecoder(const HpackDecoder&) = delete;
  HpackDecoder& operator=(const HpackDecoder&) = delete;

  /// The encoder may use a dynamic table of this size from its next header block on
  /// (SETTINGS_HEADER_TABLE_SIZE).
  void allow_table(std::uint32_t bytes);

  /// A part of a header block, in any split; `last` ends the block. False when it cannot be
  /// decoded: then no later block can.
  bool feed(std::span<const std::uint8_t> part, bool last, FieldSink& fields);

 private:
  struct Inflater;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace legible::parser
