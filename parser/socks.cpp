#include "parser/socks.hpp"

#include <string_view>

#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::string text_of(Bytes bytes) { return std::string(as_text(bytes)); }

/// Text up to a NUL, which is not part of it.
DecodeResult<std::string_view> text_at(Bytes bytes) {
  constexpr std::size_t longest = 256;
  const std::string_view text = as_text(bytes).substr(0, longest);
  const std::size_t end = text.find('\0');
  if (end != std::string_view::npos) return text.substr(0, end);
  if (text.size() < longest) return NeedMore{};
  return DecodeError{"text", longest};
}

}  // namespace

DecodeResult<SocksMessage> decode_socks4_request(Bytes bytes) {
  constexpr std::size_t fixed = 8;
  if (bytes.size() <= fixed) return NeedMore{};
  const Bytes address = bytes.subspan(4, 4);
  const bool named = address[0] == 0 && address[1] == 0 && address[2] == 0 && address[3] != 0;

  SocksMessage message{bytes[1], address_text(address), read_u16(bytes, 2), fixed};
  for (const bool is_name : {false, true}) {
    if (is_name && !named) break;
    const auto text = text_at(bytes.subspan(message.size));
    if (std::holds_alternative<NeedMore>(text)) return NeedMore{};
    if (const auto* error = std::get_if<DecodeError>(&text)) {
      return DecodeError{is_name ? "host name" : "USERID", message.size + error->offset};
    }
    const std::string_view value = std::get<std::string_view>(text);
    if (is_name) message.host = value;
    message.size += value.size() + 1;
  }
  return message;
}

DecodeResult<SocksGreeting> decode_socks5_greeting(Bytes bytes) {
  if (bytes.size() < 2) return NeedMore{};
  const std::size_t size = 2u + bytes[1];
  if (bytes.size() < size) return NeedMore{};
  return SocksGreeting{bytes.subspan(2, bytes[1]), size};
}

DecodeResult<SocksLogin> decode_socks5_login(Bytes bytes) {
  if (bytes.size() < 2) return NeedMore{};
  const std::size_t password_at = 2u + bytes[1];
  if (bytes.size() <= password_at) return NeedMore{};
  const std::size_t size = password_at + 1 + bytes[password_at];
  if (bytes.size() < size) return NeedMore{};
  return SocksLogin{text_of(bytes.subspan(2, bytes[1])),
                    text_of(bytes.subspan(password_at + 1, bytes[password_at])), size};
}

DecodeResult<SocksMessage> decode_socks5_message(Bytes bytes) {
  constexpr std::size_t at = 4;
  constexpr std::uint8_t ipv4 = 1;
  constexpr std::uint8_t domain = 3;
  constexpr std::uint8_t ipv6 = 4;
  if (bytes.size() <= at) return NeedMore{};
  std::size_t begin = at;
  std::size_t length = 0;
  switch (bytes[3]) {
    case ipv4:
      length = 4;
      break;
    case ipv6:
      length = 16;
      break;
    case domain:
      begin = at + 1;
      length = bytes[at];
      break;
    default:
      return DecodeError{"ATYP", 3};
  }
  const std::size_t size = begin + length + 2;
  if (bytes.size() < size) return NeedMore{};
  const Bytes host = bytes.subspan(begin, length);
  return SocksMessage{bytes[1], bytes[3] == domain ? text_of(host) : address_text(host),
                      read_u16(bytes, begin + length), size};
}

}  // namespace legible::parser
