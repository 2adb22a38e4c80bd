#pragma once
// Compact JSON appended to a string: RapidJSON's writer, with fields as the unit. No tree is built.

#include <rapidjson/writer.h>

#include <algorithm>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace legible::proxy {

/// RapidJSON's view of a string that grows. The string runs ahead of what is written until Flush,
/// so that a character costs a store: with push_back a line takes a third longer.
class StringStream {
 public:
  using Ch = char;

  explicit StringStream(std::string& out) : out_(out), written_(out.size()) {}

  void reserve(std::size_t count) {
    if (out_.size() - written_ < count) out_.resize(written_ + std::max(count, step));
  }
  void put_unsafe(char c) { out_[written_++] = c; }
  void Put(char c) {
    reserve(1);
    put_unsafe(c);
  }
  void Flush() { out_.resize(written_); }
  void put_quoted(std::string_view text) {
    reserve(text.size() + 2);
    out_[written_] = '"';
    text.copy(&out_[written_ + 1], text.size());
    written_ += text.size() + 2;
    out_[written_ - 1] = '"';
  }

 private:
  static constexpr std::size_t step = 1024;

  std::string& out_;
  std::size_t written_;
};

/// RapidJSON's writer finds these before its own.
inline void PutReserve(StringStream& stream, std::size_t count) { stream.reserve(count); }
inline void PutUnsafe(StringStream& stream, char c) { stream.put_unsafe(c); }

/// Writes one JSON value. Strings must be valid UTF-8: what a peer sent goes through
/// proxy/escape.hpp first.
class JsonWriter {
 public:
  /// Appends to `out`, which must outlive the writer.
  explicit JsonWriter(std::string& out) : stream_(out), writer_(stream_) {
    writer_.SetMaxDecimalPlaces(3);
  }
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object() { writer_.StartObject(); }
  void end_object() { writer_.EndObject(); }
  /// Ends the line of a value that is complete.
  void end_line() {
    stream_.Put('\n');
    stream_.Flush();
  }
  void begin_array() { writer_.StartArray(); }
  void end_array() { writer_.EndArray(); }
  void key(std::string_view name) { writer_.PlainString(name); }

  /// A string that needs no escaping. Most strings of a line are names of ours or of a registry;
  /// in one piece they cost a tenth of the library's walk over single characters.
  void plain_value(std::string_view text) { writer_.PlainString(text); }

  void value(std::nullptr_t) { writer_.Null(); }
  void value(std::same_as<bool> auto flag) { writer_.Bool(flag); }
  void value(std::signed_integral auto number) { writer_.Int64(number); }
  void value(std::unsigned_integral auto number)
    requires(!std::same_as<decltype(number), bool>)
  {
    writer_.Uint64(number);
  }
  void value(double number) { writer_.Double(number); }
  void value(std::string_view text) { writer_.String(text.data(), length(text)); }
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  template <class T>
  void value(const std::optional<T>& maybe) {
    maybe ? value(*maybe) : value(nullptr);
  }

  template <class T>
  void field(std::string_view name, const T& content) {
    key(name);
    value(content);
  }

  /// An array of what `write_one` writes for each element.
  template <class Range, class WriteOne>
  void array(std::string_view name, const Range& range, const WriteOne& write_one) {
    key(name);
    begin_array();
    for (const auto& element : range) write_one(element);
    end_array();
  }

 private:
  class Writer : public rapidjson::Writer<StringStream> {
   public:
    using rapidjson::Writer<StringStream>::Writer;
    void PlainString(std::string_view text) {
      assert(std::ranges::none_of(text, needs_escape));
      Prefix(rapidjson::kStringType);
      os_->put_quoted(text);
    }
  };

  /// RFC 8259 section 7.
  static bool needs_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
  }
  static rapidjson::SizeType length(std::string_view text) {
    return static_cast<rapidjson::SizeType>(text.size());
  }

  StringStream stream_;
  Writer writer_;
};

}  // namespace legible::proxy
