// SOCKS 4, 4a and 5 (RFC 1928, RFC 1929).

#include "parser/preamble.hpp"
#include "parser/socks.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Next = PreambleStep::Next;

std::string hex_byte(std::uint8_t byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {'0', 'x', digits[byte >> 4], digits[byte & 0x0f]};
}

/// What to do when there is no message.
template <class Message>
PreambleStep without(const DecodeResult<Message>& decoded) {
  return {std::holds_alternative<NeedMore>(decoded) ? Next::need_more : Next::leave};
}

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
  PreambleStep request(Bytes bytes) {
    const auto decoded = decode_socks4_request(bytes);
    const auto* message = std::get_if<SocksMessage>(&decoded);
    if (!message) return without(decoded);
    const bool connects = message->code == socks::connect;
    const std::string target = host_and_port(message->host, message->port);
    set_target(target);
    say(Side::client, (connects ? "CONNECT " : "BIND ") + target);
    return {connects ? Next::hand_over : Next::leave, message->size};
  }

  PreambleStep reply(Bytes bytes) {
    constexpr std::size_t size = 8;
    if (bytes.size() < size) return {Next::need_more};
    say(Side::server, "reply " + hex_byte(bytes[1]));
    return {bytes[1] == socks::granted4 ? Next::hand_over : Next::leave, size};
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
  PreambleStep feed_client(Bytes bytes) {
    if (!greeted_) return greeting(bytes);
    if (bytes[0] == socks::version5) return request(bytes);
    if (bytes[0] == socks::login_version) return user_password(bytes);
    return {Next::leave};
  }

  PreambleStep greeting(Bytes bytes) {
    const auto decoded = decode_socks5_greeting(bytes);
    const auto* greeting = std::get_if<SocksGreeting>(&decoded);
    if (!greeting) return without(decoded);
    std::string line = "methods";
    for (const std::uint8_t method : greeting->methods) line += " " + hex_byte(method);
    say(Side::client, line);
    greeted_ = true;
    return {Next::proceed, greeting->size};
  }

  PreambleStep user_password(Bytes bytes) {
    const auto decoded = decode_socks5_login(bytes);
    const auto* login = std::get_if<SocksLogin>(&decoded);
    if (!login) return without(decoded);
    say(Side::client, "AUTH ***");
    return {Next::proceed, login->size};
  }

  PreambleStep request(Bytes bytes) {
    const auto decoded = decode_socks5_message(bytes);
    const auto* message = std::get_if<SocksMessage>(&decoded);
    if (!message) return without(decoded);
    const bool connects = message->code == socks::connect;
    const std::string target = host_and_port(message->host, message->port);
    set_target(target);
    say(Side::client,
        (connects ? "CONNECT " : "command " + hex_byte(message->code) + " ") + target);
    return {connects ? Next::hand_over : Next::leave, message->size};
  }

  PreambleStep feed_server(Bytes bytes) {
    if (bytes.size() < 2) return {Next::need_more};
    if (!method_) {
      method_ = bytes[1];
      say(Side::server, "method " + hex_byte(bytes[1]));
      return {bytes[1] == socks::no_acceptable_method ? Next::leave : Next::proceed, 2};
    }
    if (bytes[0] == socks::login_version && *method_ == socks::user_and_password) {
      say(Side::server, "authentication status " + hex_byte(bytes[1]));
      return {bytes[1] == 0 ? Next::proceed : Next::leave, 2};
    }
    if (bytes[0] != socks::version5) return {Next::leave};
    const auto decoded = decode_socks5_message(bytes);
    const auto* reply = std::get_if<SocksMessage>(&decoded);
    if (!reply) return without(decoded);
    say(Side::server, "reply " + hex_byte(reply->code));
    return {reply->code == socks::succeeded ? Next::hand_over : Next::leave, reply->size};
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
