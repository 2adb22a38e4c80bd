#pragma once
// Compact JSON appended to a string, RFC 8259. No tree is built, and of the structure nothing is
// remembered but whether a comma is due: that objects and arrays are closed in order is the
// caller's care.

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace legible::proxy {

/// Writes one JSON value. Strings must be valid UTF-8: what a peer sent goes through
/// proxy/text/escape.hpp first.
class JsonWriter {
 public:
  /// Appends to `out`, which must outlive the writer and holds the value after `finish`.
  explicit JsonWriter(std::string& out);
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  /// Ends the writing of a value that is complete.
  void finish();
  /// The same, with a line end.
  void end_line();
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  /// A name of ours, which needs no escaping. Inlined into its callers, as all that takes a name,
  /// so that a literal is copied by a few stores.
  [[gnu::always_inline]] void key(std::string_view name) {
    reserve(name.size() + 1);
    char* at = begin_value();
    *at++ = '"';
    at += name.copy(at, name.size());
    *at++ = '"';
    *at++ = ':';
    end_value(at);
    comma_due_ = false;
  }

  /// A string, if it is printable ASCII that needs no escaping, as most that peers send. False:
  /// it is not, and nothing was written.
  bool printable_value(std::string_view text);
  /// A string that needs no escaping: a name of ours or of a registry.
  void plain_value(std::string_view text);
  /// What another writer wrote: a value, or fields of an object.
  void written(std::string_view json);
  /// Two lower-case digits for each byte.
  void hex_value(std::span<const std::uint8_t> bytes);
  /// The low `bytes` bytes of a number: "0x1301", "0x02".
  void hex_id_value(std::uint32_t number, std::size_t bytes);

  void value(std::nullptr_t);
  void value(std::same_as<bool> auto flag) { truth(flag); }
  void value(std::signed_integral auto number) { integer(number); }
  void value(std::unsigned_integral auto number)
    requires(!std::same_as<decltype(number), bool>)
  {
    unsigned_integer(number);
  }
  /// Milliseconds, as a decimal fraction: 0.057, 12.0.
  void value(std::chrono::microseconds time);
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  template <class T>
  void value(const std::optional<T>& maybe) {
    maybe ? value(*maybe) : value(nullptr);
  }

  template <class T>
  [[gnu::always_inline]] void field(std::string_view name, const T& content) {
    key(name);
    value(content);
  }

  [[gnu::always_inline]] void plain_field(std::string_view name, std::string_view text) {
    key(name);
    plain_value(text);
  }

  [[gnu::always_inline]] void hex_field(std::string_view name,
                                        std::span<const std::uint8_t> bytes) {
    key(name);
    hex_value(bytes);
  }

  /// An array of what `write_one` writes for each element.
  template <class Range, class WriteOne>
  [[gnu::always_inline]] void array(std::string_view name, const Range& range,
                                    const WriteOne& write_one) {
    key(name);
    begin_array();
    for (const auto& element : range) write_one(element);
    end_array();
  }

 private:
  void open(char bracket);
  void close(char bracket);
  void truth(bool flag);
  void integer(std::int64_t number);
  void unsigned_integer(std::uint64_t number);

  /// Makes room for `count` characters more than a comma and two quotes.
  void reserve(std::size_t count) {
    if (static_cast<std::size_t>(end_ - at_) < count + 3) grow(count + 3);
  }
  void grow(std::size_t count);
  /// Writes the comma that is due. What comes between this and `end_value` is written through the
  /// pointer that this returns: a store through a member could change the member itself, for all
  /// that the compiler knows, and would be slow.
  char* begin_value() {
    *at_ = ',';
    return at_ + comma_due_;
  }
  void end_value(char* at) {
    at_ = at;
    comma_due_ = true;
  }

  // The string runs ahead of what is written until the line ends, so that a character costs a
  // store.
  std::string& out_;
  char* at_;
  char* end_;
  bool comma_due_ = false;
};

}  // namespace legible::proxy
