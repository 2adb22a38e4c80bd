#include "parser/fingerprint.hpp"

#include <algorithm>
#include <vector>

#include "parser/extensions.hpp"
#include "parser/hex.hpp"

namespace legible::parser {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The numbers of a list, without GREASE.
template <class T>
std::vector<std::uint16_t> numbers(const std::vector<T>& list) {
  std::vector<std::uint16_t> kept;
  kept.reserve(list.size());
  for (const T& entry : list) {
    if (!is_grease(entry.value)) kept.push_back(entry.value);
  }
  return kept;
}

template <class Numbers>
std::string decimal(const Numbers& list) {
  std::string text;
  for (const auto number : list) {
    if (!text.empty()) text += '-';
    text += std::to_string(number);
  }
  return text;
}

std::string hexadecimal(const std::vector<std::uint16_t>& list) {
  std::string text;
  for (const std::uint16_t number : list) {
    if (!text.empty()) text += ',';
    for (int shift = 12; shift >= 0; shift -= 4) text += hex_digits[number >> shift & 0xf];
  }
  return text;
}

std::string_view ja4_version(ProtocolVersion version) {
  switch (version.value) {
    case tls13.value:
      return "13";
    case tls12.value:
      return "12";
    case tls11.value:
      return "11";
    case tls10.value:
      return "10";
    case ssl3.value:
      return "s3";
    case ssl2.value:
      return "s2";
    default:
      return "00";
  }
}

std::string ja4_count(std::size_t count) {
  const std::size_t capped = std::min<std::size_t>(count, 99);
  return {hex_digits[capped / 10], hex_digits[capped % 10]};
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// The first and last character of the first ALPN value; where one of them is not alphanumeric, the
/// first and last digit of its hex form instead.
std::string ja4_alpn(const std::vector<std::string>& alpn) {
  if (alpn.empty() || alpn.front().empty()) return "00";
  const std::string& first = alpn.front();
  if (is_alphanumeric(first.front()) && is_alphanumeric(first.back())) {
    return {first.front(), first.back()};
  }
  const std::string digits = hex(as_bytes(first));
  return {digits.front(), digits.back()};
}

/// The parts of a JA4, not hashed yet.
struct Ja4Parts {
  std::string head;
  std::string ciphers;
  std::string extensions;
  std::string signature_algorithms;

  std::string extensions_and_algorithms() const {
    return signature_algorithms.empty() ? extensions : extensions + '_' + signature_algorithms;
  }
};

Ja4Parts ja4_parts(const ClientHello& hello) {
  std::vector<std::uint16_t> ciphers = numbers(hello.ciphers);
  std::vector<std::uint16_t> extensions = numbers(hello.extensions);

  Ja4Parts parts;
  parts.head = 't';
  parts.head += ja4_version(hello.highest_version());
  parts.head += hello.has(extension_type::server_name) ? 'd' : 'i';
  parts.head += ja4_count(ciphers.size()) + ja4_count(extensions.size()) + ja4_alpn(hello.alpn);

  std::erase(extensions, extension_type::server_name.value);
  std::erase(extensions, extension_type::alpn.value);
  std::ranges::sort(ciphers);
  std::ranges::sort(extensions);
  parts.ciphers = hexadecimal(ciphers);
  parts.extensions = hexadecimal(extensions);
  parts.signature_algorithms = hexadecimal(numbers(hello.signature_algorithms));
  return parts;
}

}  // namespace

std::string ja3(const ClientHello& hello) {
  if (hello.sslv2_format) return {};
  return std::to_string(hello.legacy_version.value) + ',' + decimal(numbers(hello.ciphers)) + ',' +
         decimal(numbers(hello.extensions)) + ',' + decimal(numbers(hello.groups)) + ',' +
         decimal(hello.ec_point_formats);
}

std::string ja3s(const ServerHello& hello) {
  if (hello.sslv2_format) return {};
  return std::to_string(hello.legacy_version.value) + ',' + std::to_string(hello.cipher.value) +
         ',' + decimal(numbers(hello.extensions));
}

std::string ja3_hash(std::string_view ja3, Md5 md5) {
  return ja3.empty() ? std::string() : hex(md5(as_bytes(ja3)));
}

std::string ja4(const ClientHello& hello, Sha256 sha256) {
  if (hello.sslv2_format) return {};
  constexpr std::size_t digits = 12;
  const auto hash = [sha256](const std::string& text, bool empty) {
    return empty ? std::string(digits, '0') : hex(sha256(as_bytes(text))).substr(0, digits);
  };
  const Ja4Parts parts = ja4_parts(hello);
  return parts.head + '_' + hash(parts.ciphers, parts.ciphers.empty()) + '_' +
         hash(parts.extensions_and_algorithms(), parts.extensions.empty());
}

std::string ja4_r(const ClientHello& hello) {
  if (hello.sslv2_format) return {};
  const Ja4Parts parts = ja4_parts(hello);
  return parts.head + '_' + parts.ciphers + '_' + parts.extensions_and_algorithms();
}

}  // namespace legible::parser
