#include "certs/pem.hpp"

#include <fmt/format.h>
#include <mbedtls/base64.h>

#include <algorithm>
#include <stdexcept>

#include "certs/certificate.hpp"

namespace legible::certs {
namespace {

struct RawBlock {
  std::string_view label;
  std::string_view body;
  std::string_view whole;  ///< with its markers
};

/// `at` is a part of `text`.
[[noreturn]] void refuse(std::string_view text, std::string_view at, std::string_view problem) {
  const auto offset = static_cast<std::size_t>(at.data() - text.data());
  const auto line = 1 + std::ranges::count(text.substr(0, offset), '\n');
  throw std::runtime_error(fmt::format("the PEM block at line {} {}", line, problem));
}

std::vector<RawBlock> find_blocks(std::string_view text, std::span<const std::string_view> labels) {
  static constexpr std::string_view begin = "-----BEGIN ";
  static constexpr std::string_view dashes = "-----";
  std::vector<RawBlock> blocks;
  for (std::size_t at = 0; (at = text.find(begin, at)) != text.npos;) {
    const std::size_t label_at = at + begin.size();
    const std::size_t label_end = text.find(dashes, label_at);
    if (label_end == text.npos || label_end > text.find('\n', label_at)) {
      refuse(text, text.substr(at), "has a broken first line");
    }
    const std::string_view label = text.substr(label_at, label_end - label_at);
    const std::string last_line = fmt::format("-----END {}-----", label);
    const std::size_t body = label_end + dashes.size();
    const std::size_t end = text.find(last_line, body);
    if (end == text.npos) refuse(text, text.substr(at), "has no end");
    if (std::ranges::find(labels, label) != labels.end()) {
      blocks.push_back(
          {label, text.substr(body, end - body), text.substr(at, end + last_line.size() - at)});
    }
    at = end;
  }
  return blocks;
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
  std::vector<PemBlock> blocks;
  for (const RawBlock& raw : find_blocks(text, labels)) {
    auto der = decode_base64(raw.body);
    if (der.empty()) refuse(text, raw.whole, "is no base64");
    blocks.push_back({raw.label, std::move(der)});
  }
  return blocks;
}

std::vector<std::string_view> find_pem(std::string_view text,
                                       std::span<const std::string_view> labels) {
  std::vector<std::string_view> blocks;
  for (const RawBlock& raw : find_blocks(text, labels)) blocks.push_back(raw.whole);
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
