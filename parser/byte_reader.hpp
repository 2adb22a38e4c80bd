#pragma once
// A bounds-checked cursor over bytes that came from a peer.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "parser/decode_result.hpp"

namespace legible::parser {

/// Reads big-endian numbers and length-prefixed blocks. The first failure is kept in `error`,
/// shared with the readers of nested blocks; every later read gives zero or nothing, so that a
/// decoder can be written like the grammar and looks at `error` once, at its end.
class ByteReader {
 public:
  /// `bytes` and `error` must outlive the reader. `offset` is that of `bytes` in what is decoded.
  ByteReader(std::span<const std::uint8_t> bytes, std::optional<DecodeError>& error,
             std::size_t offset = 0)
      : bytes_(bytes), error_(&error), offset_(offset) {}

  std::uint8_t u8(std::string_view field) { return static_cast<std::uint8_t>(number(1, field)); }
  std::uint16_t u16(std::string_view field) { return static_cast<std::uint16_t>(number(2, field)); }
  std::uint32_t u24(std::string_view field) { return number(3, field); }

  /// `count` bytes; nothing when there are not so many.
  std::span<const std::uint8_t> bytes(std::size_t count, std::string_view field) {
    if (*error_ || count > bytes_.size()) {
      fail(field);
      return {};
    }
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    offset_ += count;
    return taken;
  }

  /// A block behind its length of 1, 2 or 3 bytes: opaque block<0..2^8-1> and so on.
  ByteReader block8(std::string_view field) { return block(u8(field), field); }
  ByteReader block16(std::string_view field) { return block(u16(field), field); }
  ByteReader block24(std::string_view field) { return block(u24(field), field); }

  /// A block of a length that is known already.
  ByteReader block(std::size_t length, std::string_view field) {
    const std::size_t start = offset_;
    return {bytes(length, field), *error_, start};
  }

  /// The rest, as a list of one- or two-byte numbers of type T. A rest that is no multiple of the
  /// number's size is a failure of `field`.
  template <class T>
  std::vector<T> rest_as_list(std::string_view field) {
    constexpr std::size_t size = sizeof(T);
    static_assert(size == 1 || size == 2);
    if (bytes_.size() % size != 0) {
      fail(field);
      return {};
    }
    std::vector<T> list;
    list.reserve(bytes_.size() / size);
    while (!at_end()) {
      list.push_back(T{static_cast<decltype(T::value)>(number(size, field))});
    }
    return list;
  }

  /// All that is left.
  std::span<const std::uint8_t> rest() { return bytes(bytes_.size(), {}); }

  bool failed() const { return error_->has_value(); }

  /// Nothing is left, or something failed: loops end.
  bool at_end() const { return *error_ || bytes_.empty(); }

  /// The block must end here.
  void expect_end(std::string_view field) {
    if (!bytes_.empty()) fail(field);
  }

  /// Keeps the first failure, at the present position.
  void fail(std::string_view field) {
    if (!*error_) *error_ = DecodeError{field, offset_};
  }

  std::size_t offset() const { return offset_; }
  std::size_t remaining() const { return bytes_.size(); }

 private:
  std::uint32_t number(std::size_t size, std::string_view field) {
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes(size, field)) value = value << 8 | byte;
    return value;
  }

  std::span<const std::uint8_t> bytes_;
  std::optional<DecodeError>* error_;
  std::size_t offset_;
};

}  // namespace legible::parser
