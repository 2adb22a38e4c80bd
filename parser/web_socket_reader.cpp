#include "parser/web_socket_reader.hpp"

#include <algorithm>

#include "parser/ascii.hpp"
#include "parser/http1_fields.hpp"

namespace legible::parser {
namespace {

constexpr std::uint8_t fin_bit = 0x80;
constexpr std::uint8_t rsv1_bit = 0x40;
constexpr std::uint8_t rsv23_bits = 0x30;
constexpr std::uint8_t opcode_bits = 0x0f;
constexpr std::uint8_t mask_bit = 0x80;
constexpr std::uint8_t length_bits = 0x7f;

constexpr std::uint8_t continuation = 0;
constexpr std::uint8_t close = 8;
constexpr bool is_control(std::uint8_t opcode) { return opcode >= 8; }

std::uint64_t number(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

/// Of the extended length that this seven-bit length announces: RFC 6455 section 5.2.
constexpr std::size_t extended_bytes(std::uint8_t length) {
  return length == 126 ? 2 : length == 127 ? 8 : 0;
}

}  // namespace

bool agrees_to_compression(const HttpFields& headers) {
  bool found = false;
  headers.for_each([&](const HttpFields::Field& field) {
    if (!same_in_any_case(field.name, "Sec-WebSocket-Extensions")) return;
    for_each_element(field.value, [&](std::string_view extension) {
      constexpr std::string_view compressing = "permessage-deflate";
      found |= same_in_any_case(extension.substr(0, compressing.size()), compressing);
    });
  });
  return found;
}

WebSocketReader::WebSocketReader(HttpSink& sink, Side from, std::uint64_t exchange, bool compressed)
    : sink_(sink), from_(from), exchange_(exchange), compressed_(compressed) {}

void WebSocketReader::feed(std::span<const std::uint8_t> bytes, std::uint64_t offset) {
  while (!bytes.empty() && !stopped_) {
    if (!in_payload_) {
      header_[header_bytes_++] = bytes[0];
      bytes = bytes.subspan(1);
      ++offset;
      if (!header_is_whole()) continue;
      const std::uint8_t first = header_[0];
      // Of an extension that nobody knows here: what the payload means stays open, its end does
      // not.
      const bool stray = (first & rsv1_bit) != 0 && !compressed_;
      if (stray || (first & rsv23_bits) != 0) {
        return give_up("reserved bits", offset - header_bytes_);
      }
      begin_frame();
    } else {
      const auto part =
          bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
      take_payload(part);
      bytes = bytes.subspan(part.size());
      offset += part.size();
    }
    if (left_ == 0) end_frame();
  }
}

bool WebSocketReader::header_is_whole() const {
  if (header_bytes_ < 2) return false;
  const bool masked = (header_[1] & mask_bit) != 0;
  return header_bytes_ == 2 + extended_bytes(header_[1] & length_bits) + (masked ? 4 : 0);
}

void WebSocketReader::begin_frame() {
  const std::uint8_t opcode = header_[0] & opcode_bits;
  const std::uint8_t short_length = header_[1] & length_bits;
  const std::size_t extended = extended_bytes(short_length);
  const std::span header(header_);
  left_ = extended == 0 ? short_length : number(header.subspan(2, extended));
  mask_ = {};
  const bool masked = (header_[1] & mask_bit) != 0;
  if (masked) std::ranges::copy(header.subspan(2 + extended, 4), mask_.begin());
  final_ = (header_[0] & fin_bit) != 0;
  taken_ = 0;
  header_bytes_ = 0;
  in_payload_ = true;

  WebSocketMessage begun;
  begun.id = exchange_;
  begun.opcode = opcode;
  begun.masked = true;
  begun.compressed = (header_[0] & rsv1_bit) != 0;
  if (is_control(opcode)) {
    control_ = begun;
    control_payload_.clear();
  } else if (opcode != continuation || !message_) {
    // RFC 6455 section 5.4 allows no new message inside another, and no continuation of none.
    if (message_) tell(*message_);
    message_ = begun;
  }
  WebSocketMessage& current = is_control(opcode) ? *control_ : *message_;
  ++current.frames;
  current.masked &= masked;
}

void WebSocketReader::take_payload(std::span<const std::uint8_t> bytes) {
  left_ -= bytes.size();
  (control_ ? *control_ : *message_).bytes += bytes.size();
  if (control_) {
    for (std::size_t i = 0; i < bytes.size() && control_payload_.size() < longest_control; ++i) {
      control_payload_ += static_cast<char>(bytes[i] ^ mask_[(taken_ + i) % mask_.size()]);
    }
  }
  taken_ += bytes.size();
}

void WebSocketReader::end_frame() {
  in_payload_ = false;
  std::optional<WebSocketMessage>& current = control_ ? control_ : message_;
  if (!control_ && !final_) return;
  current->complete = true;
  if (current->opcode == close && !current->compressed) read_close();
  tell(*current);
  current.reset();
}

/// RFC 6455 section 5.5.1.
void WebSocketReader::read_close() {
  if (control_payload_.size() < 2) return;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(control_payload_[i]); };
  control_->code = static_cast<std::uint16_t>(byte(0) << 8 | byte(1));
  control_->reason = control_payload_.substr(2);
}

void WebSocketReader::tell(WebSocketMessage& message) { report(sink_, from_, message); }

void WebSocketReader::give_up(const char* field, std::uint64_t offset) {
  report(sink_, from_, Malformed{"WebSocket frame", field, offset});
  stop();
}

void WebSocketReader::stop() {
  if (stopped_) return;
  stopped_ = true;
  if (control_) tell(*control_);
  if (message_) tell(*message_);
}

}  // namespace legible::parser
