// The PROXY protocol's header, versions 1 and 2 (HAProxy, doc/proxy-protocol.txt).

#include <array>
#include <charconv>

#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Next = PreambleStep::Next;

class ProxyHeaderPreamble : public Preamble {
 public:
  explicit ProxyHeaderPreamble(const Limits& limits)
      : Preamble(Protocol::proxy_protocol, limits.dialogue_bytes) {}

  bool admits(Protocol) const override { return false; }
  bool one_sided() const override { return true; }
  std::string_view unit() const override { return "PROXY header"; }

  PreambleStep feed(Side, Bytes bytes) override {
    return bytes[0] == 'P' ? version1(bytes) : version2(bytes);
  }

 private:
  /// "PROXY", a family, source and destination address, source and destination port, CRLF: at most
  /// 107 bytes.
  PreambleStep version1(Bytes bytes) {
    constexpr std::size_t longest = 107;
    const std::string_view text = as_text(bytes).substr(0, longest);
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) {
      return {text.size() < longest ? Next::need_more : Next::leave};
    }
    const std::string_view line = text.substr(0, end);
    say(Side::client, line);

    constexpr std::size_t destination = 3;
    constexpr std::size_t destination_port = 5;
    std::array<std::string_view, 6> words;
    std::size_t at = 0;
    for (std::string_view& word : words) {
      const std::size_t word_end = std::min(line.find(' ', at), line.size());
      word = line.substr(at, word_end - at);
      at = std::min(word_end + 1, line.size());
    }
    const std::string_view port_text = words[destination_port];
    std::uint16_t port = 0;
    const auto parsed =
        std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (words[1].starts_with("TCP") && parsed.ec == std::errc{}) {
      set_target(host_and_port(words[destination], port));
    }
    return {Next::hand_over, end + 2};
  }

  /// Signature (12), version and command, family and protocol, length (2), addresses, TLVs.
  PreambleStep version2(Bytes bytes) {
    constexpr std::size_t fixed = 16;
    if (bytes.size() < fixed) return {Next::need_more};
    if (bytes[12] >> 4 != 2) return {Next::leave};
    const std::uint16_t length = read_u16(bytes, 14);
    const std::size_t address_size = address_size_of(bytes[13]);
    const std::size_t wanted = 2 * address_size + 4;
    if ((bytes[12] & 0x0f) == 0) {
      say(Side::client, "PROXY v2 LOCAL");
    } else if (address_size == 0 || length < wanted) {
      say(Side::client, "PROXY v2 UNSPEC");
    } else {
      if (bytes.size() < fixed + wanted) return {Next::need_more};
      const Bytes source = bytes.subspan(fixed, address_size);
      const Bytes target = bytes.subspan(fixed + address_size, address_size);
      const std::size_t ports = fixed + 2 * address_size;
      set_target(host_and_port(address_text(target), read_u16(bytes, ports + 2)));
      say(Side::client, "PROXY v2 " + host_and_port(address_text(source), read_u16(bytes, ports)) +
                            " " + host_and_port(address_text(target), read_u16(bytes, ports + 2)));
    }
    return {Next::hand_over, fixed + std::size_t{length}};
  }

  static std::size_t address_size_of(std::uint8_t family_and_protocol) {
    switch (family_and_protocol >> 4) {
      case 1:
        return 4;
      case 2:
        return 16;
      default:
        return 0;
    }
  }
};

}  // namespace

std::unique_ptr<Preamble> make_proxy_header_preamble(const Limits& limits) {
  return std::make_unique<ProxyHeaderPreamble>(limits);
}

}  // namespace legible::parser
