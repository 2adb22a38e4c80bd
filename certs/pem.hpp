#pragma once
// PEM blocks (RFC 7468).

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace legible::certs {

struct PemBlock {
  std::string_view label;  ///< "CERTIFICATE", "X509 CRL", ...; points into the text that was read
  std::vector<std::uint8_t> der;
};

/// The blocks with one of these labels, markers included, undecoded: an encrypted key's body is no
/// plain base64. Throws std::runtime_error with a one-line reason when a block has no end.
std::vector<std::string_view> find_pem(std::string_view text,
                                       std::span<const std::string_view> labels);

/// The blocks with one of these labels, in order; others are left out undecoded.
/// Throws std::runtime_error with a one-line reason when a block has no end or is no base64.
std::vector<PemBlock> read_pem(std::string_view text, std::span<const std::string_view> labels);

std::string write_pem(std::string_view label, std::span<const std::uint8_t> der);

}  // namespace legible::certs
