// SOCKS 4, 4a and 5 (RFC 1928, RFC 1929).

#include <algorithm>

#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Next = PreambleStep::Next;

std::string hex_byte(std::uint8_t byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {'0', 'x', digits[byte >> 4], digits[byte & 0x0f]};
}

constexpr std::uint8_t connect_command = 1;

class Socks4Preamble : public Preamble {
 public:
  explicit Socks4Preamble(const Limits& limits)
      : Preamble(Protocol::socks4, limits.dialogue_bytes) {}

  bool admits(Protocol other) const override { return other == Protocol::socks4; }
  std::string_view unit() const override { return "SOCKS message"; }

  PreambleStep feed(Side from, Bytes bytes) override {
    return from == Side::client ? request(bytes) : reply(bytes);
  }

 private:
  /// VN, CD, DSTPORT, DSTIP, USERID, NUL; 4a: after an address 0.0.0.x the host name, NUL.
  PreambleStep request(Bytes bytes) {
    constexpr std::size_t fixed = 8;
    if (bytes.size() <= fixed) return {Next::need_more};
    const std::uint16_t port = read_u16(bytes, 2);
    const Bytes address = bytes.subspan(4, 4);
    const bool named = address[0] == 0 && address[1] == 0 && address[2] == 0 && address[3] != 0;

    std::string_view rest = as_text(bytes.subspan(fixed));
    const Text user = text_at(rest);
    if (user.next != Next::proceed) return {user.next};
    std::size_t size = fixed + user.text.size() + 1;
    std::string host = address_text(address);
    if (named) {
      rest.remove_prefix(user.text.size() + 1);
      const Text name = text_at(rest);
      if (name.next != Next::proceed) return {name.next};
      host = name.text;
      size += name.text.size() + 1;
    }
    const bool connects = bytes[1] == connect_command;
    set_target(host_and_port(host, port));
    say(Side::client, (connects ? "CONNECT " : "BIND ") + host_and_port(host, port));
    return {connects ? Next::hand_over : Next::leave, size};
  }

  PreambleStep reply(Bytes bytes) {
    constexpr std::size_t size = 8;
    constexpr std::uint8_t granted = 0x5a;
    if (bytes.size() < size) return {Next::need_more};
    say(Side::server, "reply " + hex_byte(bytes[1]));
    return {bytes[1] == granted ? Next::hand_over : Next::leave, size};
  }

  struct Text {
    Next next = Next::proceed;
    std::string_view text;
  };

  /// Text up to a NUL, which is not part of it.
  static Text text_at(std::string_view bytes) {
    constexpr std::size_t longest = 256;
    const std::string_view text = bytes.substr(0, longest);
    const std::size_t end = text.find('\0');
    if (end != std::string_view::npos) return {Next::proceed, text.substr(0, end)};
    return {text.size() < longest ? Next::need_more : Next::leave, {}};
  }
};

class Socks5Preamble : public Preamble {
 public:
  explicit Socks5Preamble(const Limits& limits)
      : Preamble(Protocol::socks5, limits.dialogue_bytes) {}

  bool admits(Protocol other) const override { return other == Protocol::socks5; }
  std::string_view unit() const override { return "SOCKS message"; }

  PreambleStep feed(Side from, Bytes bytes) override {
    return from == Side::client ? feed_client(bytes) : feed_server(bytes);
  }

 private:
  static constexpr std::uint8_t version = 5;
  static constexpr std::uint8_t user_password_version = 1;
  static constexpr std::uint8_t user_password_method = 2;

  PreambleStep feed_client(Bytes bytes) {
    if (!greeted_) return greeting(bytes);
    if (bytes[0] == version) return request(bytes);
    if (bytes[0] == user_password_version) return user_password(bytes);
    return {Next::leave};
  }

  PreambleStep greeting(Bytes bytes) {
    if (bytes.size() < 2) return {Next::need_more};
    const std::size_t size = 2u + bytes[1];
    if (bytes.size() < size) return {Next::need_more};
    std::string line = "methods";
    for (const std::uint8_t method : bytes.subspan(2, bytes[1])) line += " " + hex_byte(method);
    say(Side::client, line);
    greeted_ = true;
    return {Next::proceed, size};
  }

  PreambleStep user_password(Bytes bytes) {
    if (bytes.size() < 2) return {Next::need_more};
    const std::size_t password_at = 2u + bytes[1];
    if (bytes.size() <= password_at) return {Next::need_more};
    const std::size_t size = password_at + 1 + bytes[password_at];
    if (bytes.size() < size) return {Next::need_more};
    say(Side::client, "AUTH ***");
    return {Next::proceed, size};
  }

  PreambleStep request(Bytes bytes) {
    const Address address = address_at(bytes);
    if (address.next != Next::proceed) return {address.next};
    const bool connects = bytes[1] == connect_command;
    set_target(address.text);
    say(Side::client,
        (connects ? "CONNECT " : "command " + hex_byte(bytes[1]) + " ") + address.text);
    return {connects ? Next::hand_over : Next::leave, address.size};
  }

  PreambleStep feed_server(Bytes bytes) {
    if (bytes.size() < 2) return {Next::need_more};
    if (!method_) {
      constexpr std::uint8_t none_acceptable = 0xff;
      method_ = bytes[1];
      say(Side::server, "method " + hex_byte(bytes[1]));
      return {bytes[1] == none_acceptable ? Next::leave : Next::proceed, 2};
    }
    if (bytes[0] == user_password_version && *method_ == user_password_method) {
      say(Side::server, "authentication status " + hex_byte(bytes[1]));
      return {bytes[1] == 0 ? Next::proceed : Next::leave, 2};
    }
    if (bytes[0] != version) return {Next::leave};
    const Address bound = address_at(bytes);
    if (bound.next != Next::proceed) return {bound.next};
    say(Side::server, "reply " + hex_byte(bytes[1]));
    return {bytes[1] == 0 ? Next::hand_over : Next::leave, bound.size};
  }

  /// The form that requests and replies share: VER, CMD or REP, RSV, ATYP, ADDR, PORT.
  struct Address {
    Next next = Next::proceed;
    std::string text;
    std::size_t size = 0;  ///< of the whole message
  };

  static Address address_at(Bytes bytes) {
    constexpr std::size_t at = 4;
    constexpr std::uint8_t ipv4 = 1;
    constexpr std::uint8_t domain = 3;
    constexpr std::uint8_t ipv6 = 4;
    if (bytes.size() <= at) return {Next::need_more, {}, 0};
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
        return {Next::leave, {}, 0};
    }
    const std::size_t size = begin + length + 2;
    if (bytes.size() < size) return {Next::need_more, {}, 0};
    const Bytes host = bytes.subspan(begin, length);
    const std::string name = bytes[3] == domain ? std::string(as_text(host)) : address_text(host);
    return {Next::proceed, host_and_port(name, read_u16(bytes, begin + length)), size};
  }

  bool greeted_ = false;
  std::optional<std::uint8_t> method_;
};

}  // namespace

std::unique_ptr<Preamble> make_socks4_preamble(const Limits& limits) {
  return std::make_unique<Socks4Preamble>(limits);
}

std::unique_ptr<Preamble> make_socks5_preamble(const Limits& limits) {
  return std::make_unique<Socks5Preamble>(limits);
}

}  // namespace legible::parser
