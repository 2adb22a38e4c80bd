#include "certs/pem.hpp"

#include <fmt/format.h>
#include <mbedtls/base64.h>

#include <algorithm>
#include <stdexcept>

#include "certs/certificate.hpp"

namespace legible::certs {
namespace {

std::size_t line_of(std::string_view text, std::size_t at) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, at), '\n'));
}

std::vector<std::uint8_t> decode_base64(std::string_view text) {
  std::string compact;
  compact.reserve(text.size());
  std::ranges::copy_if(text, std::back_inserter(compact),
                       [](char c) { return c != '\n' && c != '\r' && c != ' ' && c != '\t'; });
  std::vector<std::uint8_t> der(compact.size() / 4 * 3 + 3);
  std::size_t size = 0;
  const int result =
      mbedtls_base64_decode(der.data(), der.size(), &size,
                            reinterpret_cast<const std::uint8_t*>(compact.data()), compact.size());
  der.resize(result == 0 ? size : 0);
  return der;
}

}  // namespace

std::vector<PemBlock> read_pem(std::string_view text, std::span<const std::string_view> labels) {
  static constexpr std::string_view begin = "-----BEGIN ";
  static constexpr std::string_view dashes = "-----";
  std::vector<PemBlock> blocks;
  std::size_t at = 0;
  while ((at = text.find(begin, at)) != text.npos) {
    const std::size_t start = at;
    const auto refuse = [&](std::string_view problem) {
      throw std::runtime_error(
          fmt::format("the PEM block at line {} {}", line_of(text, start), problem));
    };
    const std::size_t label_at = start + begin.size();
    const std::size_t label_end = text.find(dashes, label_at);
    if (label_end == text.npos || label_end > text.find('\n', label_at)) {
      refuse("has a broken first line");
    }
    const std::string_view label = text.substr(label_at, label_end - label_at);
    const std::size_t body = label_end + dashes.size();
    const std::size_t end = text.find(fmt::format("-----END {}-----", label), body);
    if (end == text.npos) refuse("has no end");
    at = end;
    if (std::ranges::find(labels, label) == labels.end()) continue;
    auto der = decode_base64(text.substr(body, end - body));
    if (der.empty()) refuse("is no base64");
    blocks.push_back({label, std::move(der)});
  }
  return blocks;
}

std::string write_pem(std::string_view label, std::span<const std::uint8_t> der) {
  std::string base64((der.size() + 2) / 3 * 4 + 1, '\0');
  std::size_t size = 0;
  mbedtls_base64_encode(reinterpret_cast<std::uint8_t*>(base64.data()), base64.size(), &size,
                        der.data(), der.size());
  base64.resize(size);
  std::string text = fmt::format("-----BEGIN {}-----\n", label);
  for (std::size_t at = 0; at < base64.size(); at += 64) {
    text.append(base64, at, 64);
    text += '\n';
  }
  text += fmt::format("-----END {}-----\n", label);
  return text;
}

std::vector<Certificate> read_pem_certificates(std::string_view pem) {
  static constexpr std::string_view labels[] = {"CERTIFICATE", "X509 CERTIFICATE",
                                                "TRUSTED CERTIFICATE"};
  std::vector<Certificate> certificates;
  for (const PemBlock& block : read_pem(pem, labels)) {
    certificates.push_back(read_certificate(block.der));
  }
  return certificates;
}

}  // namespace legible::certs
