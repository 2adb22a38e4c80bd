#include "certs/der_reader.hpp"
#include "certs/pkcs12.hpp"

namespace legible::certs {

bool is_pkcs12(std::string_view file) {
  // PFX ::= SEQUENCE { version INTEGER {v3(3)}, ... }. Its length may be indefinite, as of BER.
  static constexpr std::string_view v3("\x02\x01\x03", 3);
  if (file.size() < 2 || static_cast<unsigned char>(file[0]) != tag::sequence) return false;
  const auto length = static_cast<unsigned char>(file[1]);
  const std::size_t header = length <= 0x80 ? 2 : 2 + (length & 0x7fu);
  return file.size() > header && file.substr(header).starts_with(v3);
}

}  // namespace legible::certs
