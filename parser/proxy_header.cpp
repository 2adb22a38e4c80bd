#include "parser/proxy_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  return parsed.ec == std::errc{} ? std::optional(port) : std::nullopt;
}

/// "PROXY", a family, source and destination address, source and destination port, CRLF: at most
/// 107 bytes.
DecodeResult<ProxyHeader> version1(Bytes bytes) {
  constexpr std::size_t longest = 107;
  const std::string_view text = as_text(bytes).substr(0, longest);
  const std::size_t end = text.find("\r\n");
  if (end == std::string_view::npos) {
    if (text.size() < longest) return NeedMore{};
    return DecodeError{"line", longest};
  }
  const std::string_view line = text.substr(0, end);
  ProxyHeader header{end + 2, std::string(line)};

  std::array<std::string_view, 6> words;
  std::size_t at = 0;
  for (std::string_view& word : words) {
    const std::size_t word_end = std::min(line.find(' ', at), line.size());
    word = line.substr(at, word_end - at);
    at = std::min(word_end + 1, line.size());
  }
  const auto source_port = port_of(words[4]);
  const auto destination_port = port_of(words[5]);
  if (words[1].starts_with("TCP") && source_port && destination_port) {
    header.source = {std::string(words[2]), *source_port};
    header.destination = {std::string(words[3]), *destination_port};
  }
  return header;
}

std::size_t address_size_of(std::uint8_t family_and_protocol) {
  switch (family_and_protocol >> 4) {
    case 1:
      return 4;
    case 2:
      return 16;
    default:
      return 0;
  }
}

/// Signature (12), version and command, family and protocol, length (2), addresses, TLVs.
DecodeResult<ProxyHeader> version2(Bytes bytes) {
  constexpr std::size_t fixed = 16;
  if (bytes.size() < fixed) return NeedMore{};
  if (bytes[12] >> 4 != 2) return DecodeError{"version", 12};
  const std::uint16_t length = read_u16(bytes, 14);
  ProxyHeader header{fixed + length, "PROXY v2 LOCAL"};
  if ((bytes[12] & 0x0f) == 0) return header;

  const std::size_t address_size = address_size_of(bytes[13]);
  const std::size_t wanted = 2 * address_size + 4;
  if (address_size == 0 || length < wanted) {
    header.text = "PROXY v2 UNSPEC";
    return header;
  }
  if (bytes.size() < fixed + wanted) return NeedMore{};
  const std::size_t ports = fixed + 2 * address_size;
  header.source = {address_text(bytes.subspan(fixed, address_size)), read_u16(bytes, ports)};
  header.destination = {address_text(bytes.subspan(fixed + address_size, address_size)),
                        read_u16(bytes, ports + 2)};
  header.text = "PROXY v2 " + host_and_port(header.source->host, header.source->port) + " " +
                host_and_port(header.destination->host, header.destination->port);
  return header;
}

}  // namespace

DecodeResult<ProxyHeader> decode_proxy_header(Bytes bytes) {
  if (bytes.empty()) return NeedMore{};
  return bytes[0] == 'P' ? version1(bytes) : version2(bytes);
}

}  // namespace legible::parser
