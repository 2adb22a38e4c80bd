#pragma once
// The walk over one certificate's DER. Internal to certs/: read_certificate is its only user.

#include <cstdint>
#include <span>
#include <string_view>

#include "certs/certificate.hpp"
#include "certs/der_reader.hpp"

namespace legible::certs {

/// Fills a Certificate from its `der`. What is broken is noted in `error` (the first only) and
/// stepped over as long as the elements around it are intact.
class CertificateReader {
 public:
  explicit CertificateReader(Certificate& certificate) : certificate_(certificate) {}

  void read();

 private:
  using Bytes = std::span<const std::uint8_t>;

  void read_tbs(DerReader tbs);
  void read_validity(DerReader& tbs);
  void read_public_key(DerReader& tbs);
  void read_rsa_key(Bytes key);

  // certs/certificate_extensions.cpp
  void read_extensions(const DerElement& wrapper);
  void read_extension(const DerElement& extension, std::uint32_t& seen);
  bool read_basic_constraints(Bytes value);
  bool read_key_usage(Bytes value);
  bool read_extended_key_usage(Bytes value);
  bool read_subject_alt_names(Bytes value);
  bool read_name_constraints(Bytes value);
  bool read_subtrees(Bytes value, std::vector<Subtree>& subtrees);
  bool read_subject_key_id(Bytes value);
  bool read_authority_key_id(Bytes value);
  bool read_authority_info(Bytes value);
  bool read_tls_features(Bytes value);
  bool accept(Bytes value);
  std::optional<SubjectAltName> read_general_name(const DerElement& element) const;

  Extent extent(Bytes part) const;
  /// `field` is the grammar's name of it; `at` is where the cursor stands.
  void fail(std::string_view field, std::string_view problem, Bytes at);

  Certificate& certificate_;
};

}  // namespace legible::certs
